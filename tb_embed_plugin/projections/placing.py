"""What placing samples among landmarks needs beside a snapshot: labels, and who searches."""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_embed_plugin.projections.cell_search import CellsInThreads, CellWork
from tb_embed_plugin.projections.engine import Codes


@dataclass(frozen=True)
class Placing:
    """How samples are placed among landmarks.

    Attributes:
        labels: Classes of which small ones have more landmarks than their share, (n_samples,),
            negative where a sample has none; None where landmarks are drawn evenly.
        work: By whom neighbors are searched.
    """

    labels: Codes | None = None
    work: CellWork = field(default_factory=CellsInThreads)
