"""Which files of a log directory are copied, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tb_embed_plugin.metadata import (
    CACHE_FOLDER,
    EVENT_FILE,
    LOCK_FILE,
    MANIFEST_FILE,
    PARTS_FOLDER,
)

STATE_FILE = ".tb_embed-mirror.json"
"""What a mirror has copied, with the tags of then."""

MAX_STATE_BYTES = 256 << 20

MAX_NAME_BYTES = 255
"""Of a file or folder, on this machine."""

UPLOAD_STATE_FILE = ".tb_embed-upload.json"
"""Which manifest of a staging directory is at the address."""

_EVENTS = re.compile(r"(^|/)events\.out\.tfevents\.[^/]*$")
_OF_OUR_RUNS = re.compile(rf"(.*/)?(?:{re.escape(EVENT_FILE)}|{re.escape(MANIFEST_FILE)})")
_POINTERS = re.compile(r"(^|/)(checkpoint|projector_config\.pbtxt)$")


@dataclass(frozen=True)
class Update:
    """What an update has brought.

    Attributes:
        copied: Files that are new or have changed.
        size: Bytes that were copied.
        removed: Files that are no longer there.
    """

    copied: int
    size: int
    removed: int


def is_manifest(name: str) -> bool:
    """Whether a file is the manifest of a run."""
    return f"/{name}".endswith(f"/{MANIFEST_FILE}")


def run_of(name: str) -> str | None:
    """Returns the run that a file shows to be recorded by us, None where it shows nothing.

    Returns:
        The run's directory, `.` for the log directory itself.
    """
    found = _OF_OUR_RUNS.fullmatch(name)
    return None if found is None else (found[1] or "").rstrip("/") or "."


def is_copied(name: str) -> bool:
    """Whether a file is copied: its name leads nowhere else, and it is of use elsewhere."""
    parts = name.split("/")
    if any(part in {"", ".", ".."} or re.search(r"[\\\0:]", part) for part in parts):
        return False
    if any(len(part.encode(errors="surrogatepass")) > MAX_NAME_BYTES for part in parts):
        return False
    if parts[-1] in {STATE_FILE, UPLOAD_STATE_FILE} or parts[-1].endswith(".new"):
        return False
    path = f"/{name}"
    is_of_use = f"/{CACHE_FOLDER}/" not in path and f"/{PARTS_FOLDER}/" not in path
    return is_of_use and not path.endswith(f"/{LOCK_FILE}")


def is_events(name: str) -> bool:
    """Whether a file is one of TensorBoard's event files, which only grow."""
    return _EVENTS.search(name) is not None


def names_others(file_name: str) -> bool:
    """Whether a file names others: a manifest, or a small file that other programs write."""
    return is_manifest(file_name) or _POINTERS.search(file_name) is not None


def in_order(names: Iterable[str]) -> list[list[str]]:
    """Returns names in groups: values, then indexes of values, then what names indexes."""
    groups: list[list[str]] = [[], [], []]
    for name in names:
        groups[2 if _POINTERS.search(name) else name.endswith(".index")].append(name)
    return groups
