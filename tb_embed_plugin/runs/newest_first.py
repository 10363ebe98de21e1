"""The order in which runs are read: what has changed last comes first.

A directory comes after those above it, since a run may own directories below (`train/` say),
which are then no runs of their own.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.file_stamps import stamps_of


def newest_first(folders: Mapping[str, Path]) -> dict[str, Path]:
    """Returns directories in the order of their last changes, or those of what lies below.

    Writing a run of ours changes its manifest, and writing others' checkpoints, which are
    renamed, their directory.

    Args:
        folders: By the names of the runs that they may be.
    """
    paths = {name: os.fspath(folder) for name, folder in folders.items()}
    changed: dict[str, int] = {}
    for path in paths.values():
        stamps = stamps_of((path, f"{path}/{MANIFEST_FILE}"))
        changed[path] = max((stamp[0] for stamp in stamps if stamp is not None), default=0)
    for path, time in list(changed.items()):
        above = path
        while (end := above.rfind(os.sep)) > 0:
            above = above[:end]
            if above in changed:
                changed[above] = max(changed[above], time)
    order = sorted(paths, key=lambda name: (-changed[paths[name]], len(paths[name]), name))
    return {name: folders[name] for name in order}


def with_those_above(names: Collection[str], folders: Mapping[str, Path]) -> list[str]:
    """Returns those of some names that are directories', each after those above it."""
    wanted = [folders[name] for name in names if name in folders]
    above = {parent for folder in wanted for parent in (folder, *folder.parents)}
    found = [name for name, folder in folders.items() if folder in above]
    return sorted(found, key=lambda name: len(folders[name].parts))
