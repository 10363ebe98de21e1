"""The recorded samples: inputs, metadata, thumbnails and fingerprint.

Mistakes in them are found here, when the callback is created, and not after the first epoch of
a training.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.batched_inputs import read_inputs
from tb_embed_plugin.recording.samples.class_names import ClassNames, class_names_by_number
from tb_embed_plugin.recording.samples.image_detection import detect_images
from tb_embed_plugin.recording.samples.input_arrays import (
    Inputs,
    Rows,
    arrays_of,
    as_array,
    hash_array,
)
from tb_embed_plugin.recording.samples.labels import flat_labels, label_columns, tags_of
from tb_embed_plugin.recording.samples.metadata_columns import metadata_columns
from tb_embed_plugin.recording.samples.shuffled_source import UnorderedError
from tb_embed_plugin.recording.samples.subsample import subsample_rows
from tb_embed_plugin.runs.images import Images, read_images
from tb_embed_plugin.runs.manifest import OutputsInfo
from tb_embed_plugin.runs.tables.metadata_table import Column, index_column
from tb_embed_plugin.wording import listed


@dataclass(frozen=True)
class Samples:
    """The samples of a run, which are recorded once.

    Attributes:
        x: The model's input: an array (count, ...), or a list, tuple or dict of such arrays.
            Floating point in Keras' `floatx`.
        count: Number of samples.
        columns: The metadata, `index` first: the row of each sample in the x that was given.
        images: `count` thumbnails, or None.
        fingerprint: Hash of inputs and metadata.
        class_names: The name of each class by its number, where they were given.
        given: Number of samples that they were chosen from.
        is_shuffled: Whether x gives them in another order each time, so that they are in the
            order of their hashes, and `index` is their place in it.
    """

    x: Any
    count: int
    columns: tuple[Column, ...]
    images: Images | None
    fingerprint: str
    class_names: Mapping[int, str] | None = None
    given: int = 0
    is_shuffled: bool = False

    @property
    def has_unnamed_words(self) -> bool:
        """Whether the labels are words and nothing says which class each is."""
        label = next((column for column in self.columns if column.name == "label"), None)
        if label is None or label.type != "category" or self.class_names is not None:
            return False
        return not all(re.fullmatch(r"-?\d*", cell, re.ASCII) for cell in label.cells)

    def check_mask(self, mask: object) -> None:
        """Raises where a mask has rows for samples that have no order.

        Raises:
            MisuseError: They are shuffled, and the mask is an array.
        """
        if self.is_shuffled and hasattr(mask, "__len__") and not isinstance(mask, str):
            raise MisuseError(
                "mask has a row for each sample, but x gives its samples in another order "
                "each time it is read; pass the mask as an input of the model, or x without "
                "shuffling"
            )

    def with_class_names(self, outputs: OutputsInfo | None) -> OutputsInfo | None:
        """Returns the description of the outputs with their class names, if given."""
        if outputs is None or self.class_names is None:
            return outputs
        words = tuple(self.class_names.get(number, "") for number in range(outputs.classes))
        return replace(outputs, names=words)


def prepare_samples(
    x: Any,
    *,
    floatx: str,
    labels: Any,
    images: ArrayLike | Literal[False] | None,
    metadata: Mapping[str, Sequence[object]] | Any | None,
    image_shape: tuple[int, ...] | None,
    invert_images: bool,
    class_names: ClassNames | None = None,
    max_samples: int | None = None,
    seed: int = 0,
) -> Samples:
    """Returns the callback's arguments as recorded samples, checked.

    Args:
        x: As in `EmbeddingCheckpoint`, like all other arguments but `floatx`.
        floatx: The dtype in which Keras feeds floating-point inputs to the model.
        labels: One label a sample; None for the y in the batches of x.
        images: Thumbnails, None for those in `x`, False for none.
        metadata: More columns.
        image_shape: Shape of each row of a flat `x`.
        invert_images: Draws the thumbnails as negatives.
        class_names: The name of each class.
        max_samples: Number of samples to record at most, stratified by label.
        seed: Seed of that choice.

    Raises:
        MisuseError: The arguments do not fit each other or cannot be recorded.
    """

    def prepared(inputs: Inputs, *, is_shuffled: bool) -> Samples:
        given = labels
        if labels is None and (metadata is None or "label" not in metadata):
            given = _labels_of(inputs)
        label = _label(given, inputs.count, class_names)
        categories = label[0].cells if label and label[0].type == "category" else None
        rows = subsample_rows(inputs.count, max_samples, categories, seed)
        taken = inputs.take(rows)
        columns = _columns(inputs.count, label, metadata, rows)
        columns += _text_columns(taken, columns)
        return Samples(
            x=taken,
            count=len(columns[0].cells),
            columns=columns,
            images=_images(
                taken, images, image_shape, inputs.count, rows, invert_images=invert_images
            ),
            fingerprint=fingerprint_of(taken, columns),
            class_names=None if class_names is None else class_names_by_number(class_names),
            given=inputs.count,
            is_shuffled=is_shuffled,
        )

    try:
        return prepared(read_inputs(x, floatx), is_shuffled=False)
    except UnorderedError as unordered:
        by_content = unordered.by_content()
        has_images = images is not None and images is not False
        if labels is not None or metadata is not None or has_images:
            raise
        return prepared(by_content, is_shuffled=True)


def _labels_of(inputs: Inputs) -> NDArray[np.generic] | None:
    """Returns the y in the batches of x where it holds labels of the samples."""
    y = inputs.y
    is_label = y is not None and (tags_of(y) is not None or flat_labels(y) is not None)
    return y if is_label else None


def _label(labels: Any, count: int, class_names: ClassNames | None) -> list[Column]:
    if labels is not None:
        return label_columns(labels, count, class_names)
    if class_names is not None:
        raise MisuseError(
            "class_names needs labels to name, but there are none; pass labels= as well"
        )
    return []


def _columns(
    count: int, label: list[Column], metadata: Any, rows: Rows | None
) -> tuple[Column, ...]:
    columns = [index_column(count), *label]
    if rows is not None:
        columns = [Column(c.name, c.type, [c.cells[i] for i in rows]) for c in columns]
    if metadata is not None:
        columns += metadata_columns(metadata, count, rows)
    names = [column.name for column in columns]
    twice = [column.name for column in label if names.count(column.name) > 1]
    if twice:
        raise MisuseError(
            f"metadata must not have a column {twice[0]!r} besides the labels (its columns are "
            f"{listed(names[1 + len(label) :])}); rename it, or record x without its labels"
        )
    return tuple(columns)


def _text_columns(x: Any, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Returns inputs of one text a sample as columns, unless their names are taken."""
    names = {column.name for column in columns}
    texts = {
        re.sub(r"\W+", " ", place).strip() or "text": array.reshape(-1)
        for place, array in arrays_of(x)
        if isinstance(array, np.ndarray)
        and array.dtype.kind == "O"
        and array.size == len(array)
    }
    return tuple(
        Column(name, "text", array.tolist())
        for name, array in texts.items()
        if name not in names
    )


