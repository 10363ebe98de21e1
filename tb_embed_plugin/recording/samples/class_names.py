"""Class names: the word of each class of the model, by its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.cells import cell_text, is_missing, readable
from tb_embed_plugin.wording import as_typed, listed

ClassNames = Sequence[str] | Mapping[int, str] | Mapping[str, int]
"""Names in the classes' order, number to name, or name to number."""

_WORDS = (str, bytes)


def class_names_by_number(class_names: ClassNames) -> dict[Any, str]:
    """Returns the name of each class by its number, as the metadata's cells hold it.

    A mapping may lead from name to number, as Keras' `class_indices` does, or from numbers in
    quotes, as JSON has them.

    Raises:
        MisuseError: Two names or two numbers are equal, a name is empty, or the names have no
            order.
    """
    no_order = isinstance(
        class_names, AbstractSet | Iterator | bytes
    )  # or it is gone once read
    if no_order or not isinstance(class_names, Iterable):
        raise MisuseError(
            "class_names must be in the order of the model's outputs, not of type "
            f"{type(class_names).__name__}; pass a list, or a dictionary of number to name"
        )
    pairs = _pairs(class_names)
    names: dict[Any, str] = {number: readable(str(name)) for number, name in pairs}
    differ = "" not in names.values() and len(set(names.values())) == len(names)
    if isinstance(class_names, str) or not differ or len(names) < len(pairs):
        raise MisuseError(
            "class_names must be different and not empty, but they are "
            f"{as_typed([str(name) for _, name in pairs])}; give each class a name of its own"
        )
    return names


def named_labels(values: Sequence[object], class_names: ClassNames) -> list[str]:
    """Returns the name of each label, empty where it is missing.

    Args:
        values: Whole numbers, or words that are among the names.
        class_names: The names.

    Raises:
        MisuseError: A label has no name.
    """
    names = class_names_by_number(class_names)
    known = [value for value in values if not is_missing(value)]
    if known and all(isinstance(value, _WORDS) for value in known):
        return _words(values, names)
    unnamed = [value for value in known if value not in names]
    if unnamed and not isinstance(class_names, Mapping):
        raise MisuseError(
            f"class_names has {len(names)} names, for the labels 0 to {len(names) - 1}, "
            f"but labels has {as_typed(unnamed[0])}; pass a name for every class"
        )
    if unnamed:
        raise MisuseError(
            f"labels has {as_typed(unnamed[0])}, but class_names names only "
            f"{listed(names)}; name every class"
        )
    return ["" if is_missing(value) else names[value] for value in values]


def _words(values: Sequence[object], names: Mapping[Any, str]) -> list[str]:
    """Returns labels that are words; those of numbers in quotes are the classes' names."""
    words = [cell_text(value) for value in values]
    unknown = [word for word in dict.fromkeys(words) if word and word not in names.values()]
    if not unknown:
        return words
    named = {str(number): name for number, name in names.items()}
    if all(word in named for word in words if word):
        return [named.get(word, "") for word in words]
    raise MisuseError(
        f"labels has {as_typed(unknown[0])}, which is not among class_names "
        f"({listed(names.values())}); pass the name of every class, in the order of the "
        "model's outputs"
    )


def _pairs(class_names: ClassNames) -> list[tuple[Any, Any]]:
    if not isinstance(class_names, Mapping):
        return list(enumerate(class_names))
    pairs: list[tuple[Any, Any]] = list(class_names.items())
    if all(isinstance(key, str) for key, _ in pairs):
        if all(_is_whole(value) for _, value in pairs):
            return [(int(value), key) for key, value in pairs]
        if all(key.isdecimal() for key, _ in pairs):
            return [(int(key), value) for key, value in pairs]
    return pairs


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
