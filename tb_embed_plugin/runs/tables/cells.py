"""The cells of a foreign table, separated by tabs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tb_embed_plugin.runs.tables.header import COMMENT_MARKS, Rows, is_comment

MAX_COLUMNS = 100
"""Columns shown; a page lists them all."""

TAB = "\t"


@dataclass(frozen=True)
class Cells:
    """The cells of a table, row by row.

    Attributes:
        rows: A list of cells for each row.
        numbers: The line on which each row begins, from 1.
        in_lines: Whether each row is one line.
        quoted: Whether all cells but numbers stood in quotes, so that an empty row is one.
    """

    rows: Rows
    numbers: Sequence[int]
    in_lines: bool = True
    quoted: bool = False

    @cached_property
    def widths(self) -> Counter[int]:
        """How many rows have how many cells."""
        return Counter(map(len, self.rows))

    @cached_property
    def width(self) -> int:
        """How many cells most rows have; blank lines do not count."""
        widths = self.widths.copy()
        widths[1] -= sum(len(self.rows[i]) == 1 for i in self.blank)
        return max(+widths, key=lambda width: (widths[width], width), default=0)

    @cached_property
    def blank(self) -> list[int]:
        """The places of rows without a word, but those that a writer has quoted."""
        if self.quoted:
            several = len(self.rows[0]) > 1
            return [i for i, row in enumerate(self.rows) if several and row == [""]]
        if all(map(str.strip, self._firsts)):
            return []
        return [i for i, row in enumerate(self.rows) if not row[0].strip() and is_blank(row)]

    @cached_property
    def remarks(self) -> list[int]:
        """The places of rows that look like remarks."""
        text = "\n".join(self._firsts)
        if not any(mark in text for mark in COMMENT_MARKS):
            return []
        return [i for i, row in enumerate(self.rows) if is_comment(row)]

    @cached_property
    def _firsts(self) -> list[str]:
        return [row[0] for row in self.rows]


def plain_cells(text: str) -> Cells:
    """Splits at tabs and line ends, whatever the cells hold."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()  # ended by a line feed, which begins no line
    several = TAB in text
    rows = [line.split(TAB, MAX_COLUMNS) if several else [line] for line in lines]
    return Cells(rows, range(1, len(rows) + 1))


def is_blank(row: Sequence[str]) -> bool:
    """Whether a row holds white space alone."""
    return not any(map(str.strip, row))


def without_edges(cells: Cells) -> Cells:
    """Returns a table without what separators at the ends of its lines have made.

    That are columns that are empty and have no name, and the name that R leaves out above the
    numbers of the rows.
    """
    if not any(width > 1 for width in cells.widths):
        return cells
    rows = [row for row in cells.rows if row != [""]] if cells.widths[1] else cells.rows
    most = width = max(cells.widths)
    while width > 1 and not any(len(row) == width and row[-1] for row in rows):
        width -= 1
        rows = [row[:width] for row in rows]
    unnamed = _lacks_a_name(rows)
    if unnamed:
        rows = [["", *rows[0]], *rows[1:]]
    start = 0
    while start + 1 < width and not any(row[start] for row in rows if len(row) > start):
        start += 1
    if not start and width == most and not unnamed:
        return cells
    edged = iter(rows)
    kept = [row if row == [""] else (next(edged)[start:] or [""]) for row in cells.rows]
    return replace(cells, rows=kept)


def _lacks_a_name(rows: Rows) -> bool:
    """Whether the first row has a cell less than the others, which begin with their number."""
    if len(rows) < 2 or any(len(row) != len(rows[0]) + 1 for row in rows[1:]):
        return False
    return all(row[0] == str(i) for i, row in enumerate(rows[1:], 1))
