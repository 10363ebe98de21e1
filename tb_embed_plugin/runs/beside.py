"""Where a run goes whose directory holds checkpoints or metadata of others: beside it.

`log_dir`, `<log_dir>-2`, `<log_dir>-3` and so on are the places of one `log_dir`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.metadata import LOCK_FILE
from tb_embed_plugin.runs.writer import foreign_file, refuse_file


@dataclass(frozen=True)
class Beside:
    """Where a run goes.

    Attributes:
        run_dir: A directory that holds nothing of others.
        reason: Why it is not the one that was asked for, in words; None where it is.
    """

    run_dir: Path
    reason: str | None = None


def place_beside_others(log_dir: Path) -> Beside:
    """Returns `log_dir`, or where others have it the first place beside it that is not theirs.

    Raises:
        MisuseError: There is a file in the place of `log_dir`.
    """
    refuse_file(log_dir)
    reason = why_beside(log_dir)
    if reason is None:
        return Beside(log_dir)
    beside = itertools.islice(places_of(log_dir), 1, None)
    return Beside(next(filter(_is_free_or_ours, beside)), reason)


def _is_free_or_ours(run_dir: Path) -> bool:
    has_ours = (run_dir / LOCK_FILE).parent.exists() and foreign_file(run_dir) is None
    return has_ours or not run_dir.exists()


def why_beside(log_dir: Path) -> str | None:
    """Says in words what of others `log_dir` holds; None where it holds nothing of them."""
    foreign = foreign_file(log_dir)
    return None if foreign is None else f"{log_dir} holds {foreign}, which others wrote"


def places_of(log_dir: Path) -> Iterator[Path]:
    """Yields `log_dir`, and those beside it without an end."""
    yield log_dir
    named = log_dir if log_dir.name not in {"", ".."} else log_dir.resolve()
    for number in itertools.count(2):
        yield named.with_name(f"{named.name}-{number}")
