"""Which lines of somebody else's table are the rows of its samples.

As many lines as samples are rows, one more is a header where the first looks like one. Where
lines and samples differ, the lines that are no rows must be known one by one: remarks, blank
lines, the second half of a row that was broken. Else nothing says which line is whose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from tb_embed_plugin.runs.column_types import is_number
from tb_embed_plugin.runs.table_cells import TAB, Cells
from tb_embed_plugin.runs.table_header import Likeness, Rows, header_cells, is_comment, likeness
from tb_embed_plugin.runs.table_text import shown

_MAX_NAMED = 3


class Fit(IntEnum):
    """How well lines and samples go together."""

    NONE = 0
    WITHOUT_SOME = 1
    """Some lines are left out or joined, and told."""
    REGULAR = 2
    """Blank lines at the end, or one behind each row."""
    EXACT = 3


@dataclass(frozen=True)
class Lines:
    """A table's lines as rows.

    Attributes:
        fit: How well they fit the samples; `NONE` has no rows.
        header: The names above the columns, None where there are none.
        rows: Cells of each sample.
        numbers: The line on which each row begins, from 1.
        count: Rows that there are, the header not counted, whether they fit or not.
        notes: What was taken for what, one sentence each; or why nothing fits.
        likeness: How much the first line looked like a header.
    """

    fit: Fit
    header: list[str] | None
    rows: Rows
    numbers: Sequence[int]
    count: int
    notes: list[str] = field(default_factory=list)
    likeness: Likeness = Likeness.NONE


def lines_of_samples(cells: Cells, n_samples: int, name: str) -> Lines:
    """Tells rows from header, remarks and blank lines.

    Args:
        cells: All lines of the table.
        n_samples: Rows expected.
        name: What the notes call the file.
    """
    for fit, kept, notes in _candidates(cells, name):
        surplus = len(kept.rows) - n_samples
        if surplus not in (0, 1):
            continue
        first = likeness(kept.rows, surplus=surplus == 1) if kept.rows else Likeness.NONE
        if surplus == 0 and first < Likeness.WORDS:
            return Lines(fit, None, kept.rows, kept.numbers, n_samples, notes)
        if surplus == 1 and first > Likeness.NONE:
            header = header_cells(kept.rows[0])
            if first == Likeness.WORDS and len(header) == 1:
                notes.append(
                    f"expected {n_samples} rows of metadata in {name}; received one line more: "
                    f"{_line(kept, 0)}, is taken for the header"
                )
            rows, numbers = kept.rows[1:], kept.numbers[1:]
            return Lines(fit, header, rows, numbers, n_samples, notes, first)
    return _unfit(cells, n_samples, name)


def _unfit(cells: Cells, n_samples: int, name: str) -> Lines:
    """Says why no line can be told to be a certain sample's."""
    several = _width(cells.rows) > 1
    remarks = _remarks(cells.rows)
    dropped = {i for i, row in enumerate(cells.rows) if several and row == [""]}
    dropped.update(remarks if remarks[:1] == [0] else [])
    kept = _without_blank_end(_kept(cells, _others(cells, dropped)))
    headed = len(kept.rows) > 1 and likeness(kept.rows, surplus=False) >= Likeness.WORDS
    count = len(kept.rows) - headed
    above = ""
    if headed:
        above = f" below {_line(kept, 0)}, which looks like a header"
    note = (
        f"expected {n_samples} rows of metadata in {name}, one a sample; received "
        f"{count}{above}: nothing says which row is whose, so that none is shown; write one "
        "line a sample, below a header that says what it is ('label', say) or none"
    )
    return Lines(Fit.NONE, None, [], [], count, [note])


def _candidates(cells: Cells, name: str) -> Iterator[tuple[Fit, Cells, list[str]]]:
    """Yields what the rows may be, the least doubtful first."""
    several = _width(cells.rows) > 1
    blank = [i for i, row in enumerate(cells.rows) if _is_blank(row)]
    # Between rows of several cells a blank line is none; in a list it may be an empty word.
    no_rows = [i for i in blank if several and len(cells.rows[i]) == 1]
    remarks = _remarks(cells.rows)
    if remarks and remarks[0] == 0:
        yield _without(cells, remarks, name)
        yield _without(cells, sorted({*remarks, *blank}), name)
    ended = _without_blank_end(cells)
    if not no_rows:
        yield Fit.EXACT, cells, []
    # Where some blank lines are words and others none, nothing says which.
    if set(blank if not several else no_rows).isdisjoint(range(len(ended.rows))):
        yield Fit.REGULAR, ended, []
    if blank and blank == list(range(1, len(cells.rows), 2)):
        yield Fit.REGULAR, _kept(cells, range(0, len(cells.rows), 2)), []
    for left_out in (blank, remarks, sorted({*remarks, *blank})):
        if left_out:
            yield _without(cells, left_out, name)
    if several:
        yield from _joined(cells, name)


def _remarks(rows: Rows) -> list[int]:
    """Returns the remarks at the head of a table, or the only one in it."""
    marked = [i for i, row in enumerate(rows) if is_comment(row)]
    at_head = [i for place, i in enumerate(marked) if place == i]
    return at_head if at_head == marked or len(marked) > 1 else marked


def _without_blank_end(cells: Cells) -> Cells:
    end = len(cells.rows)
    while end and _is_blank(cells.rows[end - 1]):
        end -= 1
    return _kept(cells, range(end))


def _is_blank(row: Sequence[str]) -> bool:
    return not any(map(str.strip, row))


def _others(cells: Cells, dropped: Container[int]) -> list[int]:
    return [i for i in range(len(cells.rows)) if i not in dropped]


def _kept(cells: Cells, places: Sequence[int]) -> Cells:
    rows = [cells.rows[i] for i in places]
    return Cells(rows, [cells.numbers[i] for i in places], in_lines=cells.in_lines)


def _without(cells: Cells, left_out: Sequence[int], name: str) -> tuple[Fit, Cells, list[str]]:
    some = ", ".join(_line(cells, i) for i in left_out[:_MAX_NAMED])
    more = len(left_out) - _MAX_NAMED
    rest = f" and {more} more like them" if more > 0 else ""
    note = (
        f"expected one line a sample in {name}; received more: {some}{rest}, left out since "
        "the others fit; take them out of the file"
    )
    return Fit.WITHOUT_SOME, _kept(cells, _others(cells, set(left_out))), [note]


def _joined(cells: Cells, name: str) -> Iterator[tuple[Fit, Cells, list[str]]]:
    """Yields a table whose rows were broken by line breaks inside of cells, made whole."""
    ways = []
    for onto_next in (False, True):
        groups = _whole_rows(
            [len(row) for row in cells.rows], _width(cells.rows), onto_next=onto_next
        )
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
    some = ", ".join(_line(cells, a + 1) for a in broken[:_MAX_NAMED])
    note = (
        f"expected one line a sample in {name}; received {len(broken)} rows with a line break "
        f"inside of a cell, which go on in {some}{' and others' * (len(broken) > _MAX_NAMED)}"
    )
    numbers = [cells.numbers[a] for a, _ in groups]
    yield Fit.WITHOUT_SOME, Cells(rows, numbers, in_lines=False), [note]


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


def _line(cells: Cells, place: int) -> str:
    """Returns a line as sentences name it."""
    return f"line {cells.numbers[place]}, {shown(TAB.join(cells.rows[place]))}"


def _width(rows: Rows) -> int:
    """Returns how many cells most rows have."""
    widths = Counter(len(row) for row in rows if not _is_blank(row))
    return max(widths, key=lambda width: (widths[width], width), default=0)
