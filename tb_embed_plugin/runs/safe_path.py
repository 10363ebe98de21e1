"""Paths of files that stay inside of their run, whatever links lie there."""

from __future__ import annotations

import os
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError


def confined(folder: Path, name: str) -> Path:
    """Returns the file `name` of `folder`, links resolved.

    Args:
        folder: The run's directory, links resolved.
        name: A file name relative to it.

    Raises:
        UnreadableError: The file lies outside of `folder`, or the name can be no file's.
    """
    try:
        path = folder / name
        # Of a file of the folder itself a look is enough; resolving takes ten times as long.
        is_plain = name not in (".", "..") and os.path.basename(name) == name  # noqa: PTH119
        if is_plain and not path.is_symlink():
            return path
        path = path.resolve()
    # A link to itself; which of the two it is depends on Python's version.
    except (RuntimeError, OSError) as error:
        raise UnreadableError(
            f"{name} is a link that leads nowhere; replace it by the file"
        ) from error
    except ValueError as error:
        raise UnreadableError(
            f"{name[:80]!r} is not the name of a file; name another"
        ) from error
    if not path.is_relative_to(folder):
        raise UnreadableError(
            f"{name} links to a file outside of its run; replace the link by the file"
        )
    return path
