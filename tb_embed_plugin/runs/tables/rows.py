"""Candidate rows of a foreign table, some of whose lines are not rows.

Remarks, blank lines and the second half of a row that was broken are left out or joined, one
kind after the other, and reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from tb_embed_plugin.runs.tables.cells import TAB, Cells, is_blank
from tb_embed_plugin.runs.tables.column_types import is_number
from tb_embed_plugin.runs.tables.header import Rows
from tb_embed_plugin.runs.tables.text import shown

_MAX_NAMED = 3


class Fit(IntEnum):
    """How well lines and samples go together."""

    NONE = 0
    WITHOUT_SOME = 1
    """Some lines are left out or joined, and reported."""
    REGULAR = 2
    """Blank lines at the end, or one behind each row."""
    EXACT = 3


@dataclass(frozen=True)
class Candidate:
    """What the rows may be.

    Attributes:
        fit: How doubtful that is.
        cells: The rows, a header among them.
        problems: What was left out or joined.
    """

    fit: Fit
    cells: Cells
    problems: list[str] = field(default_factory=list)


def candidates(cells: Cells, name: str) -> Iterator[Candidate]:
    """Yields what the rows may be, the least doubtful first."""
    several = cells.width > 1
    blank = cells.blank
    # Between rows of several cells a blank line is none; in a list it may be an empty word.
    no_rows = [i for i in blank if several and len(cells.rows[i]) == 1]
    remarks = head_remarks(cells)
    if remarks and remarks[0] == 0:
        yield _without(cells, remarks, name)
        yield _without(cells, sorted({*remarks, *blank}), name)
    ended = without_blank_end(cells)
    if not no_rows:
        yield Candidate(Fit.EXACT, cells)
    # Where some blank lines are words and others none, nothing says which.
    if set(no_rows if several else blank).isdisjoint(range(len(ended.rows))):
        yield Candidate(Fit.REGULAR, ended)
    if blank and blank == list(range(1, len(cells.rows), 2)):
        yield Candidate(Fit.REGULAR, kept(cells, range(0, len(cells.rows), 2)))
    for left_out in (no_rows, blank, remarks, sorted({*remarks, *blank})):
        if left_out:
            yield _without(cells, left_out, name)
    if several and len(cells.widths) > 1:
        yield from _joined(cells, name)


def head_remarks(cells: Cells) -> list[int]:
    """Returns the remarks at the head of a table, or the only one in it."""
    marked = cells.remarks
    at_head = [i for place, i in enumerate(marked) if place == i]
    return at_head if at_head == marked or len(marked) > 1 else marked


def without_blank_end(cells: Cells) -> Cells:
    """Returns a table without the blank lines at its end; a tab makes a line a row."""
    end = len(cells.rows)
    while end and len(cells.rows[end - 1]) == 1 and is_blank(cells.rows[end - 1]):
        end -= 1
    return cells if cells.quoted and cells.width == 1 else kept(cells, range(end))


def kept(cells: Cells, places: Sequence[int]) -> Cells:
    """Returns those rows alone."""
    if len(places) == len(cells.rows):
        return cells
    rows = [cells.rows[i] for i in places]
    return replace(cells, rows=rows, numbers=[cells.numbers[i] for i in places])


def without(cells: Cells, left_out: Sequence[int]) -> Cells:
    """Returns the other rows alone."""
    dropped = set(left_out)
    return kept(cells, [i for i in range(len(cells.rows)) if i not in dropped])


def line_of(cells: Cells, place: int) -> str:
    """Returns a line as sentences name it."""
    return f"line {cells.numbers[place]}, {shown(TAB.join(cells.rows[place]))}"


def some_lines(cells: Cells, places: Sequence[int]) -> str:
    """Returns several lines as sentences name them."""
    some = ", ".join(line_of(cells, i) for i in places[:_MAX_NAMED])
    more = len(places) - _MAX_NAMED
    return f"{some}{f' and {more} more like them' if more > 0 else ''}"


def _without(cells: Cells, left_out: Sequence[int], name: str) -> Candidate:
    problem = (
        f"{name} has more lines than samples: {some_lines(cells, left_out)}, left out "
        "since the others fit; remove them from the file"
    )
    return Candidate(Fit.WITHOUT_SOME, without(cells, left_out), [problem])


def _joined(cells: Cells, name: str) -> Iterator[Candidate]:
    """Yields a table whose rows were broken by line breaks inside of cells, made whole."""
    ways = []
    for onto_next in (False, True):
        groups = _whole_rows([len(row) for row in cells.rows], cells.width, onto_next=onto_next)
        if groups is not None:
            ways.append((groups, [_one_row(cells.rows[a:b]) for a, b in groups]))
    if not ways:
        return
    # Where a line may belong to the row above or below, that one is right whose columns of
    # numbers stay numbers.
    ways.sort(key=lambda way: -_numbers(way[1]))
    if len(ways) > 1 and ways[0] != ways[1] and _numbers(ways[0][1]) == _numbers(ways[1][1]):
        return
    groups, rows = ways[0]
    broken = [a for a, b in groups if b - a > 1]
    some = ", ".join(line_of(cells, a + 1) for a in broken[:_MAX_NAMED])
    problem = (
        f"{name} has {len(broken)} rows with a line break inside of a cell, which go on in "
        f"{some}{' and others' * (len(broken) > _MAX_NAMED)}; write one line per sample"
    )
    numbers = [cells.numbers[a] for a, _ in groups]
    yield Candidate(Fit.WITHOUT_SOME, Cells(rows, numbers, in_lines=False), [problem])


def _whole_rows(
    widths: Sequence[int], width: int, *, onto_next: bool
) -> list[tuple[int, int]] | None:
    """Returns the lines of each row, the first and the one behind the last.

    Args:
        widths: Cells of each line.
        width: Cells of a row; a row of two lines has one less than these.
        onto_next: Whether a lone cell belongs to the row below, else to that above.
    """
    groups: list[tuple[int, int]] = []
    i = 0
    while i < len(widths):
        end, cells = i + 1, widths[i]
        while end < len(widths) and (
            cells < width or (widths[end] == 1 and not onto_next and cells == width)
        ):
            cells += widths[end] - 1
            end += 1
        if cells != width:
            return None
        groups.append((i, end))
        i = end
    return groups


def _one_row(lines: Rows) -> list[str]:
    row = list(lines[0])
    for line in lines[1:]:
        row[-1] += f"\n{line[0]}"
        row += line[1:]
    return row


def _numbers(rows: Rows) -> int:
    return sum(is_number(cell) for row in rows for cell in row)
