"""The metadata and thumbnails of layers' rows, each file read once for all that share it.

A configuration may give one table to ever so many layers, or one sheet in ever so many ways. So
what is read is bounded by the files that there are, and not by how often they are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import stamp_of
from tb_embed_plugin.runs.foreign.folder_contents import ForeignLayer
from tb_embed_plugin.runs.foreign.foreign_sprites import Sheet, read_sheet
from tb_embed_plugin.runs.foreign.step_tables import StepTables
from tb_embed_plugin.runs.label_column import choose_label, rival_problem, with_classes
from tb_embed_plugin.runs.layer_facts import SpriteFacts
from tb_embed_plugin.runs.manifest import ColumnInfo
from tb_embed_plugin.runs.run import short_hash
from tb_embed_plugin.runs.tables.metadata_inference import may_have_rows, read_inferred_table

MAX_READINGS = 8
"""Numbers of rows for which one table is read, or ways to cut one sheet; a table fits one."""


@dataclass(frozen=True)
class Samples:
    """What a layer's rows are.

    Attributes:
        columns: The fields of their metadata.
        sprite: Geometry of their thumbnails, None for none.
        table_digest: Hash of what says which samples they are, empty where nothing does.
        version: Changes when the metadata or the thumbnails do.
        problems: What does not fit, one sentence each.
        label: The column that is the label, None where there is none.
        notes: What lines were taken for what, one sentence each.
    """

    columns: tuple[ColumnInfo, ...]
    sprite: SpriteFacts | None
    table_digest: str
    version: str
    problems: tuple[str, ...]
    label: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    """What a table, or the tables of all steps, say of some rows."""

    rows: int | None = None
    columns: tuple[ColumnInfo, ...] = ()
    digest: str = ""
    label: str | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class LayerSamples:
    """Reads the tables and sheets of the layers of one run."""

    def __init__(self) -> None:
        self._tables: dict[Hashable, _Table] = {}
        self._sheets: dict[Hashable, Sheet | str] = {}
        self._readings: Counter[Path] = Counter()

    def of(self, layer: ForeignLayer) -> Samples:
        """Returns what a layer's rows are, as far as it can be read."""
        rows, _ = layer.shape
        table = self._table(layer, rows)
        sheet = self._sheet(layer, rows)
        problems = [*table.problems]
        if isinstance(sheet, str):
            problems.append(sheet)
        elif sheet is not None:
            problems += sheet.problems
        tables = layer.step_tables
        # What changes with each step is no other samples.
        table_stamp = stamp_of(layer.table or "") if tables is None else tables.digest
        sheet_stamp = layer.sheet and stamp_of(layer.sheet)
        return Samples(
            columns=table.columns,
            sprite=sheet.facts if isinstance(sheet, Sheet) else None,
            table_digest=table.digest,
            version=short_hash(table.columns, rows, table_stamp, sheet_stamp, layer.cell),
            problems=tuple(problems),
            label=table.label,
            notes=table.notes,
        )

    def _table(self, layer: ForeignLayer, rows: int) -> _Table:
        """Returns what the table says; one that is meant for all layers, only where it fits."""
        if layer.step_tables is not None:
            return _table_of_steps(layer.step_tables)
        if layer.table is None:
            return _Table()
        if layer.table_for_all and not may_have_rows(layer.table, rows):
            return _Table()
        key = layer.table, rows
        if key not in self._tables:
            self._tables[key] = self._read_table(layer.table, rows)
        table = self._tables[key]
        fits = table.rows in (rows, None) or not layer.table_for_all
        return table if fits else _Table()

    def _read_table(self, path: Path, rows: int) -> _Table:
        if self._is_read_often(path):
            often = (
                f"{path.name} is given to tensors of more than {MAX_READINGS} numbers of rows, "
                f"and is not shown beside that of {rows}; give each its own table"
            )
            return _Table(problems=(often,))
        try:
            read = read_inferred_table(path, rows)
        except UnreadableError as error:
            return _Table(problems=(str(error),))
        held = with_classes(read.columns)
        columns, label = tuple(column.info for column in held), choose_label(held)
        rivals = filter(None, [rival_problem(label, columns)])
        return _Table(
            rows=read.rows,
            columns=columns,
            digest=read.digest,
            label=label,
            notes=tuple(read.notes),
            problems=(*read.problems, *rivals),
        )

    def _sheet(self, layer: ForeignLayer, rows: int) -> Sheet | str | None:
        """Returns the sheet, what is wrong with it, or None where there is none."""
        if layer.sheet is None:
            return None
        key = layer.sheet, layer.cell, rows
        if key not in self._sheets:
            self._sheets[key] = self._read_sheet(layer.sheet, layer.cell, rows)
        return self._sheets[key]

    def _read_sheet(self, path: Path, cell: tuple[int, ...], rows: int) -> Sheet | str:
        if self._is_read_often(path):
            return (
                f"{path.name} is given to tensors in more than {MAX_READINGS} ways, and is not "
                "shown beside all of them; draw each its own sheet"
            )
        try:
            return read_sheet(path, cell, rows)
        except UnreadableError as error:
            return str(error)

    def _is_read_often(self, path: Path) -> bool:
        self._readings[path] += 1
        return self._readings[path] > MAX_READINGS


def _table_of_steps(tables: StepTables) -> _Table:
    problems: list[str] = []
    try:
        held = with_classes(tables.read(None)[0])
    except UnreadableError as error:
        return _Table(digest=tables.digest, problems=(str(error),))
    columns, label = tuple(column.info for column in held), choose_label(held)
    problems += [*tables.problems, *filter(None, [rival_problem(label, columns)])]
    return _Table(
        columns=columns,
        digest=tables.digest,
        label=label,
        notes=tables.notes,
        problems=tuple(problems),
    )
