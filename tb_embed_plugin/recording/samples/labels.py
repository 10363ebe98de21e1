"""Labels: one a sample, or several, as columns of the metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.cells import cell_text, is_missing
from tb_embed_plugin.recording.samples.class_names import (
    ClassNames,
    class_names_by_number,
    named_labels,
)
from tb_embed_plugin.recording.samples.input_arrays import as_array
from tb_embed_plugin.recording.samples.metadata_columns import MAX_CATEGORIES, wrong_length
from tb_embed_plugin.runs.label_column import is_quantity
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.wording import as_typed, listed

MAX_TAGS = 50
"""Classes of which a sample may have several; each is a column."""

_TOLERANCE = 1e-3
"""How far the sum of a sample's class probabilities may be from 1."""


def label_columns(labels: Any, count: int, class_names: ClassNames | None) -> list[Column]:
    """Returns the column `label`, and a column for each class where a sample may have several.

    Args:
        labels: (count,) or (count, 1) numbers or strings; rows (count, n_classes) that are
            one-hot, probabilities, or 0 and 1 for each class.
        count: Number of samples.
        class_names: The name of each class.

    Returns:
        Categories; numbers where the labels are fractional or a quantity. Of several classes a
        sample, `label` holds their names, and the others 0 and 1.

    Raises:
        MisuseError: The labels are of another shape, or one has no name.
    """
    if isinstance(labels, Mapping):
        raise MisuseError(
            f"labels maps {listed(labels)} to values, but one label per sample is needed; "
            f"pass one of them, as in labels=y[{as_typed(next(iter(labels), 'name'))}], and "
            "the others in metadata="
        )
    if isinstance(labels, list | tuple) and len(labels) != count and _are_arrays(labels):
        raise MisuseError(
            f"labels is a list of {len(labels)} arrays, but one label per sample is needed; "
            "pass one of them, as in labels=y[0], and the others in metadata="
        )
    array = as_array(labels)
    if array.ndim and len(array) != count:
        raise wrong_length("label", count, len(array))
    if (tags := tags_of(array)) is not None:
        return _tag_columns(tags, class_names)
    values = flat_labels(array)
    if values is None:
        raise MisuseError(
            f"labels has shape {array.shape}, but must be (n_samples,), one-hot, or at most "
            f"{MAX_TAGS} columns of 0 and 1; pass one label per sample, or leave labels out "
            "and pass numbers in metadata="
        )
    if class_names is not None:
        return [Column("label", "category", named_labels(values, class_names))]
    cells = [cell_text(value) for value in values]
    is_number = _is_fractional(values) or _is_quantity(values)
    return [Column("label", "number" if is_number else "category", cells)]


def flat_labels(array: NDArray[Any]) -> list[object] | None:
    """Returns one label a sample, None where an array (count, ...) does not hold that.

    One-hot rows become the number of their 1, probabilities that of the largest, and whole
    floating-point numbers integers.
    """
    if array.ndim > 1 and array[0].size == 1:
        array = array.reshape(len(array))
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "biuf":
        if not _are_probabilities(array):
            return None
        array = array.argmax(axis=1)
    if array.ndim != 1:
        return None
    if array.dtype.kind == "f":
        known = array[~np.isnan(array)]
        if np.isfinite(known).all() and (known == np.rint(known)).all():
            return [None if np.isnan(value) else int(value) for value in array]
    return list(array)  # not tolist(): NumPy's numbers and dates print as they are


def tags_of(array: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Returns which classes each sample has, None where the array says one class a sample."""
    if array.ndim != 2 or not 2 <= array.shape[1] <= MAX_TAGS or array.dtype.kind not in "biuf":
        return None
    if not ((array == 0) | (array == 1)).all() or (array.sum(axis=1) == 1).all():
        return None
    return np.asarray(array == 1)


def _tag_columns(tags: NDArray[np.bool_], class_names: ClassNames | None) -> list[Column]:
    names = [str(number) for number in range(tags.shape[1])]
    if class_names is not None:
        named = class_names_by_number(class_names)
        if not set(range(len(names))) <= set(named):
            raise MisuseError(
                f"class_names has {listed(named.values())}, but labels has {len(names)} "
                f"columns; name the classes 0 to {len(names) - 1}"
            )
        names = [named[number] for number in range(len(names))]
    words = ["+".join(names[i] for i in np.flatnonzero(row)) or "none" for row in tags]
    columns = [
        Column(f"label {name}", "category", ["1" if has else "0" for has in tags[:, i]])
        for i, name in enumerate(names)
    ]
    many = len(set(words)) > MAX_CATEGORIES
    return [Column("label", "text" if many else "category", words), *columns]


def _are_probabilities(array: NDArray[Any]) -> bool:
    sums = array.astype(np.float64).sum(axis=1)
    return bool((array >= 0).all() and (np.abs(sums - 1) < _TOLERANCE).all())


def _are_arrays(labels: Sequence[Any]) -> bool:
    return bool(labels) and all(len(getattr(part, "shape", ())) > 0 for part in labels)


def _is_fractional(values: Sequence[object]) -> bool:
    known = [value for value in values if not is_missing(value)]
    return bool(known) and all(isinstance(value, float | np.floating) for value in known)


def _is_quantity(values: Sequence[object]) -> bool:
    """Whether they are whole numbers, but not those of classes (`label_column.is_quantity`)."""
    known = [value for value in values if not is_missing(value)]
    numbers = [int(value) for value in known if isinstance(value, int | np.integer)]
    return 0 < len(numbers) == len(known) and is_quantity(numbers, len(numbers))
