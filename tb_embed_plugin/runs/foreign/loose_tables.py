"""The reader of tables of numbers that lie in a directory without a configuration.

`tensors.tsv` with `metadata.tsv` beside it is what the Projector's page loads and saves, and
what TensorFlow's and many others' tutorials write: `vectors.tsv`, `vecs.tsv` with `meta.tsv`. A
table of another name counts where it has as many rows as the metadata beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents, ForeignLayer
from tb_embed_plugin.runs.foreign.reader import RunFolder
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.runs.tables.metadata_inference import MAX_TABLE_BYTES

MAX_TABLES = 200
"""Tables of one directory; the others are left out."""

_TENSORS = re.compile(
    r"(?:(?P<of>.+)[-_. ])?(?:tensors?|vectors?|vecs?|embeddings?)\.(?:tsv|bytes)",
    re.IGNORECASE | re.DOTALL,
)
_METADATA = re.compile(
    r"(?:(?P<of>.+)[-_. ])?(?:meta|metadata|labels)\.tsv", re.IGNORECASE | re.DOTALL
)
_SHEET = re.compile(
    r"(?:(?P<of>.+)[-_. ])?sprites?(?:[-_]images?)?\.(?:png|jpe?g|webp|bmp|gif)",
    re.IGNORECASE | re.DOTALL,
)
_TABLE = ".tsv"


@dataclass(frozen=True)
class _Beside:
    """A file that goes with the tables of a directory, or with those of one name."""

    of: str
    path: Path


class LooseTables:
    """The reader of tables of numbers that no configuration names."""

    endings: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def suits(names: Collection[str]) -> bool:
        """Whether a file is called as such tables are, or lies beside one of metadata."""
        tables = [name for name in names if name.endswith(_TABLE) or _TENSORS.fullmatch(name)]
        return any(map(_TENSORS.fullmatch, tables)) or (
            len(tables) > 1 and any(map(_METADATA.fullmatch, tables))
        )

    def find(self, folder: RunFolder) -> FolderContents:
        """Finds the tables, each a layer of the one step 0."""
        return _find(folder.path, sorted(folder.names), folder.paths.found())


def _find(folder: Path, names: Sequence[str], claimed: Collection[Path]) -> FolderContents:
    """Finds the tables; those `claimed` by a configuration are left to it."""
    found = FolderContents()
    beside: list[str] = []
    metadata = list(_beside(folder, names, _METADATA, beside))
    sheets = list(_beside(folder, names, _SHEET, beside))
    tables = [name for name in names if _is_table(name, metadata)]
    for name in tables[:MAX_TABLES]:
        match = _TENSORS.fullmatch(name)
        of = (match["of"] or "") if match else Path(name).stem
        table, sheet = _fitting(metadata, of), _fitting(sheets, of)
        try:
            path = confined(folder, name)
            if path in claimed:
                continue
            found.watched.append(path)
            tensor = TensorFile.open(path, ())
        except UnreadableError as error:
            # A table of another name may be no table of numbers at all.
            found.problems += [str(error)] if match else []
            continue
        if match or (table is not None and _has_rows(table, tensor.shape[0])):
            layer = ForeignLayer(Path(name).stem, {0: tensor}, table=table, sheet=sheet)
            found.layers.append(layer)
            found.problems += tensor.problems
    if found.layers:
        # Else it is nobody's business what lies there.
        found.problems += beside
        found.watched += [one.path for one in (*metadata, *sheets)]
    if len(tables) > MAX_TABLES:
        found.problems.append(
            f"the directory has {len(tables)} tables, of which the first {MAX_TABLES} are "
            "shown; move the others into a directory of their own"
        )
    return found


def _is_table(name: str, metadata: Collection[_Beside]) -> bool:
    if _TENSORS.fullmatch(name):
        return True
    return bool(metadata) and name.endswith(_TABLE) and not _METADATA.fullmatch(name)


def _beside(
    folder: Path, names: Collection[str], pattern: re.Pattern[str], problems: list[str]
) -> Iterator[_Beside]:
    """Yields the files of a kind."""
    for name in names:
        if match := pattern.fullmatch(name):
            try:
                path = confined(folder, name)
            except UnreadableError as error:
                problems.append(str(error))
            else:
                yield _Beside(match["of"] or "", path)


def _fitting(files: Collection[_Beside], of: str) -> Path | None:
    """Returns the file that bears a table's name, or else the one that bears none."""
    by_name = {file.of: file.path for file in files}
    return by_name.get(of) or by_name.get("")


def _has_rows(table: Path, rows: int) -> bool:
    """Whether a table has a line a row, and one more for a header maybe."""
    try:
        data = read_file(table, MAX_TABLE_BYTES, "leave out columns")
    except (OSError, UnreadableError):
        return False
    # Counted without a list of them, which takes eight times what they do.
    lines = data.rstrip().replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    return lines in (rows, rows + 1)
