"""Which share of the nearest neighbors a search in cells finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion
from tb_embed_plugin.projections.cell_search import CellsInThreads, search_in_cells
from tb_embed_plugin.projections.initial_positions import unit_shift
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.snapshot import Snapshot

NEAREST = 15


def near_by_cells(rows: Snapshot, landmarks: NDArray[np.intp]) -> CellNeighbors:
    """Returns the neighbors that cells find."""
    question = CellQuestion(rows, landmarks, "euclidean", 0, unit_shift(rows), NEAREST, 1)
    return search_in_cells(question, CellsInThreads(), lambda share: None)


def share_found(rows: Snapshot, found: CellNeighbors, some: NDArray[np.intp]) -> float:
    """Returns which share of the exact neighbors of some samples was found."""
    exact = Space.of(rows, "euclidean").nearest_of(some, NEAREST).indices
    pairs = zip(exact, found.indices[some], strict=True)
    return float(np.mean([np.isin(*pair).mean() for pair in pairs]))
