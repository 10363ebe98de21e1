"""Metadata columns: values of the samples beside their labels, as typed columns of text.

Metadata that no table can hold without loss, two columns of one name say, are refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.cells import MAX_EXACT, cell_text, is_missing, readable
from tb_embed_plugin.recording.samples.input_arrays import Rows, as_array, is_data_frame
from tb_embed_plugin.runs.manifest import ColumnType
from tb_embed_plugin.runs.tables.dates import are_dates
from tb_embed_plugin.runs.tables.metadata_table import Column

MAX_CATEGORIES = 1000
"""A column with more distinct words than this is text."""


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
            raise wrong_length(text, count, len(cells))
        columns.append(_column(text, cells if rows is None else [cells[i] for i in rows]))
    return columns


def wrong_length(name: str, expected: int, received: int) -> MisuseError:
    """Returns the error for values that are not one a sample."""
    what, hint = f"metadata {name!r}", ""
    if name == "label":
        what = "labels"
        hint = (
            " (an x that is a list of arrays is taken for several inputs; np.stack makes it "
            "samples)"
        )
    return MisuseError(
        f"{what} has {received} values but x has {expected} samples; pass one per sample{hint}"
    )


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
        return abs(int(value)) <= MAX_EXACT
    return isinstance(value, float | np.floating | Decimal)
