"""Neighborhoods of samples: the label of the neighbors, their agreement, their change.

The graph of neighbors is given: int (n_samples, k), row i the k nearest other samples of
sample i. It is exact and comes from elsewhere; all here costs O(n k) on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_LABEL = -1
"""The label of a neighborhood in which no sample has one."""

_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Votes:
    """What the neighbors of each sample vote for.

    Attributes:
        label: int32 (n_samples,), the most frequent label among the neighbors, the lowest
            code of equals; `NO_LABEL` where no neighbor has a label.
        share: float32 (n_samples,) in [0, 1], the share of the k neighbors that have it; NaN
            without neighbors.
        own: float32 (n_samples,) in [0, 1], the share that has the sample's own label; NaN
            where the sample has none, and without neighbors.
    """

    label: NDArray[np.int32]
    share: NDArray[np.float32]
    own: NDArray[np.float32]


def vote(labels: NDArray[np.integer], neighbors: NDArray[np.integer]) -> Votes:
    """Returns what the neighbors of each sample vote for.

    The leave-one-out k-NN classifier (Cover & Hart 1967). O(n (k + n_classes)), in blocks.

    Args:
        labels: Codes int (n_samples,).
        neighbors: int (n_samples, k).
    """
    n, k = neighbors.shape
    if k == 0:
        nothing = np.full(n, np.nan, np.float32)
        return Votes(np.full(n, NO_LABEL, np.int32), nothing, nothing)
    n_classes = max(int(labels.max(initial=-1)) + 1, 1)
    label = np.empty(n, np.int32)
    share, own = np.empty(n, np.float32), np.empty(n, np.float32)
    rows = max(1, _BLOCK_VALUES // n_classes)
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        counts = _count(labels[neighbors[part]], n_classes)
        most = counts.max(axis=1)
        label[part] = np.where(most > 0, counts.argmax(axis=1), NO_LABEL)
        share[part] = most / k
        mine = labels[part]
        row, known = np.arange(len(mine)), mine >= 0
        own[part] = np.where(known, counts[row, np.maximum(mine, 0)] / k, np.nan)
    return Votes(label, share, own)


def accuracy(labels: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Returns the share of the labeled samples whose prediction is their label.

    With `Votes.label` this is the leave-one-out k-NN accuracy, with a model's classes the
    model's. In [0, 1], NaN without labels; O(n).
    """
    known = labels >= 0
    return float((labels[known] == predicted[known]).mean()) if known.any() else np.nan


def mixing(
    labels: NDArray[np.integer], neighbors: NDArray[np.integer], n_classes: int
) -> NDArray[np.float64]:
    """Returns which classes the neighbors of each class belong to.

    Entry (a, b) is the share of b among the labeled neighbors of the samples of a; a row
    sums to 1, or is NaN where a class has no sample. Two classes of equal size that lie one
    upon the other have 0.5 in all four places. O(n k + n_classes²).

    Returns:
        float64 (n_classes, n_classes).
    """
    given = np.repeat(labels, neighbors.shape[1])
    found = labels[neighbors].ravel()
    known = (given >= 0) & (found >= 0)
    pairs = given[known].astype(np.int64) * n_classes + found[known]
    counts = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)


def churn(before: NDArray[np.integer], after: NDArray[np.integer]) -> NDArray[np.float32]:
    """Returns the share of each sample's neighbors that are no longer the same.

    1 - |N_before ∩ N_after| / k, the complement of the overlap of neighborhoods (see the
    survey of Klabunde et al., arXiv 2305.06329). O(n k²).

    Args:
        before: int (n_samples, k).
        after: int (n_samples, k), the same samples and k.

    Returns:
        float32 (n_samples,) in [0, 1]; NaN without neighbors.
    """
    n, k = after.shape
    if k == 0 or before.shape[1] == 0:
        return np.full(n, np.nan, np.float32)
    kept = np.empty(n, np.int64)
    rows = max(1, _BLOCK_VALUES // k**2)
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        same = before[part, :, None] == after[part, None, :]
        kept[part] = same.sum(axis=(1, 2))
    return np.asarray(1 - kept / k, np.float32)


def _count(found: NDArray[np.integer], n_classes: int) -> NDArray[np.int64]:
    """Returns how often each class occurs in each row of labels, int64 (rows, n_classes)."""
    rows = np.repeat(np.arange(len(found)), found.shape[1])
    flat = found.ravel()
    known = flat >= 0
    cells = rows[known] * n_classes + flat[known]
    counts: NDArray[np.int64] = np.bincount(cells, minlength=len(found) * n_classes)
    return counts.reshape(len(found), n_classes)
