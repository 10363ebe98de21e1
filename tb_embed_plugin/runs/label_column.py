"""The label column of a table of metadata: chosen here, read everywhere else.

A column is the label because it is called so, else because it is the only one that could be.
Where neither is so there is none, and nothing that needs classes is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tb_embed_plugin.runs.manifest import ColumnInfo
from tb_embed_plugin.runs.tables.metadata_table import Column

RANKS = (
    ("label",),
    ("labels",),
    ("class",),
    ("target",),
    ("y",),
    ("y_true", "true_label", "class_name", "ground_truth"),
)
"""What a label is called, in any case of letters; names of one rank are equally good."""

MAX_WORDS = 60
"""Words of a category that is taken for the label though nobody calls it so."""

SAMPLES_PER_NUMBER = 5
"""Samples of each class, on average, below which more than `MAX_WORDS` numbers are a quantity
unless they begin at 0 or 1, as the numbers of classes do, or at -1, which stands for none."""

MAX_LABEL_CLASSES = 1000
"""A column of more words holds no classes, whatever it is called."""


def with_classes(columns: Iterable[Column]) -> list[Column]:
    """Returns columns, those that are called as a label as categories where they can be.

    Classes may be written as numbers, which are then no quantities.
    """
    return [
        (as_classes(column) or column) if _rank(column.name) is not None else column
        for column in columns
    ]


def as_classes(column: Column) -> Column | None:
    """Returns a column as categories, None where it holds no classes.

    Classes are the words of a category, at least one and at most `MAX_LABEL_CLASSES`, or whole
    numbers of which each comes twice on average (many that begin otherwise than classes:
    `SAMPLES_PER_NUMBER` times). What changes with each step, a prediction say, is no class.
    """
    if column.info.by_step or column.type not in {"category", "number"}:
        return None
    words = set(column.cells) - {""}
    if column.type == "category":
        return column if 1 <= len(words) <= MAX_LABEL_CLASSES else None
    numbers = {word: float(word) for word in words}
    known = {word: n for word, n in numbers.items() if not math.isnan(n)}
    if not known or not all(number.is_integer() for number in known.values()):
        return None
    whole = {word: str(int(number)) for word, number in known.items()}
    cells = [whole.get(cell, "") for cell in column.cells]
    classes, filled = len(set(whole.values())), sum(map(bool, cells))
    if classes > MAX_LABEL_CLASSES or 2 * classes > filled:
        return None
    if is_quantity(known.values(), filled):
        return None
    return replace(column, type="category", cells=cells)


def is_quantity(numbers: Iterable[float], count: int) -> bool:
    """Returns whether whole numbers are too many and too rare to be those of classes.

    Args:
        numbers: The different ones.
        count: How many samples have one of them.
    """
    different = set(numbers)
    if len(different) <= MAX_WORDS or min(different) in {-1, 0, 1}:
        return False
    return SAMPLES_PER_NUMBER * len(different) > count


def choose_label(columns: Sequence[Column]) -> str | None:
    """Returns the name of the column that is the label, None where there is none.

    It is the column with classes whose name ranks first (`RANKS`), of equals the first one.
    Where a column of numbers bears such a name but holds no classes, the label is a quantity,
    and there is none; nor where a column of such a name changes with each step. Else it is
    the only category, of at most `MAX_WORDS` words and fewer than half as many as rows.

    Args:
        columns: The metadata as `with_classes` returns them.
    """
    named = [(rank, column) for column in columns if (rank := _rank(column.name)) is not None]
    holding = [(rank, column) for rank, column in named if as_classes(column) is not None]
    if holding:
        return min(holding, key=lambda entry: entry[0])[1].name
    if any(c.info.by_step or (c.type == "number" and any(c.cells)) for _, c in named):
        return None
    telling = [column for column in columns if _groups(column)]
    if len(telling) != 1:
        return None
    words = len(set(telling[0].cells) - {""})
    few = words <= MAX_WORDS and 2 * words < len(telling[0].cells)
    return telling[0].name if few else None


def named_label(columns: Sequence[ColumnInfo]) -> str | None:
    """Returns the category whose name ranks first, for whoever knows no more of a table."""
    named = [(rank, c.name) for c in columns if (rank := _rank(c.name)) is not None]
    categories = {column.name for column in columns if column.type == "category"}
    fitting = [entry for entry in named if entry[1] in categories]
    return min(fitting, key=lambda entry: entry[0])[1] if fitting else None


def rival_problem(label: str | None, columns: Sequence[ColumnInfo]) -> str | None:
    """Says which columns could be the label as well as the one that was taken."""
    rank = None if label is None else _rank(label)
    rivals = [
        column.name
        for column in columns
        if rank is not None and _rank(column.name) == rank
        if column.type == "category" and not column.by_step
    ]
    if len(rivals) < 2:
        return None
    return (
        f"{' and '.join(map(repr, rivals))} could both be the label by their names, so the "
        f"first, {label!r}, is taken; choose the other as the label column, or rename one"
    )


def label_reason(label: str | None, columns: Sequence[ColumnInfo]) -> str:
    """Returns in a sentence why a column is the label, or why none is."""
    if label is not None:
        why = "it is the only category" if _rank(label) is None else "of its name"
        return f"{label!r} is the label because {why}."
    if not columns:
        return "There is no label: the samples have no metadata."
    named = [column for column in columns if _rank(column.name) is not None]
    for column in named:
        if column.by_step:
            return f"There is no label: {column.name!r} changes with each step."
    for column in named:
        if column.type == "number":
            return f"There is no label: {column.name!r} holds numbers, not classes."
    names = ", ".join(rank[0] for rank in RANKS[:-1])
    return (
        f"There is no label: no column with classes is named {names} or similar, and there is "
        f"no single column of at most {MAX_WORDS} categories. Record labels=…, or choose a "
        "label column."
    )


def _rank(name: str) -> int | None:
    folded = name.strip().casefold()
    return next((rank for rank, names in enumerate(RANKS) if folded in names), None)


def _groups(column: Column) -> bool:
    """Whether it is a category that tells samples apart and puts some of them together."""
    filled = [cell for cell in column.cells if cell]
    return (
        column.type == "category"
        and not column.info.by_step
        and 1 < len(set(filled)) < len(filled)
    )
