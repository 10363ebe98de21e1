"""Metadata columns: labels and other values of the samples, as typed columns of text.

Cells hold the text of the table on disk (docs/run_format.md). Metadata that no table can hold
without loss (two columns of one name, a label without a class name) are refused here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.input_arrays import Rows, as_array, is_data_frame
from tb_embed_plugin.runs.manifest import ColumnType
from tb_embed_plugin.runs.tables.dates import are_dates
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.wording import as_typed, listed

MAX_CATEGORIES = 1000
"""A column with more distinct words than this is text."""

_EXACT = 2**53
"""Whole numbers up to this are exact in float64; larger ones, such as keys, are text."""

_NO_FRACTION = re.compile(r"\.0+(?=$|[+-])")

ClassNames = Sequence[str] | Mapping[int, str]


def label_column(labels: Any, count: int, class_names: ClassNames | None) -> Column:
    """Returns the column `label`.

    Args:
        labels: (count,) or (count, 1) numbers or strings, or one-hot rows (count, n_classes).
        count: Number of samples.
        class_names: The name of each whole-number label.

    Returns:
        Categories; numbers where the labels are fractional.

    Raises:
        MisuseError: The labels are of another shape, or one has no name.
    """
    array = as_array(labels)
    if array.ndim and len(array) != count:
        raise _wrong_length("label", count, len(array))
    values = flat_labels(array)
    if values is None:
        raise MisuseError(
            f"labels has shape {array.shape}, which is neither (n_samples,) nor one-hot; "
            "pass one label per sample"
        )
    if class_names is not None:
        return Column("label", "category", _class_names_of(values, class_names))
    cells = [cell_text(value) for value in values]
    return Column("label", "number" if _is_fractional(values) else "category", cells)


def flat_labels(array: NDArray[Any]) -> list[object] | None:
    """Returns one label a sample, None where an array (count, ...) does not hold that.

    One-hot rows become the number of their 1, and whole floating-point numbers integers.
    """
    if array.ndim > 1 and array[0].size == 1:
        array = array.reshape(len(array))
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "biuf":
        if not (((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()):
            return None
        array = array.argmax(axis=1)
    if array.ndim != 1:
        return None
    if array.dtype.kind == "f":
        known = array[~np.isnan(array)]
        if np.isfinite(known).all() and (known == np.rint(known)).all():
            return [None if np.isnan(value) else int(value) for value in array]
    return list(array)  # not tolist(): NumPy's numbers and dates print as they are


def metadata_columns(metadata: Any, count: int, rows: Rows | None) -> list[Column]:
    """Returns the columns of a mapping or a data frame.

    Args:
        metadata: Name to `count` values, as a mapping, or a data frame of `count` rows.
        count: Number of samples before a subset is chosen.
        rows: The chosen samples, None for all.

    Raises:
        MisuseError: A name is empty, reserved or used twice, or a column is of another length.
    """
    columns: list[Column] = []
    for name, values in _named_values(metadata):
        text = readable(str(name))
        if not text.strip() or text == "index" or text in [c.name for c in columns]:
            raise MisuseError(
                f"the metadata column {text!r} is empty, repeated or called 'index', which "
                "is the samples' number; rename it"
            )
        cells = _values(text, values)
        if len(cells) != count:
            raise _wrong_length(text, count, len(cells))
        columns.append(_column(text, cells if rows is None else [cells[i] for i in rows]))
    return columns


def cell_text(value: object) -> str:
    """Returns a value as the text of a cell: missing values empty, dates in ISO 8601."""
    written = _AT_ONCE.get(type(value))
    if written is not None:
        return written(value)
    if is_missing(value):
        return ""
    if isinstance(value, bytes):  # TensorFlow's strings
        return value.decode(errors="backslashreplace")
    if isinstance(value, np.datetime64) or hasattr(value, "isoformat"):
        date = str(value) if isinstance(value, np.datetime64) else str(value.isoformat())
        return _NO_FRACTION.sub("", date)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return _digits(value)
    return readable(str(value))


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or the NaT and NA of NumPy and pandas."""
    kind = type(value)
    if kind in _NEVER_MISSING:
        return False
    if isinstance(value, _FLOATS):
        return math.isnan(value)
    if value is None or kind.__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, Decimal) and value.is_nan()


