"""The checks that a run's directory is one, and holds no files of others."""

from __future__ import annotations

from pathlib import Path

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    EVENT_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    RECORDER_FILE,
    SPRITE_FILE,
)
from tb_embed_plugin.wording import system_error


def refuse_file(run_dir: str | Path) -> None:
    """Raises where there is a file in the place of a run; none is in that of an address.

    Raises:
        MisuseError: There is, or its directory may not be read.
    """
    if isinstance(run_dir, str):
        return
    try:
        is_file = run_dir.exists() and not run_dir.is_dir()
    except OSError as error:
        raise MisuseError(system_error(error, "open log_dir", run_dir)) from error
    if is_file:
        raise MisuseError(f"log_dir {run_dir} is a file; choose a directory")


def refuse_foreign_files(run_dir: Path) -> None:
    """Raises where recording into `run_dir` would overwrite what others wrote.

    Raises:
        MisuseError: It is no directory, or holds a checkpoint, metadata or a sprite but no
            run of ours.
    """
    refuse_file(run_dir)
    found = foreign_file(run_dir)
    if found is not None:
        raise MisuseError(
            f"{run_dir} already holds {found}, which another program wrote; record into a "
            f"directory of its own, such as {run_dir / 'embeddings'}"
        )


def foreign_file(run_dir: Path) -> str | None:
    """Returns the name of a file of others that recording into `run_dir` could overwrite.

    None where there is none, and where a run of ours is.
    """
    # Not by the folder of both: what was computed of others' runs lies beside them, too.
    if any((run_dir / name).exists() for name in (MANIFEST_FILE, RECORDER_FILE, EVENT_FILE)):
        return None
    names = (CHECKPOINT_STATE_FILE, METADATA_FILE, SPRITE_FILE)
    foreign = [*(run_dir / name for name in names), *run_dir.glob("*.index")]
    return next((file.name for file in foreign if file.exists()), None)
