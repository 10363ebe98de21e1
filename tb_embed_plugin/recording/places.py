"""Where a training records: `log_dir`, or beside it where that is taken."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

from tb_embed_plugin.runs.recording_lock import HeldElsewhereError, hold
from tb_embed_plugin.runs.writer import read_manifest


def siblings(log_dir: Path) -> Iterator[Path]:
    """Yields `log_dir`, `<log_dir>-2`, `<log_dir>-3` and so on."""
    yield log_dir
    for number in itertools.count(2):
        yield log_dir.with_name(f"{log_dir.name}-{number}")


def take_place(log_dir: Path) -> Path:
    """Returns where this process may record, and keeps others from recording there.

    Where another process records into `log_dir`, it is the first sibling that holds no run,
    and one warning says so.

    Raises:
        OSError: It cannot be written.
    """
    refusal: HeldElsewhereError | None = None
    for run_dir in siblings(log_dir):
        if refusal is not None and read_manifest(run_dir) is not None:
            continue
        try:
            hold(run_dir)
        except HeldElsewhereError as error:
            refusal = refusal or error
            continue
        if refusal is not None:
            warnings.warn(
                f"EmbeddingCheckpoint {refusal}. This training goes on and is recorded into "
                f"{run_dir} instead.",
                RuntimeWarning,
                stacklevel=3,
            )
        return run_dir
    raise AssertionError  # siblings never end