def readable(text: str) -> str:
    r"""Returns text that UTF-8 can hold: half a surrogate pair is written as `\ud800`."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _decimal(number: Any) -> str:
    return "" if math.isnan(number) else str(number)


def _wrong_length(name: str, expected: int, received: int) -> MisuseError:
    what, hint = f"metadata {name!r}", ""
    if name == "label":
        what = "labels"
        hint = " (an x that is a list of arrays is taken for several inputs; np.stack makes it "
        "samples)"
    return MisuseError(
        f"{what} has {received} values but x has {expected} samples; pass one per sample{hint}"
    )


def _digits(number: int) -> str:
    """Returns all digits of a number; `str` refuses more than 4,300."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


# What nearly all of a million cells are is told by its type alone.
_NEVER_MISSING = frozenset({str, int, bool, bytes, np.str_, np.int64, np.int32, np.bool_})
_FLOATS = (float, np.floating)
_AT_ONCE: Mapping[type, Callable[[Any], str]] = {
    str: readable,
    int: _digits,
    float: _decimal,
    np.float64: _decimal,
    np.int64: str,
    np.int32: str,
}


def _named_values(metadata: Any) -> Iterable[tuple[object, Any]]:
    if not isinstance(metadata, Mapping) and not is_data_frame(metadata):
        raise MisuseError(
            "metadata must map names to values or be a data frame, not of type "
            f"{type(metadata).__name__}; name each column, as in metadata={{'writer': "
            "writers}"
        )
    items: Iterable[tuple[object, Any]] = metadata.items()  # of a data frame: columns
    return items


def _values(name: str, values: Any) -> list[object]:
    if hasattr(values, "__array__") and not hasattr(values, "to_numpy"):
        values = as_array(values)
    is_sequence = hasattr(values, "__iter__") and not isinstance(values, str | bytes | Mapping)
    cells = list(values) if is_sequence else []
    wrong = [cell for cell in cells if isinstance(cell, list | tuple | np.ndarray)]
    if wrong or not is_sequence:
        raise MisuseError(
            f"the metadata column {name!r} must have one value per sample, not of type "
            f"{type(wrong[0] if wrong else values).__name__}; pass a sequence of numbers "
            "or strings, or a column for each part"
        )
    return cells


def _column(name: str, values: Sequence[object]) -> Column:
    cells = [cell_text(value) for value in values]
    known = [value for value in values if not is_missing(value)]
    kind: ColumnType = "category"
    if known and all(_is_number(value) for value in known):
        kind = "number"
    elif are_dates(set(cells) - {""}):
        kind = "date"
    elif len(set(cells)) > MAX_CATEGORIES:
        kind = "text"
    return Column(name, kind, cells)


def _is_number(value: object) -> bool:
    """Whether a value is a number that float64 holds exactly; truth values are none."""
    if isinstance(value, bool | np.bool_):
        return False
    if isinstance(value, int | np.integer):
        return abs(int(value)) <= _EXACT
    return isinstance(value, float | np.floating | Decimal)


def _is_fractional(values: Sequence[object]) -> bool:
    known = [value for value in values if not is_missing(value)]
    return bool(known) and all(isinstance(value, float | np.floating) for value in known)


def class_names_by_number(class_names: ClassNames) -> dict[Any, str]:
    """Returns the name of each class by its number, as the metadata's cells hold it.

    Raises:
        MisuseError: Two names are equal, or one is empty.
    """
    pairs = class_names.items() if isinstance(class_names, Mapping) else enumerate(class_names)
    names: dict[Any, str] = {number: readable(str(name)) for number, name in pairs}
    differ = "" not in names.values() and len(set(names.values())) == len(names)
    if isinstance(class_names, str) or not differ:
        raise MisuseError(
            "class_names must be different and not empty, but they are "
            f"{as_typed(list(names.values()))}; give each class a name of its own"
        )
    return names


def _class_names_of(values: Sequence[object], class_names: ClassNames) -> list[str]:
    """Returns the name of each label, empty where it is missing."""
    names = class_names_by_number(class_names)
    unnamed = [v for v in values if not is_missing(v) and v not in names]
    if unnamed and not isinstance(class_names, Mapping):
        raise MisuseError(
            f"class_names has {len(names)} names, for the labels 0 to {len(names) - 1}, "
            f"but labels has {as_typed(unnamed[0])}; pass a name for every class, or leave "
            "class_names out where the labels are words"
        )
    if unnamed:
        raise MisuseError(
            f"labels has {as_typed(unnamed[0])}, but class_names names only "
            f"{listed(names)}; name every class, or leave class_names out where the labels "
            "are words"
        )
    return ["" if is_missing(v) else names[v] for v in values]
