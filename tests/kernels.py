"""Kernel alignment by its definitions, n_samples x n_samples, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def biased_cka(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Kornblith et al. 2019, by the centred Gram matrices."""
    k, m = _gram(x), _gram(y)
    h = np.eye(len(k)) - 1 / len(k)
    k, m = h @ k @ h, h @ m @ h
    return float((k * m).sum() / (np.linalg.norm(k) * np.linalg.norm(m)))


def debiased_cka(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Murphy et al. 2024, of the unbiased estimates of HSIC."""
    return unbiased_hsic(x, y) / float(np.sqrt(unbiased_hsic(x, x) * unbiased_hsic(y, y)))


def unbiased_hsic(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Song et al. 2012, equation 5, as it stands."""
    k, m = _gram(x), _gram(y)
    n, one = len(k), np.ones(len(k))
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    whole = np.trace(k @ m)
    whole += (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    whole -= 2 / (n - 2) * (one @ k @ m @ one)
    return float(whole / (n * (n - 3)))


def _gram(rows: NDArray[Any]) -> NDArray[np.float64]:
    # The mean changes no value here, and costs digits where it is large.
    exact = rows.astype(np.float64)
    exact = exact - exact.mean(axis=0)
    return np.asarray(exact @ exact.T)
