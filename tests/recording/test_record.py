"""`record`: snapshots from training loops without Keras."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import EmbedError, MisuseError, record
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.manifest_file import read_manifest
from tests.calls import calls_of
from tests.harness import columns_of, read_run

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 40)


def snapshot() -> NDArray[np.float32]:
    return RNG.normal(size=(40, 5)).astype(np.float32)


def test_a_loop_of_ones_own_is_recorded(tmp_path: Path) -> None:
    # Logistic regression by plain gradient descent, its scores recorded as it learns.
    x = RNG.normal(size=(40, 4))
    weights = np.zeros((4, 3))
    expected = {}
    for step in range(0, 50, 10):
        expected[step] = (x @ weights).astype(np.float32)
        record(
            tmp_path,
            step,
            {"scores": expected[step]},
            labels=LABELS,
            images=np.zeros((40, 8, 8)),
            epoch=step // 10,
            finished=step == 40,
        )
        scores = np.exp(x @ weights)
        error = scores / scores.sum(1, keepdims=True) - np.eye(3)[LABELS]
        weights -= 0.1 * x.T @ error

    run = read_run(tmp_path)
    assert run.steps == [0, 10, 20, 30, 40]
    for step, scores in expected.items():
        np.testing.assert_array_equal(run.snapshot("scores", step), scores)
    assert [int(cell) for cell in columns_of(run)[1].cells] == LABELS.tolist()
    assert run.manifest.sprite is not None
    assert [s.epoch for s in run.manifest.steps] == [0, 1, 2, 3, 4]
    assert {s.unit for s in run.manifest.steps} == {"step"}
    assert not run.manifest.recording


def test_labels_need_not_be_repeated(tmp_path: Path) -> None:
    record(tmp_path, 0, {"a": snapshot()}, labels=LABELS)
    record(tmp_path, 1, {"a": snapshot()})

    run = read_run(tmp_path)
    assert run.steps == [0, 1]
    assert run.manifest.recording


def test_several_layers_and_half_precision(tmp_path: Path) -> None:
    a, b = snapshot(), snapshot()
    record(tmp_path, 5, {"a": a, "b": b[:, :2]}, dtype="float16")

    run = read_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("a", 5), a.astype(np.float16))
    assert run.snapshot("b", 5).dtype == np.float32
    assert run.layer("b").units == 2


def test_what_half_precision_cannot_hold_is_named(tmp_path: Path) -> None:
    values = snapshot()
    values[3, 2] = 70_000
    record(tmp_path, 0, {"a": values, "b": values[:, :2]}, dtype="float16")

    run = read_run(tmp_path)
    assert run.snapshot("a", 0)[3][2] == np.inf
    assert (run.layer("a").drawable, run.layer("a").hidden) == ([0], (3,))
    assert (run.layer("b").drawable, run.layer("b").hidden) == ([0], ())


def test_recording_leaves_tensorflow_alone(tmp_path: Path) -> None:
    # Once in use, it would take the memory of the GPUs that the loop itself computes with.
    code = f"""
import sys
import numpy as np
sys.modules["tensorflow"] = None
from tb_embed_plugin import record
record({str(tmp_path)!r}, 0, {{"a": np.ones((9, 4))}}, labels=np.arange(9),
       images=np.zeros((9, 8, 8)))
record({str(tmp_path)!r}, 1, {{"a": np.ones((9, 4))}}, finished=True)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert read_run(tmp_path).steps == [0, 1]


def test_overwrite_begins_anew(tmp_path: Path) -> None:
    record(tmp_path, 7, {"a": snapshot()})
    record(tmp_path, 0, {"b": snapshot()}, overwrite=True)

    run = read_run(tmp_path)
    assert run.steps == [0]
    assert [layer.name for layer in run.manifest.layers] == ["b"]


