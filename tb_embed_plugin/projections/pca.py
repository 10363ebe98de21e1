"""PCA of all steps at once: one basis, so that frames can be compared.

The units of a network keep their identity while it trains, so the snapshots of all steps may
be pooled. A basis per step would flip and turn from frame to frame; on MNIST that moves the
points ten times as far as the training does (docs/choices.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tb_embed_plugin.projections.basis import BASIS_STEPS, N_AXES, Basis, fix_signs
from tb_embed_plugin.projections.blocks import SnapshotOf
from tb_embed_plugin.projections.engine import Engine, Settings
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.scaling import PARAMETERS, UNSCALED, Scaling

ENGINE = Engine(
    name="pca",
    title="PCA",
    components=(2, 3, 10),
    parameters=(BASIS_STEPS, *PARAMETERS),
)


def fit(snapshot_of: SnapshotOf, steps: Sequence[int], settings: Settings = UNSCALED) -> Basis:
    """Returns the basis of pooled snapshots: eigenvectors of their covariance.

    The covariance is accumulated in float64 about the first row, so that a large common
    offset costs no digits. One pass, two where the activations are scaled; n_units² memory.

    Args:
        snapshot_of: Gives the snapshot of a step, float32 (n_samples, n_units).
        steps: The basis steps, one or more.
        settings: Of the engine; the scaling's are read here.

    Returns:
        Axes by falling variance; the entry of largest magnitude of each is positive.

    Raises:
        TooMuchAskedError: The layer is wider than `MAX_UNITS`.
        UnsuitableDataError: A snapshot holds NaN or infinity; the message names its step.
    """
    scaling = Scaling.fit(snapshot_of, steps, settings)
    moments = Moments()
    for _, block in scaling.stream(snapshot_of, steps):
        moments.add(block)
    covariance = moments.covariance()
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    axes = fix_signs(eigenvectors[:, ::-1][:, :N_AXES])
    return Basis(
        mean=moments.mean(),
        axes=axes,
        variance=np.maximum(eigenvalues[::-1][:N_AXES], 0),
        total_variance=float(np.trace(covariance)),
        leading=axes.shape[1],
        scaling=scaling,
    )
