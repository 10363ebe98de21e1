"""The numbers in a name, and what the words before them say they count."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["whole", "decimal", "date"]

_SIGN = r"(?:(?<![0-9A-Za-z])-|(?<=loss)-|(?<=acc)-)?"
_NUMBER = (
    r"(?P<date>(?<!\d)(?:19|20)\d\d(?:"
    r"([-_.])(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])"
    r"(?:[-_T ][0-2]\d([-_:.h]?)[0-5]\d(?:\3[0-5]\d)?)?"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-_T][0-2]\d[0-5]\d(?:[0-5]\d)?)(?!\d))"
    # A loss may be negative, or none at all: 03--0.53, 04-nan.
    rf"|{_SIGN}(?:(?<![A-Za-z])|(?<=loss)|(?<=acc))(?:nan|inf)(?![A-Za-z])"
    rf"|{_SIGN}"
    r"\d+(?:%s\.\d+(?:[eE][-+]\d{1,3})?|[eE][-+]\d{1,3})?"
)
_STEP_FIRST = re.compile(_NUMBER % r"(?!\.\d+\.\d)", re.ASCII)
"""Reads 01.0.53 as the number 01 and a loss."""

_LOSS_FIRST = re.compile(_NUMBER % "", re.ASCII)


def _word_before(words: str) -> re.Pattern[str]:
    """Returns what finds a word at the end of what precedes a number."""
    return re.compile(rf"(?:{words})s?[-_=.: ]*$", re.IGNORECASE)


_COUNTS = _word_before("epoch|step|iter(?:ation)?|(?<![a-z])(?:ep|it|e)")
_SAVES = _word_before("ckpt|checkpoint|snapshot|(?<![a-z])cp")
_MEASURES = _word_before(
    "loss|acc|accuracy|auc|score|error|reward|metric|lr|mse|mae|rmse|bleu|ppl|perplexity"
    "|precision|recall|iou|psnr|(?<![a-z])val"
)
_PARTS = _word_before(
    "fc|conv|dense|linear|layer|block|stage|hidden|head|lstm|gru|fold|seed|rank|part|shard|worker"
)
_BATCHES = _word_before("batch|batches")
_TRIES = _word_before("(?<![a-z])(?:run|v|exp|try)|trial|version|experiment")
_PREFIX = re.compile(r"(?:global|val)[-_]?$", re.IGNORECASE)


@dataclass(frozen=True)
class Number:
    """A number in a name.

    Attributes:
        written: As it stands there.
        kind: Whether it is whole, has a fraction, or is a date.
        before: The words before it, up to the number before.
        is_apart: Whether no letter touches it.
    """

    written: str
    kind: Kind
    before: str
    is_apart: bool

    @property
    def value(self) -> float | int | str:
        """What it is, alike for 1 and 01."""
        if self.kind == "date":
            return self.written
        return int(self.written) if self.kind == "whole" else float(self.written)

    @property
    def order(self) -> tuple[float, str]:
        """Sorts numbers by what they are; what is none comes last."""
        if self.kind == "date":
            return 0.0, self.written
        number = float(self.written)
        return (math.inf if math.isnan(number) else number), ""

    @property
    def counts(self) -> bool:
        """Whether the word before it is that of a step: epoch, step, iteration."""
        return _COUNTS.search(self.before) is not None

    @property
    def saves(self) -> bool:
        """Whether the word before it is that of a checkpoint."""
        return _SAVES.search(self.before) is not None

    @property
    def measures(self) -> bool:
        """Whether the word before it is that of a metric."""
        return _MEASURES.search(self.before) is not None

    @property
    def counts_batches(self) -> bool:
        """Whether the word before it is that of a batch: of an epoch, or the size of all."""
        return _BATCHES.search(self.before) is not None

    @property
    def names_a_part(self) -> bool:
        """Whether the word before it makes it a name: of a layer, of a fold."""
        return _PARTS.search(self.before) is not None

    @property
    def names_a_try(self) -> bool:
        """Whether the word before it may make it the number of a training."""
        return _TRIES.search(self.before) is not None


@dataclass(frozen=True)
class Name:
    """A name in its parts: `texts[0] numbers[0] texts[1] … texts[-1]`."""

    whole: str
    texts: tuple[str, ...]
    numbers: tuple[Number, ...]

    def without(self, places: set[int]) -> str:
        """Returns the name without some of its numbers and the words that belong to them."""
        kept = []
        for place, text in enumerate(self.texts):
            is_cut = place in places
            kept.append(_cut_word(text) if is_cut else text)
            if place < len(self.numbers) and not is_cut:
                kept.append(self.numbers[place].written)
        return "".join(kept)

    def pattern(self, places: set[int]) -> str:
        """Returns the name with `*` for some of its numbers."""
        numbers = (
            "*" if place in places else number.written
            for place, number in enumerate(self.numbers)
        )
        pairs = zip(self.texts, (*numbers, ""), strict=True)
        return "".join(text + number for text, number in pairs)


def read_name(name: str, *, loss_first: bool = False) -> Name:
    """Takes a name apart.

    Args:
        name: The name.
        loss_first: Reads 0.53.01 as a loss and the number 01.
    """
    texts, numbers, end = [], [], 0
    for match in (_LOSS_FIRST if loss_first else _STEP_FIRST).finditer(name):
        before = name[end : match.start()]
        texts.append(before)
        written, end = match[0], match.end()
        around = name[match.start() - 1 : match.start()] + name[end : end + 1]
        kind: Kind = "whole" if re.fullmatch(r"-?\d+", written, re.ASCII) else "decimal"
        numbers.append(
            Number(
                written=written,
                kind="date" if match["date"] else kind,
                before=before,
                is_apart=not any(letter.isalpha() for letter in around),
            )
        )
    return Name(name, (*texts, name[end:]), tuple(numbers))


def _cut_word(text: str) -> str:
    for words in (_COUNTS, _SAVES, _MEASURES):
        if match := words.search(text):
            return re.sub(
                r"(?:global|val)[-_]?$", "", text[: match.start()], flags=re.IGNORECASE
            )
    return text
