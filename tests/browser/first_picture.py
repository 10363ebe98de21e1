"""What the first picture is worth: the room it takes, and the labels that it tells apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from tests.browser.tab import Tab

NEIGHBORS = 15


def filled(tab: Tab) -> tuple[float, float]:
    """How much of the stage's width and height the middle 98 % of the samples take."""
    canvas = tab.canvas.bounding_box()
    assert canvas is not None
    low, high = np.nanquantile(tab.positions(), [0.01, 0.99], axis=0)
    width, height = (high - low) / (canvas["width"], canvas["height"])
    return float(width), float(height)


def labels_told(plane: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The share of samples whose label most of their neighbors in the plane have."""
    search = KNeighborsClassifier(NEIGHBORS).fit(plane, labels)
    # Without rows to look for, scikit-learn leaves each sample itself out.
    votes = labels[search.kneighbors(return_distance=False)]
    return float(np.mean([np.bincount(row).argmax() for row in votes] == labels))


def assert_worth_a_look(
    tab: Tab, activations: NDArray[np.floating], labels: NDArray[np.integer]
) -> None:
    """Checks the picture of a step against the step's own principal components.

    Args:
        tab: The page, in two dimensions, with all samples of the step on its stage.
        activations: Those of the step, (n_samples, n_units).
        labels: The label of each sample, (n_samples,).
    """
    # Both axes have one scale: the samples' shape decides about the other.
    less, more = sorted(filled(tab))
    assert more >= 0.8
    assert less >= 0.55
    own = PCA(2, svd_solver="full").fit_transform(activations)
    assert labels_told(tab.positions(), labels) >= labels_told(own, labels) - 0.01
