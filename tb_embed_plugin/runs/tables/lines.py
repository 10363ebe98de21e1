"""The lines of a foreign table that are the rows of its samples.

As many lines as samples are rows, one more is a header where the first looks like one. Where
lines and samples differ, the lines that are no rows must be known one by one (`rows`).
Else nothing says which line is whose. What was assumed is reported: as a note where that is
how such tables are written, as a problem where it is a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tb_embed_plugin.runs.tables.cells import Cells
from tb_embed_plugin.runs.tables.header import (
    Likeness,
    Rows,
    header_cells,
    in_header_words,
    likeness,
    may_be_names,
    repeated_names,
)
from tb_embed_plugin.runs.tables.rows import (
    Candidate,
    Fit,
    candidates,
    head_remarks,
    line_of,
    some_lines,
    without,
    without_blank_end,
)
from tb_embed_plugin.runs.tables.text import shown


@dataclass(frozen=True)
class Lines:
    """A table's lines as rows.

    Attributes:
        fit: How well they fit the samples; `NONE` has no rows.
        header: The names above the columns, None where there are none.
        rows: Cells of each sample.
        numbers: The line on which each row begins, from 1.
        count: Rows that there are, the header not counted, whether they fit or not.
        problems: What is a guess, one sentence each; or why nothing fits.
        notes: What was taken for what otherwise, one sentence each.
        likeness: How much the first line looked like a header.
    """

    fit: Fit
    header: list[str] | None
    rows: Rows
    numbers: Sequence[int]
    count: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    likeness: Likeness = Likeness.NONE


def no_lines(count: int, problem: str) -> Lines:
    """Returns what is shown of a table of which nothing says whose its lines are.

    Args:
        count: Rows that there are.
        problem: Why none is shown.
    """
    return Lines(Fit.NONE, None, [], [], count, [problem])


def lines_of_samples(cells: Cells, n_samples: int, name: str) -> Lines:
    """Tells rows from header, remarks and blank lines.

    Args:
        cells: All lines of the table.
        n_samples: Rows expected.
        name: What notes and problems call the file.
    """
    for candidate in candidates(cells, name):
        rows = candidate.cells.rows
        surplus = len(rows) - n_samples
        if surplus not in (0, 1) or not rows:
            continue
        first = likeness(rows, surplus=surplus == 1)
        if surplus == 1 and _may_be_either(candidate, first):
            return no_lines(surplus + n_samples, _either_problem(candidate.cells, name))
        if surplus == 0 and first < Likeness.WORDS:
            return _without_header(candidate, first, cells, name)
        if surplus == 1 and first > Likeness.NONE and not _is_a_row(candidate.cells, first):
            return _below_header(candidate, first, cells, name)
    return no_lines(*_unfit(cells, n_samples, name))


def _without_header(
    candidate: Candidate, first: Likeness, all_cells: Cells, name: str
) -> Lines:
    """Returns as many lines as samples, and which of them could be something else."""
    cells = candidate.cells
    notes = [*_left_out(candidate, all_cells, name), *_odd_rows(cells, name)]
    if first == Likeness.POSSIBLE or any(map(in_header_words, header_cells(cells.rows[0]))):
        notes.append(
            f"{line_of(cells, 0)}, of {name} is taken for a row and not for a header, since "
            "there are as many lines as samples"
        )
    rows = cells.rows
    return Lines(candidate.fit, None, rows, cells.numbers, len(rows), candidate.problems, notes)


def _below_header(candidate: Candidate, first: Likeness, all_cells: Cells, name: str) -> Lines:
    """Returns the lines below the first, and what was taken for their header."""
    cells = candidate.cells
    header, problems = header_cells(cells.rows[0]), list(candidate.problems)
    notes = _left_out(candidate, all_cells, name)
    rows, numbers = cells.rows[1:], cells.numbers[1:]
    repeated = [] if first == Likeness.TYPES else repeated_names(cells.rows)
    if len(header) == 1 and first < Likeness.TYPES:
        problems.append(
            f"{name} has {len(rows)} rows of metadata and one line more: "
            f"{line_of(cells, 0)}, is taken for the header"
        )
    elif repeated:
        problems.append(
            f"the first line of {name}, {line_of(cells, 0)}, is taken for the header since "
            f"there is one line more than samples, although {shown(repeated[0])} is a "
            "value too; rename that column"
        )
    else:
        notes.append(f"{line_of(cells, 0)}, of {name} is taken for its header")
    notes += _odd_rows(cells, name, first=1)
    return Lines(candidate.fit, header, rows, numbers, len(rows), problems, notes, first)


def _left_out(candidate: Candidate, all_cells: Cells, name: str) -> list[str]:
    """Says which blank lines are no rows, where that is how such files are written."""
    missing = len(all_cells.rows) - len(candidate.cells.rows)
    if candidate.fit != Fit.REGULAR or not missing:
        return []
    lines = some_lines(all_cells, all_cells.blank[-missing:])
    return [f"{lines}, of {name} {'are' if missing > 1 else 'is'} blank and left out"]


def _odd_rows(cells: Cells, name: str, first: int = 0) -> list[str]:
    """Says which rows, from the first one on, look like something else."""
    notes = []
    if blank := [i for i in cells.blank if i >= first]:
        notes.append(
            f"{some_lines(cells, blank)}, of {name} {_are('a sample', blank)} without metadata"
        )
    remarks = [i for i in cells.remarks if i >= first]
    if 0 < 2 * len(remarks) <= len(cells.rows) - first:
        notes.append(
            f"{some_lines(cells, remarks)}, of {name} {_are('a row', remarks)} and not for a "
            "remark"
        )
    return notes


def _are(what: str, places: Sequence[int]) -> str:
    return f"is taken for {what}" if len(places) == 1 else f"are each taken for {what}"


def _is_a_row(cells: Cells, first: Likeness) -> bool:
    """Whether a first line that may be a header begins like another row."""
    return first == Likeness.POSSIBLE and not cells.quoted and bool(repeated_names(cells.rows))


def _may_be_either(candidate: Candidate, first: Likeness) -> bool:
    """Whether a first line may be the one too many, and as well a row without a word."""
    cells = candidate.cells
    return (
        candidate.fit == Fit.EXACT
        and first < Likeness.WORDS
        and cells.width > 1
        and may_be_names(cells.rows[0])
        and bool(cells.blank)
    )


def _either_problem(cells: Cells, name: str) -> str:
    return (
        f"{name} has one row of metadata more than the {len(cells.rows) - 1} samples, "
        f"which may be {line_of(cells, 0)}, as a header, or "
        f"{some_lines(cells, cells.blank)}, as a blank line: none is shown; remove the "
        "blank line, or name a column 'label'"
    )


def _unfit(cells: Cells, n_samples: int, name: str) -> tuple[int, str]:
    """Counts the rows, and says why no row can be assigned to a sample."""
    several = cells.width > 1
    remarks = head_remarks(cells)
    dropped = {i for i, row in enumerate(cells.rows) if several and row == [""]}
    dropped.update(remarks if remarks[:1] == [0] else [])
    kept = without_blank_end(without(cells, sorted(dropped)))
    headed = len(kept.rows) > 1 and likeness(kept.rows, surplus=False) >= Likeness.WORDS
    count = len(kept.rows) - headed
    above = f" below {line_of(kept, 0)}, which looks like a header" if headed else ""
    return count, (
        f"{name} has {count} row{'s' * (count != 1)}{above}, but there are {n_samples} "
        "samples: nothing says which row is whose, so none is shown; write one line per "
        "sample, below a header such as 'label', or without a header"
    )
