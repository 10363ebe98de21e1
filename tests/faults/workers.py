"""Parts of two workers, and their joining, without the threads that do it behind a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.recording.sharded.joined_run import JoinedRun
from tb_embed_plugin.recording.sharded.joined_samples import join_samples
from tb_embed_plugin.recording.sharded.open_joined import begin_run
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.manifest import Layer, Step
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.parts import Attempt, PartFacts, parts_folder, write_part
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.recording_lock import hold, release
from tb_embed_plugin.runs.tables.metadata_table import index_column
from tb_embed_plugin.runs.writer import RunWriter


def write_parts(folder: Path, values: Callable[[int], NDArray[np.float32]]) -> None:
    """Writes what two workers have recorded of two steps, of three and two samples."""
    for rank, rows in enumerate((slice(0, 3), slice(3, 5))):
        part = made(parts_folder(folder / "run") / f"{rank}-{'0' * 16}")
        count = rows.stop - rows.start
        write_part(part, PartFacts(world=2, rows=count, dtype="float32"))
        writer = RunWriter.begin(
            part,
            layers=[Layer("fc1", 3)],
            columns=[index_column(count)],
            fingerprint="",
            outputs=None,
            is_part=True,
        )
        for step in range(2):
            # By its time the chief knows a step again.
            taken = Step(step, "step", None, None, float(step), None)
            writer.write_snapshot(taken, {"fc1": values(step)[rows]})


def join(folder: Path, acknowledge: Callable[[int], None]) -> None:
    """Does what the chief does with them."""
    hold(folder / "run")
    try:
        _join(folder / "run", acknowledge)
    finally:
        release(folder / "run")


def _join(run_dir: Path, acknowledge: Callable[[int], None]) -> None:
    found = [RecordedPart.read(path) for path in sorted(parts_folder(run_dir).iterdir())]
    parts = [part for part in found if part is not None]
    recorded = read_manifest(run_dir)
    writer = (
        RunWriter(run_dir, recorded) if recorded else begin_run(run_dir, join_samples(parts))
    )
    run = JoinedRun(
        writer,
        parts,
        Attempt("", tuple(part.folder.name for part in parts)),
        dtype=np.dtype(np.float32),
        max_to_keep=None,
        tell=lambda sentence: None,
    )
    run.join_ready()
    for step in writer.manifest.steps:
        acknowledge(step.step)
    assert not run.is_waiting
    assert not run.left_out
