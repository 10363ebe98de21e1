"""The cells of a foreign table whose writer quotes, as CSV does.

In a list of words a quotation mark is a word, and would else swallow those after it. So quotes
are taken off only where the whole file is as a writer of CSV makes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice
from typing import TypeVar

from tb_embed_plugin.runs.tables.cells import MAX_COLUMNS, Cells
from tb_embed_plugin.runs.tables.column_types import are_numbers
from tb_embed_plugin.runs.tables.header import Rows

_SEPARATORS = (",", ";")
_NEEDS_QUOTES = re.compile(r'[\t\n\r"]')
_MAY_BE_QUOTED = re.compile(r'[\t\n\r",;]|^\s|\s$')

T = TypeVar("T")


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
    tokens = _tokens(text, separator, most)
    if tokens is None or not tokens.cells:
        return None
    written, rows = tokens.rows(tokens.cells), tokens.rows(_bare(tokens.cells))
    width, least = max(map(len, written)), min(map(len, written))
    columns = [
        _Quoting(
            [row[i] for row in written if i < least or i < len(row)],
            header_alike=_is_header_alike(written),
        )
        for i in range(width)
    ]
    breaks = tokens.breaks()
    broken = len(breaks) - breaks.count(0)
    # In a list, two marks with lines between them may be words, and a blank line is none of a
    # writer that quotes: it writes an empty cell that is alone as `""`.
    by_chance = broken == 1 or any(column.blank for column in columns)
    if width == 1 and broken and by_chance and not columns[0].throughout:
        return None
    if width == 1 and columns[0].apart:
        return None
    real = rows if least > 1 else [row for row in rows if row != [""]]
    if broken and (len(real) < 2 or len(set(map(len, real))) > 1):
        return None  # a writer makes rows of as many cells each
    known = any(column.throughout or column.needed for column in columns)
    if not known or any(column.odd for column in columns):
        return None
    numbers = _line_numbers(breaks)
    certain = not any(column.words for column in columns)
    certain &= width > 1 or not columns[0].blank
    return Cells(rows, numbers, in_lines=not broken, quoted=certain)


def separated_cells(text: str, most: int) -> Cells | None:
    """Splits a table without tabs at commas or semicolons, None where nothing says to.

    Every row has equally many, of which none stands before a space as in running text.
    """
    for separator in _SEPARATORS:
        if separator not in text:
            continue
        tokens = _tokens(text, separator, most)
        if tokens is None:
            continue
        rows, numbers = tokens.rows(_bare(tokens.cells)), _line_numbers(tokens.breaks())
        kept = [i for i, row in enumerate(rows) if row != [""]]
        widths = {len(rows[i]) for i in kept}
        loose = any(cell.startswith(" ") for cell in tokens.cells)
        if len(widths) == 1 and widths != {1} and not loose:
            return Cells([rows[i] for i in kept], [numbers[i] for i in kept], in_lines=False)
    return None


@dataclass(frozen=True)
class _Tokens:
    """A text from its begin on.

    Attributes:
        cells: As they are written, in quotes where they are.
        ends: What stands behind each: the separator, a line feed, or nothing.
        separator: What separates cells.
        most: Rows looked at.
    """

    cells: Sequence[str]
    ends: Sequence[str]
    separator: str
    most: int

    def rows(self, values: Sequence[T]) -> list[list[T]]:
        """Returns the rows of a value a cell."""
        if self._width:
            return list(map(list, zip(*[iter(values)] * self._width, strict=True)))
        rows: list[list[T]] = []
        row: list[T] = []
        for value, end in zip(values, self.ends, strict=True):
            row.append(value)
            if end != self.separator:
                rows.append(row[: MAX_COLUMNS + 1])
                row = []
                if len(rows) == self.most:
                    break
        return rows

    def breaks(self) -> list[int]:
        """Returns how many line breaks the cells of each row hold."""
        return list(map(sum, self.rows([cell.count("\n") for cell in self.cells])))

    @cached_property
    def _width(self) -> int:
        """Cells of each row where all have as many, else 0."""
        width = self.ends.index("\n") + 1 if "\n" in self.ends else len(self.ends)
        count = len(self.ends) // width
        even = ([self.separator] * (width - 1) + ["\n"]) * count
        return width if width <= MAX_COLUMNS and count <= self.most and self.ends == even else 0


def _tokens(text: str, separator: str, most: int) -> _Tokens | None:
    """Returns a text's cells, None where quotes stand inside of ones that are not quoted.

    Args:
        text: The table.
        separator: What separates cells.
        most: Rows after which no more are looked for.
    """
    pattern = re.compile(rf'("[^"]*(?:""[^"]*)*"|[^{separator}\n"]*)({separator}|\n|\Z)')
    limit = most * (MAX_COLUMNS + 1)
    parts = pattern.split(text, maxsplit=limit)
    cells, ends = parts[1::3], parts[2::3]
    if any(parts[0:-1:3]):
        return None
    if "" in ends:
        last = ends.index("")
        # A line feed that ends the text begins no line.
        last += bool(cells[last] or (last and ends[last - 1] == separator))
        del cells[last:], ends[last:]
    return _Tokens(cells, ends, separator, most)


def _line_numbers(breaks: Sequence[int]) -> list[int]:
    """Returns the line on which each row begins, from 1."""
    before = accumulate(breaks, initial=1)
    return [lines + i for i, lines in zip(range(len(breaks)), before, strict=False)]


def _bare(cells: Sequence[str]) -> list[str]:
    """Returns cells without their quotes."""
    return [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in cells]


def _is_header_alike(rows: Rows) -> bool:
    """Whether the first row is quoted as a whole, or not at all, as a header may be."""
    return len({cell.startswith('"') for cell in rows[0]}) == 1


class _Quoting:
    """How the cells of one column are quoted.

    Args:
        cells: As they are written.
        header_alike: Whether the first may be a header.

    Attributes:
        needed: Whether some could not be written otherwise, and all may be quoted for what
            they hold.
        words: Whether there are words that are not quoted.
        throughout: Whether all words are quoted.
        blank: Whether there are empty cells that are not quoted.
        apart: Whether a cell may as well be two lines, each a quotation mark.
        odd: Whether some are quoted for no reason.
    """

    def __init__(self, cells: Sequence[str], *, header_alike: bool) -> None:
        quoted = [cell for cell in cells if cell[:1] == '"']
        plain = {cell for cell in cells if cell[:1] != '"'}
        self.blank = "" in plain
        plain.discard("")
        self.words = not are_numbers(plain)
        self.throughout = len(quoted) > 1 and not self.words
        inner = [cell[1:-1] for cell in quoted if cell != '""']
        self.apart = any(cell[0] == "\n" == cell[-1] for cell in inner)
        in_need = any(map(_NEEDS_QUOTES.search, inner))
        headed = bool(header_alike and inner and cells[0] == f'"{inner[0]}"')
        without = not all(map(_MAY_BE_QUOTED.search, islice(inner, int(headed), None)))
        self.needed = in_need and not without
        self.odd = not self.throughout and (without or self.apart)
