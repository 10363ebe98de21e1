"""Tables of metadata of the same samples at several steps, of which some columns change.

A column whose cells are the same in all tables is an ordinary one; any other has a value a
step. Of very many tables some are looked at before one is asked for, evenly spaced over the
steps; each is held against the newest when it is read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.table_facts import (
    ColumnFacts,
    Said,
    TableFacts,
    as_number,
    digest_of,
    said_of,
    table_facts,
)
from tb_embed_plugin.runs.manifest import ColumnInfo, ColumnType
from tb_embed_plugin.runs.run import short_hash
from tb_embed_plugin.runs.tables.column_types import MAX_CATEGORIES
from tb_embed_plugin.runs.tables.metadata_inference import read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column, OverSteps

MAX_COMPARED = 100
"""Tables of a tag that are looked at before one is asked for."""

MAX_COMPARED_BYTES = 64 << 20
"""Of these tables together."""

MAX_SAID = 20
"""Sentences about the tables that were looked at."""

_MAX_NAMED = 10

Cells = Mapping[str, Sequence[str]]


def some_of(tables: Sequence[Path]) -> list[Path]:
    """Returns as many tables as may be read at once, the first and the last among them."""
    sizes = [stamp[1] for stamp in map(stamp_of, tables) if stamp is not None]
    most = max(2, min(MAX_COMPARED, MAX_COMPARED_BYTES // max([1, *sizes])))
    if len(tables) <= most:
        return list(tables)
    return [tables[round(i * (len(tables) - 1) / (most - 1))] for i in range(most)]


@dataclass(frozen=True)
class StepTables:
    """The tables of one layer, whose samples are the same at all steps.

    Attributes:
        tables: By step, ascending; None where a step has none.
        rows: Samples.
        written: What was written for a step where that is no such number.
    """

    tables: Mapping[int, Path | None]
    rows: int
    written: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[ColumnInfo, ...]:
        """The columns of all tables that were looked at, those of the newest first."""
        return tuple(
            ColumnInfo(name, _common_type(facts), by_step=name in self._changing)
            for name, facts in self._columns.items()
        )

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """What is wrong or a guess in the tables that were looked at, each sentence once."""
        return self._said_once({step: said.problems for step, said in self._said.items()})

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What else was taken for what in these tables, each sentence once."""
        return self._said_once({step: said.notes for step, said in self._said.items()})

    @property
    def digest(self) -> str:
        """Hash of what is the same at all steps, empty where nothing is."""
        return short_hash(self._same) if self._same else ""

    def stamps(self) -> tuple[Stamp, ...]:
        """Returns what changes when one of the tables does."""
        return tuple(None if t is None else stamp_of(t) for t in self.tables.values())

    def read(self, step: int | None) -> tuple[list[Column], list[str]]:
        """Returns the columns at a step, and what is wrong there.

        Args:
            step: The step; None for the last one that has a table.

        Raises:
            UnreadableError: What is the same at all steps cannot be read.
        """
        newest = max(step for step, table in self.tables.items() if table is not None)
        at = newest if step is None else step
        problems: list[str] = []
        cells = self._cells(self.tables.get(at), problems)
        if not self._same.items() <= {n: digest_of(c) for n, c in cells.items()}.items():
            if cells:
                problems.append(
                    "columns differ from those at the other steps "
                    f"({', '.join(self._same)}): {', '.join(sorted(self._changing))} of "
                    "that step are not shown; pass the same samples to add_embedding at "
                    "every step"
                )
            same = self._cells(self.tables[newest], [])
            if not self._same.keys() <= same.keys():
                raise UnreadableError(
                    "the columns of the metadata have changed since they were listed; "
                    "reload the page"
                )
            cells = {name: same[name] for name in self._same}
        columns = [self._column(info, cells, problems) for info in self.columns]
        return columns, [f"{self._named([at])}: {problem}" for problem in problems]

    def _cells(self, table: Path | None, problems: list[str]) -> Cells:
        try:
            read = None if table is None else read_inferred_table(table, self.rows)
        except UnreadableError as error:
            problems.append(str(error))
            return {}
        if read is None:
            return {}
        known = {problem for said in self._said.values() for problem in said.problems}
        problems += [problem for problem in read.problems if problem not in known]
        return {c.name: c.cells for c in read.columns}

    def _column(self, info: ColumnInfo, read: Cells, problems: list[str]) -> Column:
        cells = read.get(info.name, [""] * self.rows)
        if not info.by_step:
            return Column(info.name, info.type, cells)
        if info.type == "number":
            numbers = [cell if as_number(cell) is not None else "" for cell in cells]
            if numbers != list(cells):
                problems.append(
                    f"the column {info.name!r} holds words, but numbers at other steps: "
                    "the words are left out"
                )
            cells = numbers
        return Column(info.name, info.type, cells, self._over_steps(info))

    def _over_steps(self, info: ColumnInfo) -> OverSteps:
        if info.type == "category":
            counts: Counter[str] = Counter()
            for facts in self._columns[info.name]:
                counts.update(facts.counts)
            return OverSteps(counts=counts)
        columns = self._columns[info.name]
        limits = [f.limits for f in columns if f.limits is not None]
        if info.type == "text" or not limits:
            return OverSteps()
        lows, highs = zip(*limits, strict=True)
        values = _whole_values(columns) if info.type == "number" else {}
        return OverSteps(values=values, limits=(min(lows), max(highs)))

    @cached_property
    def _some_tables(self) -> list[Path]:
        """The tables that are looked at, the newest first."""
        tables = dict.fromkeys(table for table in self.tables.values() if table is not None)
        return some_of(list(tables))[::-1]

    @cached_property
    def _looked_at(self) -> list[TableFacts]:
        """The facts of these tables, the newest first."""
        found = (table_facts(table, self.rows) for table in self._some_tables)
        return [facts for facts in found if facts is not None]

    @cached_property
    def _said(self) -> dict[int, Said]:
        """The notes and problems of these tables, by step."""
        some = set(self._some_tables)
        return {
            step: said_of(table, self.rows)
            for step, table in self.tables.items()
            if table is not None and table in some
        }

    def _said_once(self, sentences: Mapping[int, Sequence[str]]) -> tuple[str, ...]:
        """Returns sentences, each with the steps it applies to where these are not all."""
        steps: dict[str, list[int]] = {}
        for step, some in sentences.items():
            for sentence in some:
                steps.setdefault(sentence, []).append(step)
        said = [
            sentence if len(at) == len(sentences) else f"{self._named(at)}: {sentence}"
            for sentence, at in steps.items()
        ]
        if len(said) > MAX_SAID:
            said[MAX_SAID:] = [f"{len(said) - MAX_SAID} more like these of other steps"]
        return tuple(said)

    def _named(self, steps: Sequence[int]) -> str:
        some = [self.written.get(step, str(step)) for step in steps[:_MAX_NAMED]]
        more = ", …" * (len(steps) > _MAX_NAMED)
        return f"metadata of step{'s' * (len(steps) > 1)} {', '.join(some)}{more}"

    @cached_property
    def _columns(self) -> dict[str, list[ColumnFacts]]:
        """Each column's facts in the tables that have it."""
        columns: dict[str, list[ColumnFacts]] = {}
        for facts in self._looked_at:
            for name, column in facts.items():
                columns.setdefault(name, []).append(column)
        return columns

    @cached_property
    def _changing(self) -> frozenset[str]:
        """The columns that have a value a step, or are missing from some of the tables."""
        return frozenset(
            name
            for name, facts in self._columns.items()
            if len(facts) < len(self._looked_at) or len({f.digest for f in facts}) > 1
        )

    @cached_property
    def _same(self) -> dict[str, str]:
        """The digests of the columns that do not change."""
        return {
            name: facts[0].digest
            for name, facts in self._columns.items()
            if name not in self._changing
        }


def _whole_values(facts: Sequence[ColumnFacts]) -> dict[int, int]:
    """Returns how often each value of a number comes; empty as `OverSteps.values` says."""
    counts: Counter[float] = Counter()
    for column in facts:
        if column.limits is not None and not column.counts:
            return {}  # too many
        for word, count in column.counts.items():
            number = as_number(word)
            # What is no number is missing, and NaN as well.
            if number is not None and not math.isnan(number):
                counts[number] += count
    if len(counts) > MAX_CATEGORIES or not all(number.is_integer() for number in counts):
        return {}
    return {int(number): count for number, count in sorted(counts.items())}


def _common_type(facts: Iterable[ColumnFacts]) -> ColumnType:
    """Returns the type of a column that several tables have."""
    found = list(facts)
    types = {column.type for column in found}
    if len(types) == 1:
        return types.pop()
    if all(column.is_numeric for column in found):
        return "number"
    return "text" if "text" in types else "category"
