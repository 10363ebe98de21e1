"""What is written while faults are met: each of the ways in which this package writes."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import record
from tb_embed_plugin.commands.importing.importer import Request, import_files
from tb_embed_plugin.jobs.cache import Cache, cache_of
from tb_embed_plugin.recording.training.snapshot_recorder import SnapshotRecorder
from tb_embed_plugin.runs.images import read_images
from tb_embed_plugin.runs.manifest import Layer, Step
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.recording_lock import hold, release
from tb_embed_plugin.runs.tables.metadata_table import index_column
from tb_embed_plugin.runs.writer import RunWriter
from tests.faults.workers import join, write_parts
from tests.harness import read_run

Acknowledge = Callable[[int], None]

LAYERS = (Layer("fc1", 3),)
IMAGES = np.zeros((5, 4, 4), np.uint8)
LABELS = list("abcde")


@dataclass(frozen=True)
class Scenario:
    """One way of writing.

    Attributes:
        prepare: Writes below a folder what is there before.
        act: Writes, and calls the function with each step that is acknowledged.
        kept: Of the steps that were acknowledged, those that must be there.
        go_on: Writes again once the fault has gone, and asserts that all is there.
    """

    act: Callable[[Path, Acknowledge], None]
    go_on: Callable[[Path], None]
    kept: Callable[[list[int]], Iterable[int]] = lambda steps: steps
    prepare: Callable[[Path], None] = lambda folder: None


def values(step: int) -> NDArray[np.float32]:
    """Returns the activations of a step."""
    return np.random.default_rng(step).normal(size=(5, 3)).astype(np.float32)


def check(scenario: Scenario, folder: Path, acknowledged: list[int]) -> int:
    """Asserts that all that was acknowledged, and all that is listed, reads back bit for bit.

    Returns:
        How many snapshots were acknowledged.
    """
    kept = set(scenario.kept(acknowledged))
    if read_manifest(folder / "run") is None:
        assert not kept, "an acknowledged run is gone"
        return 0
    run = read_run(folder / "run")
    assert kept <= set(run.steps), "an acknowledged snapshot is gone"
    # Those in between may have been thinned out.
    assert run.steps[-1:] >= acknowledged[-1:], "the newest one is gone"
    for step in run.steps:
        assert np.asarray(run.snapshot("fc1", step)).tobytes() == values(step).tobytes(), step
    return len(acknowledged)


def _record(folder: Path, step: int, *, overwrite: bool = False) -> None:
    record(
        folder / "run",
        step,
        {"fc1": values(step)},
        labels=LABELS,
        images=IMAGES,
        overwrite=overwrite,
        finished=step == 1,
    )


def _record_all(folder: Path, acknowledge: Acknowledge) -> None:
    for step in range(2):
        _record(folder, step)
        acknowledge(step)


def _record_the_rest(folder: Path) -> None:
    recorded = read_manifest(folder / "run")
    for step in range(len(recorded.steps) if recorded else 0, 2):
        _record(folder, step)
    release(folder / "run")
    run = read_run(folder / "run")
    assert run.steps == [0, 1]
    # Where the fault lasted, the next recorder deletes what could not be deleted.
    hold(folder / "run")
    release(folder / "run")
    assert run.manifest.sprite is not None
    assert check(RECORD, folder, [0, 1]) == 2
    assert not list(folder.rglob("*.new")), "nothing unfinished is left"


def _record_beside_others(folder: Path, acknowledge: Acknowledge) -> None:
    for step in range(2):
        if step == 1:
            _write_as_others(folder)
        _record(folder, step)
        acknowledge(step)


def _write_as_others(folder: Path) -> None:
    (folder / "run" / "checkpoint").write_text('model_checkpoint_path: "theirs"')


def _record_anew(folder: Path, acknowledge: Acknowledge) -> None:
    _record(folder, 7, overwrite=True)
    acknowledge(7)


def _record_anew_again(folder: Path) -> None:
    _record(folder, 7, overwrite=True)
    release(folder / "run")
    assert read_run(folder / "run").steps == [7]
    assert check(RECORD, folder, [7]) == 1


def _train(folder: Path, acknowledge: Acknowledge, steps: Iterable[int] = range(4)) -> None:
    """Does what the callback does in a training, which nothing stops."""
    # What is raised here is a warning of the callback's own.
    with contextlib.suppress(OSError):
        hold(folder / "run")
        try:
            _record_training(folder / "run", acknowledge, steps)
        finally:
            release(folder / "run")


def _record_training(run_dir: Path, acknowledge: Acknowledge, steps: Iterable[int]) -> None:
    recorded = read_manifest(run_dir)
    writer = (
        RunWriter(run_dir, recorded)
        if recorded
        else RunWriter.begin(
            run_dir,
            layers=LAYERS,
            columns=[index_column(5)],
            fingerprint="",
            outputs=None,
        )
    )
    now = 0
    recorder = SnapshotRecorder(
        run_dir,
        writer,
        lambda: {"fc1": values(now)},
        dtype=np.dtype(np.float32),
        max_to_keep=2,
        on_snapshot=None,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recorder.write_thumbnails(read_images(IMAGES))
        for now in steps:  # the forward pass reads it
            recorder.record(Step(now, "epoch", now, None, 0.0, None))
            recorder.wait()
            if not recorder.failed:
                acknowledge(now)
        recorder.close()
    assert len(caught) <= 1, [str(one.message) for one in caught]


def _train_again(folder: Path) -> None:
    done: list[int] = []
    _train(folder, done.append, range(4, 6))
    assert done == [4, 5]
    assert read_run(folder / "run").steps[-1] == 5
    assert check(TRAINING, folder, [5]) == 1


def _files(folder: Path) -> None:
    (folder / "in").mkdir()
    for step in range(2):
        np.save(folder / "in" / f"fc1-{step}.npy", values(step))


def _import(folder: Path, acknowledge: Acknowledge, *, overwrite: bool = False) -> None:
    sources = sorted((folder / "in").iterdir())
    import_files(Request(sources, folder / "run", ("fc1",), overwrite=overwrite))
    for step in range(2):
        acknowledge(step)


def _import_again(folder: Path) -> None:
    done: list[int] = []
    _import(folder, done.append, overwrite=True)
    assert check(IMPORT, folder, done) == 2


def _join_again(folder: Path) -> None:
    done: list[int] = []
    join(folder, done.append)
    assert done == [0, 1]
    assert check(JOINING, folder, done) == 2


def _frame(number: int) -> NDArray[np.float32]:
    return values(number)[:, :2]


def _cache(folder: Path, acknowledge: Acknowledge) -> None:
    cache = cache_of(folder / "run")
    for number in range(2):
        with cache.alone("layout", lambda: None):
            cache.keep_frame("layout", f"{number}", _frame(number))
        cache.keep_record("layout", f"{number}", {"number": number})
        acknowledge(number)
    # Room is made: the first layout goes.
    Cache(cache.folder, limit=1, home=cache.home).keep_frame("other", "2", _frame(2))
    _check_cache(folder)


def _check_cache(folder: Path) -> int:
    cache = cache_of(folder / "run")
    found = 0
    for layout, number in (("layout", 0), ("layout", 1), ("other", 2)):
        frame = cache.frame(layout, f"{number}", (5, 2))
        if frame is not None:
            found += 1
            assert frame.tobytes() == _frame(number).tobytes()
        assert cache.record(layout, f"{number}") in ({}, {"number": number})
    return found


def _cache_again(folder: Path) -> None:
    _check_cache(folder)
    _cache(folder, lambda number: None)
    assert _check_cache(folder) == 1, "the last one"


def _record_first(folder: Path) -> None:
    _record_all(folder, lambda step: None)
    release(folder / "run")


RECORD = Scenario(_record_all, _record_the_rest)
TRAINING = Scenario(_train, _train_again, lambda steps: steps[:1])
JOINING = Scenario(join, _join_again, prepare=lambda folder: write_parts(folder, values))
IMPORT = Scenario(_import, _import_again, prepare=_files)

SCENARIOS = {
    "record": RECORD,
    "record beside others": Scenario(_record_beside_others, _record_the_rest),
    "record anew": Scenario(_record_anew, _record_anew_again, prepare=_record_first),
    "callback": TRAINING,
    "import": IMPORT,
    "workers": JOINING,
    "cache": Scenario(
        _cache, _cache_again, lambda steps: (), lambda folder: (folder / "run").mkdir()
    ),
}
