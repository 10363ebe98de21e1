"""The plane of a view's first two axes as a slice through the layer's space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.snapshot import Snapshot


def logits_on_plane(
    basis: Basis,
    snapshot: Snapshot,
    kernel: NDArray[np.floating],
    bias: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Returns the logits of an output layer on the plane through the picture's origin.

    The point (u, v) of the picture, in the basis' unit, is x = origin + u a1 + v a2 there, its
    scaling undone, and the logits x K + b are affine in u and v. It is a slice: a sample lies
    off the plane, and may be predicted as another class than the point that it is drawn at.

    Args:
        basis: Of the view.
        snapshot: Of the step, float32 (n_samples, n_units); where the view scales or centers
            each step by itself, what is undone depends on it.
        kernel: K of the step, (n_units, n_classes).
        bias: b of the step, (n_classes,).

    Returns:
        float64 (n_classes, 3): the logit of a class is its row times (1, u, v).

    Raises:
        UnsuitableDataError: The view's scaling cannot be undone.
    """
    gain, origin = basis.scaling.undo(snapshot)
    weights = gain[:, np.newaxis] * kernel.astype(np.float64)
    logits = np.zeros((kernel.shape[1], 3))
    logits[:, 0] = basis.origin(snapshot) @ weights + origin @ kernel + bias
    axes = basis.axes[:, :2]
    # A layer of one unit has one axis: nothing changes along the other.
    logits[:, 1 : 1 + axes.shape[1]] = (axes.T @ weights).T * basis.unit
    return logits
