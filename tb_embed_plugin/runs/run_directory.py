"""The directory of a run: `log_dir`, or a numbered one beside it where others use `log_dir`.

The numbered directories of one `log_dir` are `log_dir`, `<log_dir>-2`, `<log_dir>-3` and so on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.metadata import LOCK_FILE
from tb_embed_plugin.runs.directory_check import foreign_file, refuse_file


@dataclass(frozen=True)
class RunDirectory:
    """The directory of a run.

    Attributes:
        run_dir: A directory without files of others.
        reason: Why it is another one than requested, in words; None where it is that one.
    """

    run_dir: Path
    reason: str | None = None


def find_run_directory(log_dir: Path) -> RunDirectory:
    """Returns `log_dir`, or the first numbered directory that is free or ours where it is not.

    Raises:
        MisuseError: There is a file in the place of `log_dir`.
    """
    refuse_file(log_dir)
    reason = why_not_usable(log_dir)
    if reason is None:
        return RunDirectory(log_dir)
    beside = itertools.islice(numbered_directories(log_dir), 1, None)
    return RunDirectory(next(filter(_is_free_or_ours, beside)), reason)


def _is_free_or_ours(run_dir: Path) -> bool:
    has_ours = (run_dir / LOCK_FILE).parent.exists() and foreign_file(run_dir) is None
    return has_ours or not run_dir.exists()


def why_not_usable(log_dir: Path) -> str | None:
    """Returns the reason why `log_dir` cannot be used, in words; None where it can."""
    foreign = foreign_file(log_dir)
    return (
        None
        if foreign is None
        else f"{log_dir} already holds {foreign}, which another program wrote"
    )


def numbered_directories(log_dir: Path) -> Iterator[Path]:
    """Yields `log_dir` and the numbered directories beside it, without end."""
    yield log_dir
    named = log_dir if log_dir.name not in {"", ".."} else log_dir.resolve()
    for number in itertools.count(2):
        yield named.with_name(f"{named.name}-{number}")
