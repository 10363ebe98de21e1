"""Near neighbors of all samples of a large snapshot, searched in cells about pivots.

The neighbors of a sample are searched in the cell of its pivot and in those of the nearest
other ones, some thousand rows together. With the samples grow the cells' number, up to
`MOST_PIVOTS`, and from there on their size: so beyond a million samples the time grows with
their number and not with its square. The same data give the same neighbors, whoever computes
the parts, since each task says which rows it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion, OfGroup
from tb_embed_plugin.projections.cells import Cells, Pivots, assigned_parts
from tb_embed_plugin.projections.group_search import search_bytes, search_group
from tb_embed_plugin.projections.threads import in_threads


class CellWork(Protocol):
    """By whom the tasks of a search are computed."""

    def assign(self, question: CellQuestion, pivots: Pivots) -> Iterator[NDArray[np.uint16]]:
        """Yields what `Pivots.assign` returns for each of `assigned_parts`, in their order."""

    def search(
        self, question: CellQuestion, cells: Cells, own: NDArray[np.uint16], groups: int
    ) -> Iterator[OfGroup]:
        """Yields what `search_group` returns for each of the groups, in any order."""


class CellsInThreads:
    """All of it by this process, on all cores that it may use."""

    def assign(self, question: CellQuestion, pivots: Pivots) -> Iterator[NDArray[np.uint16]]:
        """Yields the cells of samples, part by part."""
        parts = assigned_parts(len(question.snapshot))
        return in_threads(
            lambda part: pivots.assign(question.snapshot, part), parts, pivots.block_bytes
        )

    def search(
        self, question: CellQuestion, cells: Cells, own: NDArray[np.uint16], groups: int
    ) -> Iterator[OfGroup]:
        """Yields the neighbors of samples, group by group."""
        return in_threads(
            lambda group: search_group(question, cells, group),
            range(groups),
            search_bytes(question),
        )


def search_in_cells(
    question: CellQuestion, work: CellWork, report: Callable[[float], None]
) -> CellNeighbors:
    """Returns the neighbors of each sample among all, and its nearest landmarks.

    Args:
        question: Whose.
        work: By whom.
        report: Receives the finished share; may raise to cancel.
    """
    pivots = question.pivots
    own = np.empty(len(question.snapshot), np.uint16)
    parts = assigned_parts(len(own))
    assigned = work.assign(question, pivots)
    for done, (part, cells_of) in enumerate(zip(parts, assigned, strict=True), 1):
        own[part] = cells_of
        report(done / len(parts) / 2)
    cells = Cells.of(pivots, own, question.landmarks)
    groups = len(cells.groups)
    found = CellNeighbors.empty(len(own), question)
    for done, some in enumerate(work.search(question, cells, own, groups), 1):
        found.put(*some)
        report((1 + done / groups) / 2)
    return found