def _images(
    x: Any,
    images: ArrayLike | Literal[False] | None,
    image_shape: tuple[int, ...] | None,
    count: int,
    rows: Rows | None,
    *,
    invert_images: bool,
) -> Images | None:
    if images is False:
        return None
    if images is None:
        arrays = [array for _, array in arrays_of(x) if isinstance(array, np.ndarray)]
        certain = image_shape is not None
        if image_shape is not None:
            arrays = [_reshaped(arrays, image_shape)]
        return detect_images(arrays, certain=certain, invert=invert_images)
    array = as_array(images)
    if array.ndim == 0 or len(array) != count:
        received = f"{len(array)} images" if array.ndim else f"{array}"
        raise MisuseError(
            f"images has {received} but x has {count} samples; pass one per sample"
        )
    chosen = array if rows is None else array[rows]
    return read_images(chosen, invert_images=invert_images)


def _reshaped(
    arrays: Sequence[NDArray[Any]], image_shape: tuple[int, ...]
) -> NDArray[np.generic]:
    if len(arrays) != 1:
        raise MisuseError(
            f"image_shape needs an x of one input, but x has {len(arrays)}; pass images= "
            "instead"
        )
    (x,) = arrays
    if x[0].size != np.prod(image_shape):
        raise MisuseError(
            f"image_shape {image_shape} does not fit the {x[0].size} values of a sample of "
            "x; pass images= where x is not images"
        )
    return x.reshape(len(x), *image_shape)


def fingerprint_of(x: Any, columns: tuple[Column, ...]) -> str:
    """Returns the hash of inputs and metadata, 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for place, array in arrays_of(x):
        digest.update(f"{place}{array.shape} {array.dtype}".encode())
        hash_array(digest, array)
    for column in columns:
        digest.update(repr((column.name, list(column.cells))).encode())
    return digest.hexdigest()[:32]
