"""The cells of somebody else's table: what separates them, whether they are quoted.

In a list of words a quotation mark is a word, and would else swallow those after it. So quotes
are taken off only where the whole file is as a writer of CSV makes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tb_embed_plugin.runs.column_types import is_number
from tb_embed_plugin.runs.table_header import Rows

MAX_COLUMNS = 100
"""Columns shown; a page lists them all."""

TAB = "\t"
_SEPARATORS = (",", ";")
_NEEDS_QUOTES = re.compile(r'[\t\n\r"]')
_MAY_BE_QUOTED = re.compile(r'[\t\n\r",;]|^\s|\s$')


@dataclass(frozen=True)
class Cells:
    """The cells of a table, row by row.

    Attributes:
        rows: A list of cells for each row.
        numbers: The line on which each row begins, from 1.
        in_lines: Whether each row is one line.
    """

    rows: Rows
    numbers: Sequence[int]
    in_lines: bool = True


def plain_cells(text: str) -> Cells:
    """Splits at tabs and line ends, whatever the cells hold."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()  # ended by a line feed, which begins no line
    rows = [line.split(TAB, MAX_COLUMNS) for line in lines]
    return Cells(rows, range(1, len(rows) + 1))


def quoted_cells(text: str, separator: str, most: int) -> Cells | None:
    """Splits a table whose writer quotes cells as CSV does.

    Args:
        text: The table.
        separator: What separates cells.
        most: Rows after which no more are read.

    Returns:
        Its cells, None where the writer is not known to quote: where a cell outside of quotes
        holds one, or one is in quotes that needs none while others like it are not.
    """
    rows: Rows = []
    numbers: list[int] = []
    columns: list[_Quoting] = []
    for number, cells in islice(_rows_of_cells(text, separator), most):
        if any(not quoted and '"' in cell for cell, quoted in cells):
            return None
        all_alike = len({quoted for _, quoted in cells}) == 1
        for i, (cell, quoted) in enumerate(cells):
            if i == len(columns):
                columns.append(_Quoting())
            columns[i].see(cell, quoted=quoted, header=not rows and all_alike)
        rows.append([cell for cell, _ in cells])
        numbers.append(number)
    broken = sum(any("\n" in cell for cell in row) for row in rows)
    # In a list, two marks with lines between them may be words, and a blank line is none of a
    # writer that quotes: it writes an empty cell that is alone as `""`.
    by_chance = broken == 1 or any(column.blank for column in columns)
    if len(columns) == 1 and broken and by_chance and not columns[0].throughout:
        return None
    if len(columns) == 1 and columns[0].apart:
        return None
    real = [row for row in rows if row != [""]]
    if broken and (len(real) < 2 or len(set(map(len, real))) > 1):
        return None  # a writer makes rows of as many cells each
    known = any(column.throughout or column.needed for column in columns)
    odd = any(column.odd for column in columns)
    return Cells(rows, numbers, in_lines=not broken) if known and not odd else None


def separated_cells(text: str, most: int) -> Cells | None:
    """Splits a table without tabs at commas or semicolons, None where nothing says to.

    Every row has equally many, of which none stands before a space as in running text.
    """
    for separator in _SEPARATORS:
        if separator not in text:
            continue
        found = list(islice(_rows_of_cells(text, separator), most))
        rows = [[cell for cell, _ in cells] for _, cells in found if cells != [("", False)]]
        loose = any(
            ('"' in cell and not quoted) or cell.startswith(" ")
            for _, cells in found
            for cell, quoted in cells
        )
        if len(set(map(len, rows))) == 1 and len(rows[0]) > 1 and not loose:
            numbers = [number for number, cells in found if cells != [("", False)]]
            return Cells(rows, numbers, in_lines=False)
    return None


def without_edges(cells: Cells) -> Cells:
    """Returns a table without what separators at the ends of its lines have made.

    That are columns that are empty and have no name, and the name that R leaves out above the
    numbers of the rows.
    """
    rows = [row for row in cells.rows if row != [""]]
    width = max(map(len, rows), default=0)
    while width > 1 and not any(len(row) == width and row[-1] for row in rows):
        width -= 1
        rows = [row[:width] for row in rows]
    unnamed = _lacks_a_name(rows)
    if unnamed:
        rows = [["", *rows[0]], *rows[1:]]
    start = 0
    while start + 1 < width and not any(row[start] for row in rows if len(row) > start):
        start += 1
    if not start and width == max(map(len, cells.rows), default=0) and not unnamed:
        return cells
    edged = iter(rows)
    kept = [row if row == [""] else next(edged)[start:] for row in cells.rows]
    return Cells(kept, cells.numbers, in_lines=cells.in_lines)


def _lacks_a_name(rows: Rows) -> bool:
    """Whether the first row has a cell less than the others, which begin with their number."""
    if len(rows) < 2 or any(len(row) != len(rows[0]) + 1 for row in rows[1:]):
        return False
    return all(row[0] == str(i) for i, row in enumerate(rows[1:], 1))


@dataclass
class _Quoting:
    """How the cells of one column are quoted.

    Attributes:
        in_need: Quoted cells that could not be written otherwise.
        without_need: Quoted cells that no writer quotes for what they hold.
        quoted: All quoted cells.
        plain: Words that are not quoted.
        blank: Empty cells that are not quoted.
        apart: Whether a cell may as well be two lines, each a quotation mark.
    """

    in_need: int = 0
    without_need: int = 0
    quoted: int = 0
    plain: int = 0
    blank: int = 0
    apart: bool = False

    def see(self, cell: str, *, quoted: bool, header: bool) -> None:
        if not quoted:
            self.blank += not cell
            self.plain += cell != "" and not is_number(cell)
            return
        self.quoted += 1
        if not cell:
            return  # a lone empty cell is always written so
        self.in_need += _NEEDS_QUOTES.search(cell) is not None
        self.apart |= cell.startswith("\n") and cell.endswith("\n")
        if not header:  # which may be quoted as a whole
            self.without_need += _MAY_BE_QUOTED.search(cell) is None

    @property
    def throughout(self) -> bool:
        return self.quoted > 1 and not self.plain

    @property
    def needed(self) -> bool:
        return self.in_need > 0 and not self.without_need

    @property
    def odd(self) -> bool:
        return not self.throughout and (self.without_need > 0 or self.apart)


def _rows_of_cells(text: str, separator: str) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Yields rows as their line's number and their cells, each with whether it was quoted."""
    pattern = re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^{separator}\n]*))({separator}|\n|\Z)')
    number = begun = 1
    cells: list[tuple[str, bool]] = []
    for match in pattern.finditer(text):
        if match.start() == len(text) and not cells:
            return  # ended by a line feed, which begins no line
        quoted, plain, end = match.groups()
        if quoted is not None:
            number += quoted.count("\n")
        if len(cells) <= MAX_COLUMNS:
            word = plain if quoted is None else quoted.replace('""', '"')
            cells.append((word, quoted is not None))
        if end != separator:
            yield begun, cells
            number += 1
            begun, cells = number, []
            if not end:
                return
