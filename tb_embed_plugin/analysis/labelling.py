"""Which column of the metadata is the label, and which class of the model each word is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.observation import Labels
from tb_embed_plugin.metrics.predictions import predict
from tb_embed_plugin.runs.metadata_table import Column
from tb_embed_plugin.runs.run import Run

MAX_CLASSES = 60
"""Words of a column that is taken as the label though nobody calls it so."""


def labels_of(
    run: Run, layer: str, step: int | None, name: str | None = None
) -> tuple[Labels, Labels]:
    """Returns the labels of a layer's samples.

    Args:
        run: The run.
        layer: The layer.
        step: The last one, whose outputs tell which class each word is; None where there is
            none.
        name: The column wanted; see `choose_labels`.

    Returns:
        With the words' own codes, and with the model's classes as codes, where these can be
        told (`match_outputs`).
    """
    labels = choose_labels(run.columns(layer), run.layer(layer).samples, name)
    outputs = None if step is None else run.outputs(layer, step)
    if outputs is None:
        return labels, labels
    predicted = predict(outputs.values, outputs.kind).classes
    classes = outputs.values.shape[1]
    return labels, match_outputs(labels, predicted, classes, outputs.names)


def choose_labels(columns: Sequence[Column], n_samples: int, name: str | None = None) -> Labels:
    """Returns the samples' labels.

    They are the categories of the column `name`; by default of the column `label`, else of
    the first that has at most `MAX_CLASSES` words. Without any, no sample has a label.

    Args:
        columns: The metadata.
        n_samples: Number of samples.
        name: The column wanted.

    Raises:
        ArgumentError: It is not there, or holds no categories.
    """
    # What changes with each step, a prediction say, is nobody's label.
    categories = {c.name: c for c in columns if c.type == "category" and not c.info.by_step}
    if name is not None and name not in categories:
        raise ArgumentError(
            f"expected label to be a column of categories, one of {list(categories)}; "
            f"received {name!r}"
        )
    chosen = categories.get(name or "label")
    candidates = [chosen] if chosen is not None else list(categories.values())
    for column in candidates:
        codes, words = column.categories()
        if column is chosen or len(words) <= MAX_CLASSES:
            return Labels(codes, tuple(words), are_outputs=False)
    return Labels(np.full(n_samples, -1, np.int32), (), are_outputs=False)


def match_outputs(
    labels: Labels,
    predicted: NDArray[np.integer],
    n_classes: int,
    names: Sequence[str] | None = None,
) -> Labels:
    """Returns the labels with the model's classes as codes, where these can be told.

    Words that the run itself gives its classes are these; others that are whole numbers below
    `n_classes` are the numbers of the classes. Any other word is the class predicted for most
    of its samples, provided that no two words share one, which is so once the model has
    learnt anything; else the labels are left as they are.

    Args:
        labels: From `choose_labels`.
        predicted: The model's class of each sample at the last step, int (n_samples,).
        n_classes: Classes of the model.
        names: The word of each class, empty where one has none; None where the run does not
            say.
    """
    numbers = _as_named(labels.names, names or ())
    if numbers is None:
        numbers = _as_numbers(labels.names, n_classes)
    if numbers is None:
        numbers = _most_predicted(labels, predicted, n_classes)
    if not numbers or len(set(numbers)) < len(numbers):
        return labels
    words = list(names or [""] * n_classes)
    for word, number in zip(labels.names, numbers, strict=True):
        words[number] = word
    # The last entry is what a missing label, -1, stays.
    codes = np.array([*numbers, -1], np.int32)[labels.codes]
    return Labels(codes, tuple(words), are_outputs=True)


def _as_named(words: Sequence[str], names: Sequence[str]) -> list[int] | None:
    return [names.index(word) for word in words] if set(words) <= set(names) else None


def _as_numbers(words: Sequence[str], n_classes: int) -> list[int] | None:
    if not all(re.fullmatch(r"\d{1,9}", word, re.ASCII) for word in words):
        return None
    numbers = [int(word) for word in words]
    return numbers if all(number < n_classes for number in numbers) else None


def _most_predicted(
    labels: Labels, predicted: NDArray[np.integer], n_classes: int
) -> list[int]:
    classes = []
    for code in range(len(labels.names)):
        found = predicted[(labels.codes == code) & (predicted >= 0)]
        counts = np.bincount(found, minlength=n_classes)
        if not counts.max(initial=0) > len(found) / 2:
            return []
        classes.append(int(counts.argmax()))
    return classes
