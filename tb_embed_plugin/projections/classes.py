"""Axes that separate the classes of a column: the plane of their means, and Fisher's LDA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import TooMuchAskedError, UnsuitableDataError
from tb_embed_plugin.metadata import MAX_OUTPUT_CLASSES
from tb_embed_plugin.projections.basis import (
    N_AXES,
    Basis,
    complete,
    fix_signs,
    principal_axes,
)
from tb_embed_plugin.projections.blocks import SnapshotOf
from tb_embed_plugin.projections.engine import Codes, Settings
from tb_embed_plugin.projections.leading_axes import WIDE, Pairs, leading
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.partitions import merged
from tb_embed_plugin.projections.row_sums import RowSums, Scaled, by_step, sums_here
from tb_embed_plugin.projections.scaling import About, Scaling
from tb_embed_plugin.snapshot import Snapshot

_NOTHING = 1e-12
"""Below this share of the variance, a difference of means is rounding."""


@dataclass(frozen=True)
class _Scatter:
    """Moments of the labeled rows of the basis steps.

    Attributes:
        mean: float64 (n_units,).
        covariance: float64 (n_units, n_units), of all rows together.
        between: That of the class means about their mean, averaged over steps.
        within: That of the rows about their class's mean of their step.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]


@dataclass(frozen=True)
class ClassSums:
    """Sums over the labeled rows of a partition.

    Attributes:
        moments: Their moments.
        sums: Of each class, about the origin of `moments`, float64 (n_classes, n_units).
        counts: Rows of each class, (n_classes,).
    """

    moments: Moments
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    def about(self, origin: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the sums about another origin."""
        if not self.moments.count:
            return self.sums
        return self.sums + np.outer(self.counts, self.moments.origin - origin)


@dataclass(frozen=True)
class SumClasses:
    """Sums over the scaled rows of a partition that have a class.

    Attributes:
        scaling: How activations are scaled.
        about: The step's, see `Scaling.blocks`.
        codes: The classes of the partition's rows, negative where one has none.
        n_classes: How many classes there are.
    """

    scaling: Scaling
    about: About | None
    codes: NDArray[np.int16]
    n_classes: int

    def __call__(self, step: int, rows: Snapshot) -> ClassSums:
        """Returns those of some rows of a step."""
        moments, sums = Moments(), np.zeros((self.n_classes, rows.shape[1]))
        for where, block in self.scaling.finite_blocks(step, rows, self.about):
            # By class, so that a class's rows lie together and are summed in one go.
            order = np.argsort(self.codes[where], kind="stable")
            order = order[self.codes[where][order] >= 0]
            if not len(order):
                continue
            labelled = block[order]
            moments.add(labelled)
            present, starts = np.unique(self.codes[where][order], return_index=True)
            sums[present] += np.add.reduceat(labelled - moments.origin, starts)
        known = self.codes[self.codes >= 0]
        return ClassSums(moments, sums, np.bincount(known, minlength=self.n_classes))


def fit(
    snapshot_of: SnapshotOf,
    steps: Sequence[int],
    codes: Codes,
    settings: Settings,
    sums: RowSums | None = None,
) -> Basis:
    """Returns the basis that separates classes, of kind `class_means` or `lda`.

    `class_means` is the PCA of the class means of all basis steps, each about the mean of its
    step's, each class counting once.

    `lda` is Fisher's linear discriminant analysis. The covariance inside classes is regularised
    as in Friedman (1989), "Regularized Discriminant Analysis", JASA 84: (1 - shrinkage) times
    it, plus shrinkage times the mean variance of a unit on the diagonal, so that units that are
    constant or say the same divide nothing by zero. The discriminant directions are then
    orthonormalised in their order, so that distances on screen stay those of the layer: k axes
    span what k directions span, and the first axis is the first direction.

    At most n_classes - 1 axes come from the classes. Samples without a class take no part.

    Args:
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: The basis steps, one or more.
        codes: Class of each sample, (n_samples,); negative where it has none.
        settings: Of the engine `axes`, complete and checked.
        sums: Who makes sums over rows; this process if left out.

    Raises:
        TooMuchAskedError: There are too many units or classes.
        UnsuitableDataError: A snapshot holds NaN or infinity, there is but one class, or the
            means of the classes do not differ.
    """
    classes, numbers = np.unique(codes[codes >= 0], return_inverse=True)
    if len(classes) < 2:
        raise UnsuitableDataError(
            f"the samples have {len(classes)} classes, but class axes need at least two; "
            "choose another column, or the engine pca"
        )
    if len(classes) > MAX_OUTPUT_CLASSES:
        raise TooMuchAskedError(
            f"the column has {len(classes)} classes, but at most {MAX_OUTPUT_CLASSES} are "
            "allowed; choose a column with fewer"
        )
    compact = np.full(len(codes), -1, np.int16)
    compact[codes >= 0] = numbers
    sums = sums_here(snapshot_of) if sums is None else sums
    scaled = Scaled.fit(sums, steps, settings)
    lda = settings["kind"] == "lda"
    counts = np.bincount(numbers)
    weights = counts / counts.sum() if lda else np.full(len(counts), 1 / len(counts))
    scatter = _scatter(sums, steps, scaled, compact, weights)
    if np.trace(scatter.between) <= _NOTHING * np.trace(scatter.covariance):
        raise UnsuitableDataError(
            f"the means of all {len(classes)} classes are equal at the basis steps; choose "
            "another column or other basis_steps"
        )
    n_axes = min(len(classes) - 1, N_AXES)
    if lda:
        leading = _discriminants(scatter, n_axes, float(settings["shrinkage"]))
    else:
        leading = principal_axes(scatter.between, n_axes)
        # Where the means lie in a space of fewer dimensions the rest goes to the remainder.
        shown = np.einsum("ij,ij->j", leading, scatter.between @ leading)
        leading = leading[:, shown > _NOTHING * np.trace(scatter.between)]
    return complete(
        leading,
        scatter.mean,
        scatter.covariance,
        scaled.scaling,
        center_steps=bool(settings["center_steps"]),
    )


def _scatter(
    sums: RowSums,
    steps: Sequence[int],
    scaled: Scaled,
    codes: NDArray[np.int16],
    weights: NDArray[np.float64],
) -> _Scatter:
    """Streams over the steps; keeps one mean a class, and n_units² numbers."""
    counts = np.bincount(codes[codes >= 0])
    total = Moments()
    between: NDArray[np.float64] | float = 0.0
    step_means = []

    def of(step: int, part: slice) -> SumClasses:
        return SumClasses(scaled.scaling, scaled.about.get(step), codes[part], len(counts))

    found = sums(of, steps)
    for _, parts in by_step(found):
        of_classes: NDArray[np.float64] | float = 0.0
        for part in parts:
            total = merged([total, part.moments])
            of_classes = of_classes + part.about(total.origin)
        means = of_classes / counts[:, np.newaxis]
        apart = (means - weights @ means) * np.sqrt(weights)[:, np.newaxis]
        between = between + apart.T @ apart / len(steps)
        step_means.append(counts @ means / counts.sum())
    covariance = total.covariance()
    drift = np.cov(np.stack(step_means), rowvar=False, bias=True).reshape(covariance.shape)
    matrix = np.asarray(between)
    return _Scatter(total.mean(), covariance, matrix, covariance - drift - matrix)


def _discriminants(scatter: _Scatter, n_axes: int, shrinkage: float) -> NDArray[np.float64]:
    # SciPy takes a moment to import, and few need it.
    from scipy.linalg import eigh

    units = len(scatter.mean)
    variance = float(np.trace(scatter.within)) / units
    if variance * units <= _NOTHING * np.trace(scatter.covariance):
        raise UnsuitableDataError(
            "all samples of each class are equal, so LDA cannot tell their spread; use "
            "the kind class_means"
        )
    within = (1 - shrinkage) * scatter.within
    within.flat[:: units + 1] += shrinkage * variance
    if (found := _few_discriminants(scatter.between, within, n_axes)) is not None:
        ratios, directions = found
    else:
        ratios, directions = eigh(
            scatter.between, within, subset_by_index=(max(0, units - n_axes), units - 1)
        )
        ratios, directions = ratios[::-1], directions[:, ::-1]
    kept = directions[:, ratios > _NOTHING * ratios[0]]
    return fix_signs(np.linalg.qr(kept)[0])


def _few_discriminants(
    between: NDArray[np.float64], within: NDArray[np.float64], n_axes: int
) -> Pairs | None:
    """Returns the same of a wide layer without all other directions, None where it is not."""
    from scipy.linalg import cholesky, solve_triangular

    if len(between) <= WIDE:
        return None
    root = cholesky(within, lower=True)

    def apply(columns: NDArray[np.float64]) -> NDArray[np.float64]:
        inner = between @ solve_triangular(root, columns, lower=True, trans="T")
        return np.asarray(solve_triangular(root, inner, lower=True))

    found = leading(apply, len(between), n_axes)
    if found is None:
        return None
    return found[0], solve_triangular(root, found[1], lower=True, trans="T")
