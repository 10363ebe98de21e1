"""The model's class for each word of the label."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metrics.predictions import predict
from tb_embed_plugin.metrics.step_data import Labels
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.run import Run


def label_classes(
    run: Run, layer: str, step: int | None, label: str | None
) -> tuple[Labels, Labels]:
    """Returns the labels of a layer's samples.

    Args:
        run: The run.
        layer: The layer.
        step: The last one, whose outputs tell which class each word is; None where there is
            none.
        label: The column that is the label; None for no labels.

    Returns:
        With the words' own codes, and with the model's classes as codes, where these can be
        known (`match_outputs`).

    Raises:
        EmbedError: The column holds no classes, or a file cannot be read.
    """
    classes = read_classes(run, layer, label)
    labels = Labels(classes.codes, classes.words, are_outputs=False)
    outputs = None if step is None else run.outputs(layer, step)
    if outputs is None:
        return labels, labels
    predicted = predict(np.asarray(outputs.values), outputs.kind).classes
    n_classes = outputs.values.shape[1]
    return labels, match_outputs(labels, predicted, n_classes, outputs.names)


def match_outputs(
    labels: Labels,
    predicted: NDArray[np.integer],
    n_classes: int,
    names: Sequence[str] | None = None,
) -> Labels:
    """Returns the labels with the model's classes as codes, where these can be known.

    Words that the run itself gives its classes are these; others that are whole numbers below
    `n_classes` are the numbers of the classes. Any other word is the class predicted for most
    of its samples, provided that no two words share one, which is so once the model has
    learned anything; else the labels are left as they are. Of two classes most are
    two thirds: a model with 40 % accuracy would else be read as one with 60 %.

    Args:
        labels: With the words' own codes.
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
    classes, most = [], 2 / 3 if n_classes == 2 else 1 / 2
    for code in range(len(labels.names)):
        found = predicted[(labels.codes == code) & (predicted >= 0)]
        counts = np.bincount(found, minlength=n_classes)
        if not counts.max(initial=0) > len(found) * most:
            return []
        classes.append(int(counts.argmax()))
    return classes
