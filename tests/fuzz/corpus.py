"""What fuzzing has found worth keeping: `python -m tests.fuzz.corpus .fuzz` takes it over.

Inputs that reach code which no other reaches, a few dozen small ones a target, in one archive.
The suite feeds them all, and fuzzing begins with them.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ARCHIVE = Path(__file__).with_name("corpus.zip")
_MADE = (1980, 1, 1, 0, 0, 0)
"""Of every file: the archive follows from its content alone."""


def folder_of(target: str) -> str:
    """Returns the name of a target's folder."""
    return target.replace(" ", "_")


def kept(target: str) -> list[bytes]:
    """Returns what is kept of a target, in the order of the archive."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [
            name for name in archive.namelist() if name.startswith(f"{folder_of(target)}/")
        ]
        return [archive.read(name) for name in names]


def keep(corpus: Path) -> None:
    """Writes the archive anew from a folder with one for each target."""
    files = sorted(path for path in corpus.glob("*/*") if path.name != "seed")
    with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, path in enumerate(files):
            name = zipfile.ZipInfo(f"{path.parent.name}/{number:03}", _MADE)
            archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