def test_values_that_are_not_finite_are_kept_and_named(tmp_path: Path) -> None:
    values = snapshot()
    values[:, 2] = np.nan
    record(tmp_path, 0, {"a": values})

    run = read_run(tmp_path)
    assert np.isnan(run.snapshot("a", 0)[3][2])
    assert run.layer("a").drawable == []
    assert "a holds NaN or infinity at step 0" in run.problems[0]


@pytest.mark.parametrize(
    ("step", "activations", "options", "message"),
    [
        (1, {"a": np.zeros((40, 5))}, {}, "step 1 does not come after 1"),
        (2, {"a": np.zeros((40, 6))}, {}, r"a \(5 units\) of 40 samples.*a \(6 units\)"),
        (2, {"a": np.zeros((41, 5))}, {}, "of 41"),
        (2, {"b": np.zeros((40, 5))}, {}, "overwrite=True"),
        (2, {"a": np.zeros((40, 5))}, {"labels": np.zeros(40)}, "labels or metadata differ"),
        (2, {"a": np.zeros(40)}, {}, r"have shape \(40,\)"),
        (2, {}, {}, r"a dictionary of layers, not an empty one; name each layer"),
        (2, np.zeros((40, 5)), {}, r"a dictionary of layers, not of type ndarray; name each"),
        (2, {"": np.zeros((40, 5))}, {}, "the layer name '' must be a text that is not empty"),
        (2, {7: np.zeros((40, 5))}, {}, "the layer name 7 must be a text"),
        (2, {"\ud800": np.zeros((40, 5))}, {}, "must be a text"),
        (2, {"tb_embed/outputs": np.zeros((40, 5))}, {}, "does not begin with 'tb_embed/'"),
        (2, {"a": np.zeros((40, 5), complex)}, {}, "of numbers, not of dtype complex128"),
        (2, {"a": np.full((40, 5), "1")}, {}, "of numbers, not of dtype <U1"),
        (
            2**31,
            {"a": np.zeros((40, 5))},
            {},
            "step must be at most 2147483647, not 2147483648",
        ),
        (2, {"a": np.zeros((40, 5))}, {"epoch": 2**31}, "epoch must be at most 2147483647"),
        (
            2,
            {"a": np.zeros((40, 5)), "b": np.zeros((3, 5))},
            {},
            r"the layers have 3 and 40 rows",
        ),
    ],
)
def test_what_does_not_fit_the_run_is_refused(
    tmp_path: Path,
    step: int,
    activations: Any,
    options: dict[str, object],
    message: str,
) -> None:
    record(tmp_path, 1, {"a": snapshot()}, labels=LABELS)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    with pytest.raises(MisuseError, match=message):
        record(tmp_path, step, activations, **options)  # type: ignore[arg-type] # wrong on purpose
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_the_500th_snapshot_costs_what_the_5th_does(tmp_path: Path) -> None:
    rows = snapshot()

    def calls_at(step: int) -> Counter[str]:
        """Returns what the snapshot of `step` calls, that of the step before being ours."""
        record(tmp_path, step - 1, {"a": rows})
        return calls_of(lambda: record(tmp_path, step, {"a": rows}))

    record(tmp_path, 0, {"a": rows})
    early = calls_at(4)
    # As another process would leave them, which recorded all steps up to here.
    recorded = read_manifest(tmp_path)
    assert recorded is not None
    steps = tuple(replace(recorded.steps[-1], step=step) for step in range(498))
    (tmp_path / MANIFEST_FILE).write_bytes(replace(recorded, steps=steps).to_json())
    for step in steps:
        for file in ("index", "data-00000-of-00001"):
            (tmp_path / f"{recorded.checkpoint(step.step)}.{file}").touch()

    assert calls_at(499) == early
    assert read_run(tmp_path).steps == list(range(500))


def test_a_run_that_cannot_be_written_says_path_reason_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run_dir = tmp_path / "file" / "run"
    words = f"cannot write {run_dir}: a part of its path is a file; check the path"
    with pytest.raises(OSError, match=re.escape(words)) as refused:
        record(run_dir, 0, {"a": np.zeros((3, 2), np.float32)})

    assert isinstance(refused.value, EmbedError)
