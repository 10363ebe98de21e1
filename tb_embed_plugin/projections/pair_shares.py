"""Shares of all pairs of queries and rows, which several processes can work on.

Where they end depends on the numbers of queries and rows alone, whoever works on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tb_embed_plugin.projections.neighbor_search import SHARE_PAIRS, Found, merged

LEAST_QUERIES = 256
"""Queries of a share at least, where there are as many: its rows are made ready for them."""


@dataclass(frozen=True)
class PairShare:
    """A share of the pairs of queries and rows, that can be worked on apart.

    Attributes:
        queries: Which of the queries.
        parts: Which of the parts of the snapshot (`Space.parts`).
    """

    queries: slice
    parts: slice


def pair_shares(queries: int, parts: Sequence[slice]) -> list[PairShare]:
    """Returns shares of `SHARE_PAIRS` each, in the order of the queries, then of the parts.

    Args:
        queries: How many queries there are, one or more.
        parts: The rows in parts of about one size.
    """
    rows = parts[0].stop - parts[0].start
    height = min(queries, max(LEAST_QUERIES, SHARE_PAIRS // rows))
    some = max(1, SHARE_PAIRS // (height * rows))
    return [
        PairShare(slice(query, min(query + height, queries)), slice(part, part + some))
        for query in range(0, queries, height)
        for part in range(0, len(parts), some)
    ]


def merged_shares(found: Sequence[Found], shares: Sequence[PairShare], k: int) -> Found:
    """Returns the nearest rows of all queries; what `Space.find` has found of each share."""
    near: dict[int, Found] = {}
    for some, share in zip(found, shares, strict=True):
        before = near.get(share.queries.start)
        near[share.queries.start] = some if before is None else merged(before, some, k)
    return joined(near.values())


def joined(found: Iterable[Found]) -> Found:
    """Returns what is found of all queries; those of blocks are given in order."""
    rows, squares = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, squares
