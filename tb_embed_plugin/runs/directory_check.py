"""The check that a run's directory is one."""

from __future__ import annotations

from pathlib import Path

from tb_embed_plugin.errors import MisuseError
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
