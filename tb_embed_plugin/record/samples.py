"""The samples that a run follows: inputs, metadata, thumbnails, fingerprint.

Everything about them that can be wrong is found here, when the callback is made, and not
after the first epoch of a training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.runs.metadata_table import Column, index_column, label_column
from tb_embed_plugin.runs.sprites import prepare_images

MAX_CATEGORIES = 1000
"""A string column with more distinct words than this is text."""


@dataclass(frozen=True)
class Samples:
    """What is recorded once for a run.

    Attributes:
        x: The model's input (n_samples, ...), floating point in Keras' `floatx`.
        columns: The metadata, `index` first.
        images: uint8 (n_samples, height, width, channels), or None.
        fingerprint: Hash of inputs and metadata.
    """

    x: NDArray[np.generic]
    columns: tuple[Column, ...]
    images: NDArray[np.uint8] | None
    fingerprint: str


def prepare_samples(
    x: ArrayLike,
    *,
    floatx: str,
    labels: ArrayLike | None,
    images: ArrayLike | Literal[False] | None,
    metadata: Mapping[str, Sequence[object]] | None,
    image_shape: tuple[int, ...] | None,
    invert_images: bool,
) -> Samples:
    """Checks the callback's arguments and brings them into the form that is recorded.

    Args:
        x: As in `EmbeddingCheckpoint`, like all that follow but the next.
        floatx: The dtype in which Keras feeds floating-point inputs to the model.
        labels: One label a sample.
        images: Thumbnails, None for those in `x`, False for none.
        metadata: More columns.
        image_shape: Shape of each row of a flat `x`.
        invert_images: Turns light into dark.

    Raises:
        MisuseError: They do not fit each other or cannot be recorded.
    """
    inputs = _inputs(x, floatx)
    columns = _columns(len(inputs), labels, metadata)
    return Samples(
        x=inputs,
        columns=columns,
        images=_images(inputs, images, image_shape, invert_images=invert_images),
        fingerprint=_fingerprint(inputs, columns),
    )


def _inputs(x: ArrayLike, floatx: str) -> NDArray[np.generic]:
    array = np.asarray(x)
    if array.dtype.kind not in "biuf" or array.ndim < 1 or not len(array):
        raise MisuseError(
            "expected x as an array of numbers (n_samples, ...) with a sample or more; "
            f"received {type(x).__name__} of shape {array.shape} and dtype {array.dtype}; "
            "pass the inputs as one NumPy array"
        )
    return array.astype(floatx, copy=False) if array.dtype.kind == "f" else array


def _columns(
    n_samples: int,
    labels: ArrayLike | None,
    metadata: Mapping[str, Sequence[object]] | None,
) -> tuple[Column, ...]:
    columns = {"index": index_column(n_samples)}
    if labels is not None:
        values = np.squeeze(np.asarray(labels))
        if values.ndim != 1:
            raise MisuseError(
                "expected labels of shape (n_samples,); received "
                f"{np.shape(labels)}; pass one label a sample"
            )
        columns["label"] = label_column(values.tolist())
    for name, cells in (metadata or {}).items():
        columns[name] = _column(str(name), cells)
    for column in columns.values():
        if len(column.cells) != n_samples:
            raise MisuseError(
                f"expected {n_samples} values in column {column.name!r}, one a sample of "
                f"x; received {len(column.cells)}; pass as many"
            )
    return tuple(columns.values())


def _column(name: str, cells: Sequence[object]) -> Column:
    values = ["" if _is_missing(cell) else str(cell) for cell in cells]
    kinds = np.asarray([cell for cell in cells if not _is_missing(cell)]).dtype.kind
    if kinds in "iuf":
        return Column(name, "number", values)
    is_text = len(set(values)) > MAX_CATEGORIES
    return Column(name, "text" if is_text else "category", values)


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float | np.floating) and bool(np.isnan(cell)))


def _images(
    x: NDArray[np.generic],
    images: ArrayLike | Literal[False] | None,
    image_shape: tuple[int, ...] | None,
    *,
    invert_images: bool,
) -> NDArray[np.uint8] | None:
    if images is False:
        return None
    if images is not None:
        array = np.asarray(images)
    elif image_shape is not None:
        array = _reshaped(x, image_shape)
    elif _has_image_shape(x):
        array = x
    else:
        return None
    if len(array) != len(x):
        raise MisuseError(
            f"expected {len(x)} images, one a sample of x; received {len(array)}; pass as many"
        )
    return prepare_images(array, invert_images=invert_images)


def _reshaped(x: NDArray[np.generic], image_shape: tuple[int, ...]) -> NDArray[np.generic]:
    if x[0].size != np.prod(image_shape):
        raise MisuseError(
            f"expected an image_shape of {x[0].size} values, as a sample of x has; "
            f"received {image_shape}; pass images= where x holds something else"
        )
    return x.reshape(len(x), *image_shape)


def _has_image_shape(x: NDArray[np.generic]) -> bool:
    """Whether x looks like images: two sides of 8 pixels or more, 1, 3 or 4 channels."""
    channels = x.shape[3:] in ((1,), (3,), (4,)) or x.ndim == 3
    return channels and min(x.shape[1:3]) >= 8


def _fingerprint(x: NDArray[np.generic], columns: tuple[Column, ...]) -> str:
    digest = hashlib.sha256(f"{x.shape} {x.dtype}".encode())
    digest.update(np.ascontiguousarray(x).tobytes())
    for column in columns:
        digest.update(repr((column.name, list(column.cells))).encode())
    return digest.hexdigest()[:32]
