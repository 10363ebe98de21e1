"""The random subsample that is recorded of more than `max_samples` samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.input_arrays import Rows
from tb_embed_plugin.wording import as_typed


def subsample_rows(
    count: int, max_samples: int | None, categories: Sequence[str] | None, seed: int
) -> Rows | None:
    """Chooses samples at random, stratified by category.

    Args:
        count: Number of samples.
        max_samples: Number of samples to choose at most; None for all.
        categories: The category of each sample, (count,); None for a plain random choice.
        seed: Seed of the random choice; the same seed and labels give the same samples.

    Returns:
        Ascending row numbers, (max_samples,); None where all samples stay. Each category has
        its rounded share, and at least one sample where `max_samples` allows.

    Raises:
        MisuseError: `max_samples` is not a positive whole number.
    """
    if max_samples is None:
        return None
    is_whole = isinstance(max_samples, int | np.integer) and not isinstance(max_samples, bool)
    if not is_whole or max_samples < 1:
        raise MisuseError(
            "max_samples must be a whole number of at least 1, not "
            f"{as_typed(max_samples)}; pass None to record all samples"
        )
    if count <= max_samples:
        return None
    rng = np.random.default_rng(seed)
    if categories is None:
        return np.sort(rng.choice(count, max_samples, replace=False))
    _, codes, sizes = np.unique(categories, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(sizes)[:-1])
    chosen = [
        rng.choice(rows, share, replace=False)
        for rows, share in zip(members, _shares(sizes, max_samples, rng), strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def _shares(sizes: Rows, total: int, rng: np.random.Generator) -> Rows:
    """Divides `total` in proportion to `sizes`, by largest remainders; at least one each."""
    exact = total * sizes / sizes.sum()
    shares: Rows = np.floor(exact).astype(np.intp)
    if len(sizes) <= total:
        shares[shares == 0] = 1
    left = total - shares.sum()
    if left > 0:
        any_order = rng.permutation(len(sizes))  # among equal remainders
        largest = np.argsort((shares - exact)[any_order], kind="stable")[:left]
        shares[any_order[largest]] += 1
    while shares.sum() > total:  # the rare categories took from the common ones
        shares[np.argmax(np.where(shares > 1, shares - exact, -np.inf))] -= 1
    return shares
