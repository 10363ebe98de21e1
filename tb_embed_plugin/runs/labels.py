"""The classes of a layer's samples, by its own label column or by another that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.runs.label_column import as_classes
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import listed, no_such


@dataclass(frozen=True)
class Classes:
    """What the samples are.

    Attributes:
        codes: int32 (n_samples,), -1 where a sample has no label.
        words: The word of each code.
    """

    codes: NDArray[np.int32]
    words: tuple[str, ...]


def label_of(layer: LayerFacts, wanted: str | None) -> str | None:
    """Returns the column that is the label of a layer's samples.

    Args:
        layer: The layer.
        wanted: A column that somebody has chosen; empty for no label, None for the layer's own.

    Returns:
        Its name, None for no label.

    Raises:
        ArgumentError: There is no such column.
    """
    if wanted is None:
        return layer.label
    names = [column.name for column in layer.columns]
    if wanted and wanted not in names:
        raise ArgumentError(
            no_such("column", wanted, names, f"layer {layer.name!r}")
            + "; pass an empty label for none"
        )
    return wanted or None


def read_classes(run: Run, layer: str, label: str | None) -> Classes:
    """Returns the classes of a layer's samples.

    Args:
        run: The run.
        layer: Name of the layer.
        label: The column, as `label_of` returns it.

    Raises:
        ArgumentError: The column holds no classes.
        EmbedError: The metadata cannot be read.
    """
    if label is None:
        return Classes(np.full(run.layer(layer).samples, -1, np.int32), ())
    columns = run.columns(layer)
    column = next((column for column in columns if column.name == label), None)
    held = None if column is None else as_classes(column)
    if held is None:
        fitting = [column.name for column in columns if as_classes(column) is not None]
        raise ArgumentError(
            f"{label!r} is not a column of classes (words or few whole numbers); choose "
            f"one of run {run.name!r}: {listed(fitting, 'or')}"
        )
    codes, words = held.categories()
    return Classes(codes, tuple(words))
