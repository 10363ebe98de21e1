"""The share of samples whose label most of their neighbors have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.engine import Codes

_BLOCK_VALUES = 1 << 22
"""Votes counted at a time."""


def vote_accuracy(
    codes: Codes, queries: NDArray[np.intp], near: NDArray[np.int32]
) -> float | None:
    """Returns the share of labeled queries that the vote of their neighbors gets right.

    The smallest of the codes that have most votes wins, as in scikit-learn; neighbors
    without a label do not vote. None where there are no labels of two classes or more.

    Args:
        codes: Class of each sample, (n_samples,); negative where it has none.
        queries: The samples whose labels are voted on, (n_queries,).
        near: Their neighbors, (n_queries, k).
    """
    labelled = codes[queries] >= 0
    truth, near = codes[queries][labelled], near[labelled]
    # Where all are alike, anything would be right.
    if not len(truth) or truth.min() == truth.max():
        return None
    right = 0
    classes = int(codes.max()) + 1
    rows = max(1, _BLOCK_VALUES // (classes + 1))
    for start in range(0, len(truth), rows):
        voters = codes[near[start : start + rows]]
        votes = np.zeros((len(voters), classes + 1), np.int32)
        # What has no label votes for a class of its own, which is left out.
        np.add.at(
            votes,
            (np.arange(len(voters))[:, np.newaxis], np.where(voters < 0, classes, voters)),
            1,
        )
        right += int((votes[:, :classes].argmax(axis=1) == truth[start : start + rows]).sum())
    return right / len(truth)
