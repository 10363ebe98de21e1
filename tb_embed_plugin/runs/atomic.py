"""Files that are complete or absent: a name nobody foresees, a flush to disk, a rename.

Links in what a user named are followed; in what this package names there are none (`folder`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

from tb_embed_plugin.runs.folder import made, opened


def write_bytes(run_dir: Path, name: str, data: bytes, *, flush: bool = True) -> None:
    """Writes a file of a run, replacing what was there in one step.

    Args:
        run_dir: The run's directory; it is not made.
        name: The file's path below it; missing folders on the way are made.
        data: The whole content.
        flush: Waits until the disk has it.

    Raises:
        OSError: The disk is full, the folder read-only and the like; the file is then as it
            was before.
    """
    with replaced(run_dir, name, flush=flush) as file:
        file.write(data)


@contextmanager
def replaced(run_dir: Path, name: str, *, flush: bool = True) -> Iterator[BinaryIO]:
    """Yields a file whose content takes a run's file's place when the `with` block ends.

    Args:
        run_dir: As in `write_bytes`, like `name` and `flush`.
        name: The file.
        flush: Waits until the disk has it.

    Raises:
        OSError: As `write_bytes`.
    """
    inner = PurePath(name)
    with (
        opened(run_dir.resolve()) as run,
        run.below(inner.parent, make=True) as folder,
    ):
        with folder.replaced(inner.name, flush=flush) as file:
            yield file
        if flush:
            folder.flush()


@contextmanager
def replaced_at(path: Path) -> Iterator[BinaryIO]:
    """Yields a file whose content takes the place of a file that a user named.

    Args:
        path: The file; missing folders above it are made.

    Raises:
        OSError: As `write_bytes`.
    """
    with opened(made(path.parent)) as folder:
        folder.clean()
        with folder.replaced(path.name) as file:
            yield file
        folder.flush()


def remove(run_dir: Path, *names: str) -> None:
    """Deletes those of a run's files that exist.

    Raises:
        OSError: One cannot be deleted.
    """
    with opened(run_dir.resolve()) as run:
        for inner in map(PurePath, names):
            with contextlib.suppress(FileNotFoundError), run.below(inner.parent) as folder:
                folder.remove(inner.name)
