"""What an earlier process has left of a copy: how old it is, and what is half there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.remote.copied_files import MAX_STATE_BYTES, STATE_FILE
from tb_embed_plugin.runs.folder import opened


@dataclass(frozen=True)
class LeftCopy:
    """What an earlier process has left of a copy.

    Attributes:
        copied: When something was copied last, seconds since 1970; None where nothing was.
        incoming: The runs of which a part may be there.
    """

    copied: float | None
    incoming: frozenset[str]


def left_copy(folder: Path) -> LeftCopy:
    """Returns what is known of a copy that nobody has brought up to date yet.

    Raises:
        OSError: It cannot be read.
    """
    try:
        with opened(folder.resolve()) as top:
            content = json.loads(top.read(STATE_FILE, MAX_STATE_BYTES))
            written = top.look(STATE_FILE).st_mtime
        incoming = without_manifest(folder, map(str, content["incoming"]))
        return LeftCopy(written if content["files"] else None, incoming)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return LeftCopy(None, frozenset())


def without_manifest(folder: Path, runs: Iterable[str]) -> frozenset[str]:
    """Returns those of some runs that have no manifest in a copy."""
    return frozenset(run for run in runs if not (folder / run / MANIFEST_FILE).is_file())
