"""A picture of a layer at a step: the first two axes of the PCA of all steps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.linear_projection import LayerData, basis_key, first_projection, fit
from tb_embed_plugin.lru_cache import LruCache
from tb_embed_plugin.projections.basis import Basis

SIDE = 800
"""Pixels."""

_MARGIN = 24
_COLORS = (
    "#866e07",
    "#035d35",
    "#042ecc",
    "#bf7eac",
    "#05927b",
    "#a356fb",
    "#da2665",
    "#920f02",
    "#d47c46",
    "#426da7",
)
"""Those of the page's classes."""

_GREY = "#757575"
_RING = "#212121"
_DOT, _RINGED = 2.0, 6.0
"""Radii in pixels."""


@dataclass(frozen=True)
class Drawn:
    """A picture.

    Attributes:
        png: The file.
        colors: The color of each class that has one.
        grey: How many samples are grey: those without a label, and of classes beyond ten.
        shares: Shares of the variance that the two axes explain.
    """

    png: bytes
    colors: dict[str, str]
    grey: int
    shares: list[float]


def draw(
    measures: LayerMetrics, step: int, marked: Sequence[int], bases: LruCache[Basis]
) -> Drawn:
    """Draws the samples that are shown.

    Args:
        measures: The layer's.
        step: A step that is drawable.
        marked: Samples around which is a ring.
        bases: Axes that were fitted before.

    Raises:
        EmbedError: A snapshot cannot be read.
    """
    layer = LayerData(measures.run, measures.facts.name)
    projection = first_projection(layer.run, layer.name)
    basis = bases.get(basis_key(projection, layer), lambda: fit(projection, layer))
    frame = basis.project(layer.snapshot(step), 2)
    shown = measures.facts.shown
    codes = measures.labels.codes[shown]
    codes = np.where((codes >= 0) & (codes < len(_COLORS)), codes, len(_COLORS))
    pixels = _pixels(frame)
    palette = np.array([_rgb(color) for color in (*_COLORS, _GREY)], np.uint8)
    canvas = np.full((SIDE, SIDE, 3), 255, np.uint8)
    _stamp(canvas, pixels, palette[codes], _DOT)
    rows = np.flatnonzero(np.isin(shown, marked))
    _stamp(canvas, pixels[rows], np.array(_rgb(_RING), np.uint8), _RINGED, _RINGED - 2)
    body = io.BytesIO()
    Image.fromarray(canvas).save(body, "PNG")
    names = measures.labels.names[: len(_COLORS)]
    return Drawn(
        body.getvalue(),
        dict(zip(names, _COLORS, strict=False)),
        int(np.count_nonzero(codes == len(_COLORS))),
        [float(share) for share in basis.shares(2)] if basis.total_variance > 0 else [],
    )


def _pixels(frame: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns the pixel of each sample, (n, 2), one scale for both axes, upwards up."""
    places = frame.astype(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float((high - low).max()) or 1.0
    inside = (places - (low + high) / 2) / extent * (SIDE - 2 * _MARGIN) * np.array([1, -1])
    pixels: NDArray[np.int64] = np.rint(inside + SIDE / 2).astype(np.int64)
    return pixels


def _stamp(
    canvas: NDArray[np.uint8],
    pixels: NDArray[np.int64],
    colors: NDArray[np.uint8],
    radius: float,
    hole: float = -1,
) -> None:
    """Draws a disk or a ring at each of the pixels, all of which have the margin around."""
    reach = int(radius)
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            if hole < np.hypot(dx, dy) <= radius:
                canvas[pixels[:, 1] + dy, pixels[:, 0] + dx] = colors


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
