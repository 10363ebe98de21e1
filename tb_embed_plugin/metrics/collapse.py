"""Neural collapse: how near a layer is to one point a class, at the corners of a simplex.

Papyan, Han & Donoho, PNAS 2020 (arXiv 2008.08186). It is defined on the training data at the
end of training; of held-out samples the same numbers are called NC-style. The means' mean, in
which every class weighs the same, is the center; M holds the class means less the center.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RCOND = 1e-6


@dataclass(frozen=True)
class ClassMeans:
    """The means of the classes that have samples.

    Attributes:
        classes: Their codes, ascending, int (n_present,).
        means: float64 (n_present, n_units).
    """

    classes: NDArray[np.integer]
    means: NDArray[np.float64]

    @property
    def centred(self) -> NDArray[np.float64]:
        """M', the means less their own mean, float64 (n_present, n_units)."""
        centred: NDArray[np.float64] = self.means - self.means.mean(axis=0)
        return centred


def class_means(snapshot: NDArray[np.floating], labels: NDArray[np.integer]) -> ClassMeans:
    """Returns the class means, in float64. O(n n_units).

    Args:
        snapshot: (n_samples, n_units).
        labels: Codes int (n_samples,).
    """
    classes = np.unique(labels[labels >= 0])
    means = [snapshot[labels == code].mean(axis=0, dtype=np.float64) for code in classes]
    units = snapshot.shape[1]
    return ClassMeans(classes, np.array(means).reshape(len(classes), units))


def nc1(
    snapshot: NDArray[np.floating], labels: NDArray[np.integer], means: ClassMeans
) -> float:
    """Returns the spread within the classes over that between them.

    tr(S_W S_B⁺) / C: S_W the covariance of the samples about their class means, S_B that of
    the means about their center, ⁺ its pseudo-inverse, C the number of classes. No unit; 0
    where every class is one point. As ‖(X - means) M⁺‖² / n, O(n n_units C).

    Returns:
        NaN where there are fewer than two classes, or their means coincide.
    """
    centred = means.centred
    if len(centred) < 2 or not np.linalg.norm(centred) > 0:
        return np.nan
    known = np.flatnonzero(labels >= 0)
    inverse = np.linalg.pinv(centred, rcond=_RCOND)
    # The products first: (n, C) instead of (n, n_units) numbers are subtracted and squared.
    scores = snapshot[known] @ inverse
    own = (means.means @ inverse)[np.searchsorted(means.classes, labels[known])]
    return float(((scores - own) ** 2).sum() / len(known))


@dataclass(frozen=True)
class Simplex:
    """How far the class means are from the corners of a simplex (NC2); 0 where they are there.

    Attributes:
        norms: Standard deviation over mean of their distances to the center.
        angles: Standard deviation of the cosines between them, seen from the center.
        maximal: Mean of |cos + 1 / (C - 1)| over the pairs.
    """

    norms: float
    angles: float
    maximal: float


def nc2(means: ClassMeans) -> Simplex:
    """Returns how far the class means are from the corners of a simplex. O(C² n_units).

    Returns:
        NaN where there are fewer than two classes, or a mean lies at the center.
    """
    centred = means.centred
    lengths = np.linalg.norm(centred, axis=1)
    if len(centred) < 2 or not lengths.min() > 0:
        return Simplex(np.nan, np.nan, np.nan)
    directions = centred / lengths[:, None]
    first, second = np.triu_indices(len(centred), 1)
    cosines = (directions @ directions.T)[first, second]
    return Simplex(
        norms=float(lengths.std() / lengths.mean()),
        angles=float(cosines.std()),
        maximal=float(np.abs(cosines + 1 / (len(centred) - 1)).mean()),
    )


def nc3(means: ClassMeans, kernel: NDArray[np.floating]) -> float:
    """Returns how far the output layer's weights are from the class means.

    ‖W / ‖W‖ - M / ‖M‖‖, Frobenius norms; from 0, the same up to a factor, to 2. O(C n_units).

    Args:
        means: Of all classes that the output layer knows, code c for its column c.
        kernel: W, (n_units, n_classes).

    Returns:
        NaN where a class has no samples, or either is zero.
    """
    m = means.centred
    w = kernel.T.astype(np.float64)
    sizes = np.linalg.norm(w), np.linalg.norm(m)
    if m.shape != w.shape or not min(sizes) > 0:
        return np.nan
    return float(np.linalg.norm(w / sizes[0] - m / sizes[1]))


def nc4(
    snapshot: NDArray[np.floating], predicted: NDArray[np.integer], means: ClassMeans
) -> float:
    """Returns the share of samples whose prediction is not the class of the nearest mean.

    O(n n_units C).

    Args:
        snapshot: (n_samples, n_units).
        predicted: The model's class of each sample, int (n_samples,), negative without one.
        means: The class means, codes as in `predicted`.

    Returns:
        In [0, 1]; NaN where there are fewer than two classes or no predictions.
    """
    known = predicted >= 0
    if len(means.classes) < 2 or not known.any():
        return np.nan
    nearest = nearest_class(snapshot[known], means)
    return float((nearest != predicted[known]).mean())


def nearest_class(snapshot: NDArray[np.floating], means: ClassMeans) -> NDArray[np.integer]:
    """Returns the code of the class mean nearest to each sample. O(n n_units C)."""
    centre = means.means.mean(axis=0)
    m = means.means - centre
    # |x - m|² without |x|², which is the same for all classes; about the center, so that no
    # common offset costs digits.
    distances = (m**2).sum(axis=1) - 2 * (snapshot @ m.T - centre @ m.T)
    nearest: NDArray[np.integer] = means.classes[distances.argmin(axis=1)]
    return nearest
