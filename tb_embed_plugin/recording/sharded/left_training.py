"""What a training whose chief was killed has left: its complete steps are joined after all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tb_embed_plugin.recording.sharded.joined_run import JoinedRun
from tb_embed_plugin.remote.staging import hold, release
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.parts import Attempt, parts_folder
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.recording_lock import HeldElsewhereError
from tb_embed_plugin.runs.writer import RunWriter

Joined = Callable[[RunWriter, Sequence[RecordedPart], Attempt], JoinedRun]
"""Makes the joined run of a writer, the parts by rank, and what the chief has said."""


def join_left(log_dir: Path, before: Attempt, joined: Joined) -> JoinedRun | None:
    """Joins the complete steps of a training whose chief was killed; leaves out the others.

    Args:
        log_dir: The run's directory, as the user passed it.
        before: What that chief has said.
        joined: Makes the joined run.

    Returns:
        The run, None where it never began, or somebody else records it by now.

    Raises:
        UnreadableError: A part is damaged.
        EmbedError: The run was deleted meanwhile.
        OSError: The run cannot be written.
    """
    # Of the name nothing is taken at its word: it says where is written.
    numbered = re.escape(log_dir.name) + r"(-\d+)?"
    if before.run is None or not re.fullmatch(numbered, before.run):
        return None
    run_dir, folder = log_dir.with_name(before.run), parts_folder(log_dir)
    found = [
        None if name is None else RecordedPart.read(folder / name) for name in before.parts
    ]
    parts = [part for part in found if part is not None]
    if len(parts) < len(found) or not run_dir.is_dir():
        return None
    try:
        if not hold(run_dir):
            return None
    except HeldElsewhereError:
        return None
    try:
        manifest = read_manifest(run_dir)
        if manifest is None:
            return None
        run = joined(RunWriter(run_dir, manifest), parts, before)
        run.join_ready()
        run.leave_out_rest()
        run.add_phases()
        return run
    finally:
        release(run_dir)
