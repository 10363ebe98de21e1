"""Words that stand for a step in a name, and their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tb_embed_plugin.runs.foreign.name_numbers import read_name

LARGEST_STEP = 2**31 - 1
"""On the wire a step is an int32."""

FIRST_WORDS = ("untrained", "pretrained", "init", "initial", "start", "before", "warmup")
LAST_WORDS = ("best", "latest", "last", "finished", "final", "end", "after")
"""Words that stand where the step would, in their order."""

_WORD = re.compile(r"[A-Za-z]+")
_NO_RESIDUE = re.compile(
    r"(?:global|val|epochs?|ep|e|steps?|iter(?:ation)?s?|it|ckpt|checkpoints?|cp|snapshots?"
    r"|loss|acc|accuracy|nan|inf)",
    re.IGNORECASE,
)


def in_their_order(written: Sequence[str]) -> list[int]:
    """Returns the steps of what somebody wrote: whole numbers themselves, else their places.

    Numbers are ordered by their size, words as they come, what begins a training first.
    """
    if all(re.fullmatch(r"\d{1,10}", word, re.ASCII) for word in written) and all(
        int(word) <= LARGEST_STEP for word in written
    ):
        return [int(word) for word in written]
    distinct = list(dict.fromkeys(written))
    ordered = sorted(distinct, key=lambda word: _order_of_words(word, distinct.index(word)))
    return [ordered.index(word) for word in written]


def _order_of_words(word: str, place: int) -> tuple[int, float, int]:
    number = read_name(word)
    if number.numbers and number.texts == ("", ""):
        return 1, number.numbers[0].order[0], place
    if word.lower() in FIRST_WORDS:
        return 0, FIRST_WORDS.index(word.lower()), place
    is_last = word.lower() in LAST_WORDS
    return (3, LAST_WORDS.index(word.lower()), place) if is_last else (2, 0, place)


def words_of(name: str) -> set[str]:
    """Returns the words of a name, in small letters."""
    return {word.lower() for word in _WORD.findall(name)}


def residue_of(name: str) -> frozenset[str]:
    """Returns the words of a name that say nothing of the step."""
    told = {*FIRST_WORDS, *LAST_WORDS}
    return frozenset(
        w for w in words_of(name) if w not in told and not _NO_RESIDUE.fullmatch(w)
    )


def shortened(names: Sequence[str]) -> list[str]:
    """Returns names without the words that all of them begin and end with."""
    parts = [re.findall(r"\d+\.\d+|[^-_=. /]+|[-_=. /]", name) for name in names]
    shortest = min(map(len, parts))
    head = next((i for i in range(shortest) if len({p[i] for p in parts}) > 1), shortest - 1)
    rest = shortest - head
    tail = next((i for i in range(rest) if len({p[-1 - i] for p in parts}) > 1), rest - 1)
    cut = [p[max(head, 0) : len(p) - max(tail, 0)] for p in parts]
    return ["".join(part) or name for part, name in zip(cut, names, strict=True)]
