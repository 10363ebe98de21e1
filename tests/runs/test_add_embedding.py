"""What tensorboardX's `SummaryWriter.add_embedding` wrote, read back.

PyTorch's own writer is tried in tests/backends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tensorboardX import SummaryWriter

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs import found_run
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run
from tests.harness import client_for, find_run, is_a_message

BASE = "/data/plugin/tb_embed/"

Matrix = NDArray[np.float32]


@pytest.fixture
def matrix() -> Callable[..., Matrix]:
    """Makes float32 values of every magnitude, (rows, units)."""
    rng = np.random.default_rng(0)

    def make(rows: int = 20, units: int = 5) -> Matrix:
        scale = 10.0 ** rng.integers(-40, 38, (rows, units))
        return (rng.standard_normal((rows, units)) * scale).astype(np.float32)

    return make


def write(folder: Path, calls: list[dict[str, Any]]) -> None:
    with SummaryWriter(str(folder)) as writer:
        for call in calls:
            writer.add_embedding(**call)


def words(run: Run, layer: str) -> dict[str, list[str]]:
    return {column.name: list(column.cells) for column in run.columns(layer)}


def test_global_steps_are_the_steps_of_a_layer(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    mats = {step: matrix() for step in (0, 10, 200, 123456)}
    labels = [f"word {i}" for i in range(20)]
    write(tmp_path, [{"mat": m, "metadata": labels, "global_step": s} for s, m in mats.items()])

    run = find_run(tmp_path)
    (layer,) = run.layers
    assert run.writer == "torch"
    assert (layer.name, layer.samples, layer.units) == ("default", 20, 5)
    assert layer.steps == (0, 10, 200, 123456)
    assert run.steps == [0, 10, 200, 123456]
    assert run.problems == []
    for step, mat in mats.items():
        np.testing.assert_array_equal(run.snapshot("default", step), mat)
    assert words(run, "default") == {"label": labels}


def test_tags_are_layers_with_tables_and_images_of_their_own(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    a, b = matrix(12, 3), matrix(30, 7)
    rows = [[f"w{i}", i % 3] for i in range(12)]
    images = np.random.default_rng(0).random((30, 3, 6, 6)).astype(np.float32)
    write(
        tmp_path,
        [
            {"mat": a, "tag": "enc/a%", "metadata": rows, "metadata_header": ["word", "kind"]},
            {"mat": b, "tag": "dec\\b:1", "label_img": images, "global_step": 4},
        ],
    )
    run = find_run(tmp_path)
    assert {layer.name: layer.steps for layer in run.layers} == {
        "enc/a%": (0,),
        "dec\\b:1": (4,),
    }
    np.testing.assert_array_equal(run.snapshot("enc/a%", 0), a)
    np.testing.assert_array_equal(run.snapshot("dec\\b:1", 4), b)
    assert words(run, "enc/a%") == {
        "word": [f"w{i}" for i in range(12)],
        "kind": [str(i % 3) for i in range(12)],
    }
    sprite = run.layer("dec\\b:1").sprite
    assert sprite is not None
    assert (sprite.cell, sprite.columns, sprite.channels) == ((6, 6), 6, 3)
    page, media_type = run.sprite("dec\\b:1", 0)
    assert (page[:4], media_type) == (b"\x89PNG", "image/png")


@pytest.mark.parametrize("other", ["rows", "units", "metadata", "no metadata"])
def test_steps_of_other_samples_are_shown_apart(
    tmp_path: Path, matrix: Callable[..., Matrix], other: str
) -> None:
    shape = {"rows": (21, 5), "units": (20, 6)}.get(other, (20, 5))
    labels = [f"w{i}" for i in range(shape[0])]
    second: dict[str, Any] = {"mat": matrix(*shape), "metadata": labels}
    if other == "metadata":
        second["metadata"] = labels[::-1]
    if other == "no metadata":
        del second["metadata"]
    first = {"mat": matrix(), "metadata": [f"w{i}" for i in range(20)]}
    calls = [{**first, "global_step": step} for step in (0, 1, 3)]
    calls += [{**second, "global_step": step} for step in (2, 4)]
    write(tmp_path, calls)

    run = find_run(tmp_path)
    steps = {layer.name: layer.steps for layer in run.layers}
    assert steps == {"default": (2, 4), "default (steps 0-1, 3)": (0, 1, 3)}
    (problem,) = run.problems
    assert problem.startswith("default has different samples at its steps (")
    assert ("metadata that differ" in problem) == ("metadata" in other)
    np.testing.assert_array_equal(run.snapshot("default", 4), second["mat"])
    np.testing.assert_array_equal(run.snapshot("default (steps 0-1, 3)", 3), first["mat"])


def test_a_layer_of_many_steps_apart_names_the_first_three_and_the_last(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    write(tmp_path, [{"mat": matrix(20 + s % 3), "global_step": s} for s in range(15)])
    run = find_run(tmp_path)
    steps = ["0, 3, 6, …, 12", "1, 4, 7, …, 13"]
    layers = {layer.name for layer in run.layers}
    assert layers == {"default", *(f"default (steps {some})" for some in steps)}
    (problem,) = run.problems
    assert "(tensors of 22 x 5, 21 x 5, 20 x 5): they" in problem


def test_every_file_is_looked_at_within_some_polls(
    tmp_path: Path, matrix: Callable[..., Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_run, "SETTLED_SECONDS", -10)
    write(tmp_path, [{"mat": matrix(), "global_step": step} for step in range(6)])
    logdir = Logdir(tmp_path, list)
    for file in sorted(tmp_path.rglob("tensors.tsv")):
        (before,) = logdir.list_runs()
        os.utime(file, (1, 1))
        polls = [logdir.list_runs() for _ in range(found_run.TURNS)]
        assert polls[-1] != [before]


def test_an_entry_of_anybody_elses_is_a_layer_and_a_step_by_its_name(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    folder = tmp_path / "vectors" / "values"
    folder.mkdir(parents=True)
    np.savetxt(folder / "tensors.tsv", matrix(), delimiter="\t")
    (tmp_path / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "pair:7" tensor_path: "vectors/values/tensors.tsv" }'
    )
    (layer,) = find_run(tmp_path).layers
    assert (layer.name, layer.steps) == ("pair", (7,))


def test_nan_and_infinity_are_kept_and_told(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    mat = matrix()
    mat[3, 1], mat[4, 2], mat[5, 0] = np.nan, np.inf, -np.inf
    write(tmp_path, [{"mat": matrix()}, {"mat": mat, "global_step": 1}])
    run = find_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("default", 1), mat)
    assert (run.layers[0].drawable, run.layers[0].hidden) == ([0, 1], (3, 4, 5))
    assert "at step 1: 3 samples (3, 4, 5) hold NaN or infinity" in run.problems[0]


def test_a_file_of_bytes_takes_its_shape_from_the_configuration(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    mat = matrix()
    (tmp_path / "tensors.bytes").write_bytes(mat.astype("<f4").tobytes())
    (tmp_path / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "words" tensor_path: "tensors.bytes" tensor_shape: [20, 5] }'
    )
    run = find_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("words", 0), mat)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("tensor_shape: 20", "not a matrix of rows and columns"),
        ("", "not a matrix of rows and columns"),
        ("tensor_shape: [20, 4]", "a/t.bytes is 400 bytes long, not 20 x 4 float32, 320 bytes"),
        ("tensor_shape: [4294967295, 4294967295]", "400 bytes long"),
    ],
)
def test_what_cannot_be_read_is_told_and_hides_nothing(
    tmp_path: Path, matrix: Callable[..., Matrix], config: str, message: str
) -> None:
    write(tmp_path / "run", [{"mat": matrix(), "global_step": 2}])
    folder = tmp_path / "run" / "a"
    folder.mkdir()
    (folder / "t.bytes").write_bytes(bytes(400))
    with (tmp_path / "run" / "projector_config.pbtxt").open("a") as file:
        file.write(f'embeddings {{ tensor_name: "t" tensor_path: "a/t.bytes" {config} }}')
    run = find_run(tmp_path / "run")
    assert [layer.name for layer in run.layers] == ["default"]
    (problem,) = run.problems
    assert message in problem
    assert str(tmp_path) not in problem


def test_links_out_of_the_run_are_not_followed(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    for name in ("run", "other"):
        write(tmp_path / name, [{"mat": matrix(), "global_step": 0}])
    (tmp_path / "run" / "00001").symlink_to(tmp_path / "other" / "00000")
    (tmp_path / "run" / "projector_config.pbtxt").unlink()
    run = find_run(tmp_path / "run")
    assert run.layers[0].steps == (0,)
    assert "links to a file outside" in run.problems[0]


def test_a_configuration_begun_anew_hides_no_earlier_step(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    mats = [matrix() for _ in range(3)]
    labels = [f"w{i}" for i in range(20)]
    for step, mat in enumerate(mats):
        write(tmp_path, [{"mat": mat, "global_step": step, "metadata": labels}])
        if step == 1:  # PyTorch's writer of the next process knows no earlier entries
            (tmp_path / "projector_config.pbtxt").write_text("")
    run = find_run(tmp_path)
    assert run.layers[0].steps == (0, 1, 2)
    np.testing.assert_array_equal(run.snapshot("default", 0), mats[0])
    assert words(run, "default")["label"] == labels

    # A step that is being written is not listed yet.
    config = tmp_path / "projector_config.pbtxt"
    before = config.read_text()
    write(tmp_path, [{"mat": mats[0], "global_step": 3, "metadata": labels}])
    config.write_text(before)
    tensor = tmp_path / "00003" / "default" / "tensors.tsv"
    tensor.write_bytes(tensor.read_bytes()[:100])
    assert find_run(tmp_path).layers[0].steps == (0, 1, 2)


def test_a_step_that_is_damaged_within_is_left_out_once_it_was_read(
    tmp_path: Path, matrix: Callable[..., Matrix]
) -> None:
    write(tmp_path, [{"mat": matrix(), "global_step": step} for step in range(3)])
    tensor = tmp_path / "00001" / "default" / "tensors.tsv"
    lines = tensor.read_text().split("\n")
    lines[7] = "1.0\tnone\t3.0\t4.0\t5.0"
    tensor.write_text("\n".join(lines))
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.utime(path, (1e9, 1e9))  # what has just changed is read anew at every listing

    client = client_for(tmp_path, EmbeddingsPlugin)
    query = "projection?run=.&layer=default&engine=pca&components=2"
    answer = client.get(BASE + query)
    assert answer.status_code == 400
    assert "00001" not in answer.text
    assert "'none'" in answer.text
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    assert run["layers"][0]["steps"] == [0, 2]
    assert run["problems"][0].startswith("default at step 1: ")
    assert client.get(BASE + query).status_code == 200


TABLES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.lists(st.floats(width=32), min_size=1, max_size=4), max_size=6).map(
        lambda rows: "\n".join("\t".join(map(str, row)) for row in rows).encode()
    ),
    st.text("0123456789.-+e\t\n\r naif", max_size=60).map(str.encode),
)


@settings(max_examples=300)
@given(data=TABLES, cut=st.integers(0, 200))
def test_any_table_is_read_as_python_reads_it_or_refused(
    data: bytes, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("table") / "tensors.tsv"
    path.write_bytes(data[:cut])
    try:
        values = TensorFile.open(path, ()).read()
    except UnreadableError as error:
        assert is_a_message(str(error))
        return
    text = data[:cut].decode().replace("True", "1").replace("False", "0")
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    rows = [re.split("\t" if "\t" in line else " +", line) for line in lines if line]
    try:
        float(rows[0][0]), float(rows[0][-1])
    except ValueError:
        del rows[0]  # a header
    expected = np.array([[float(x) for x in row] for row in rows])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(values, expected.astype(np.float32))


@settings(max_examples=60)
@given(
    config=st.text("{}:\"'[]\nembdingstorp_hx0129/.", max_size=80),
    size=st.integers(0, 64),
    table=TABLES,
    sheet=st.binary(max_size=40),
)
def test_no_route_fails_whatever_the_files_hold(
    config: str,
    size: int,
    table: bytes,
    sheet: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    step = folder / "00001" / "t"
    step.mkdir(parents=True)
    (step / "tensors.tsv").write_bytes(table)
    (step / "metadata.tsv").write_bytes(table)
    (step / "sprite.png").write_bytes(sheet)
    (folder / "b.bytes").write_bytes(bytes(size))
    (folder / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "b:2" tensor_path: "b.bytes" '
        f"tensor_shape: [2, 4] }} {config}"
    )
    client = client_for(folder, EmbeddingsPlugin)
    answer = client.get(BASE + "runs")
    assert answer.status_code == 200
    (run,) = answer.get_json()["runs"]
    names = [layer["name"] for layer in run["layers"]]
    assert run["problems"] or set(names) == {"b", "t"}
    for layer in run["layers"]:
        base = {"run": ".", "layer": layer["name"]}
        for route, query in (
            ("metadata", {}),
            ("sprite", {}),
            ("projection", {"engine": "pca", "components": "2"}),
            *(("vectors", {"step": str(number)}) for number in layer["steps"]),
        ):
            answer = client.get(BASE + route, query_string=base | query)
            assert answer.status_code in (200, 400, 404)
            assert answer.status_code == 200 or is_a_message(answer.text)
