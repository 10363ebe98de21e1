"""Series: the names that belong to one training, and the number in each that is its step.

Checkpoints, files of weights, folders of either and what is imported are named by hand or by a
pattern such as Keras' `weights.{epoch:02d}-{val_loss:.2f}`. Names are compared with each other:
what is the same in all of them is no step. Of the numbers that vary, the step is one that no
two names share: a whole one behind a word such as `epoch` before any other whole one, a
fraction after those. Where there is none, names are in natural order, and a note says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tb_embed_plugin.runs.foreign.name_numbers import Name, Number, read_name
from tb_embed_plugin.runs.foreign.step_words import (
    FIRST_WORDS,
    LARGEST_STEP,
    LAST_WORDS,
    residue_of,
    shortened,
    words_of,
)

_MAX_TOLD = 3


@dataclass(frozen=True)
class Series:
    """Names of one training.

    Attributes:
        name: What they have in common, `*` where they differ.
        title: The same without the words about the step.
        names: By step, ascending.
        written: What stands in the names in place of a step, where that is no step itself: a
            fraction, a word, a date, a number of more than 31 bits.
        note: What a person should know of how the steps were found; empty for nothing.
        by: What the steps come from: numbers, or the order of names without any, or of names
            whose numbers clash.
    """

    name: str
    title: str
    names: Mapping[int, str]
    written: Mapping[int, str] = field(default_factory=dict)
    note: str = ""
    by: Literal["numbers", "names", "clash"] = "numbers"


def find_series(names: Iterable[str]) -> list[Series]:
    """Puts names together that belong to one training, the longest series first.

    Args:
        names: Without their endings, all different.
    """
    groups: dict[tuple[str, ...], list[Name]] = defaultdict(list)
    for name in sorted(set(names)):
        read = read_name(name)
        groups[read.texts].append(read)
    found = [series for group in groups.values() for series in _series_of(group)]
    numbered = [series for series in found if not _is_without_step(series)]
    loose: list[Name] = []
    for series in filter(_is_without_step, found):
        (name,) = series.names.values()
        home = _home_of(name, numbered)
        if home is not None:
            numbered[home] = _joined(numbered[home], name)
        elif any(number.names_a_part for number in read_name(name).numbers):
            numbered.append(series)
        else:
            loose.append(read_name(name))
    if len(loose) > 1:
        numbered.append(_in_order(loose))
    else:
        numbered += map(_single, loose)
    return sorted(numbered, key=lambda series: (-len(series.names), series.name))


def _series_of(group: Sequence[Name]) -> list[Series]:
    """Returns the series of names that differ in their numbers alone."""
    if len(group) == 1:
        return [_single(group[0])]
    columns = list(zip(*(name.numbers for name in group), strict=True))
    varying = {i for i, column in enumerate(columns) if len({n.value for n in column}) > 1}
    step = _step_column(columns, varying)
    if step is None or columns[step][0].kind == "decimal":
        others = [read_name(name.whole, loss_first=True) for name in group]
        if others != list(group) and len({name.texts for name in others}) == 1:
            return _series_of(others)
    if step is None and (apart := _told_apart(group, columns, varying)):
        return [series for part in apart for series in _series_of(part)]
    if step is None:
        return [_in_order(group, by_numbers=True)]
    chosen = columns[step][0]
    if chosen.names_a_part:
        return [_single(name) for name in group]
    note = ""
    if chosen.names_a_try:
        note = (
            f"{group[0].whole} and {len(group) - 1} more are taken for the steps of one "
            "training; save other trainings into directories of their own"
        )
    ordered = sorted(group, key=lambda name: name.numbers[step].order)
    return [_numbered(ordered, step, varying, note)]


def _step_column(columns: Sequence[Sequence[Number]], varying: set[int]) -> int | None:
    """Returns which of the numbers is the step, None where none is one name's alone."""
    unique = [
        i for i in sorted(varying) if len({n.value for n in columns[i]}) == len(columns[i])
    ]

    def is_whole(i: int) -> bool:
        return all(number.kind == "whole" for number in columns[i])

    choices: list[Callable[[int], bool]] = [
        lambda i: is_whole(i) and columns[i][0].counts,
        lambda i: is_whole(i) and columns[i][0].saves,
        lambda i: is_whole(i) and not columns[i][0].measures and not columns[i][0].names_a_part,
        lambda i: columns[i][0].counts or columns[i][0].saves,
        lambda i: columns[i][0].kind == "date",
        # A number of its own is a fraction of something only where nothing else varies.
        lambda i: not columns[i][0].measures and (varying == {i} or is_whole(i)),
    ]
    for choice in choices:
        if (fitting := next(filter(choice, unique), None)) is not None:
            return fitting
    return None


def _told_apart(
    group: Sequence[Name], columns: Sequence[Sequence[Number]], varying: set[int]
) -> list[list[Name]]:
    """Returns names by their other whole numbers, where each such part has steps of its own.

    So resnet50-epoch1 and resnet101-epoch1 are two trainings. Nothing where that helps not.
    """
    for step in sorted(varying, key=lambda i: (not columns[i][0].counts, -i)):
        others = [
            i
            for i in varying - {step}
            if all(n.kind == "whole" for n in columns[i])
            and not (columns[i][0].counts or columns[i][0].measures)
            and not (columns[i][0].counts_batches and i > step)
        ]
        if not others or any(number.kind != "whole" for number in columns[step]):
            continue
        parts: dict[tuple[object, ...], list[Name]] = defaultdict(list)
        for name in group:
            parts[tuple(name.numbers[i].value for i in others)].append(name)
        enough = 1 < len(parts) < len(group)
        if enough and all(
            len({name.numbers[step].value for name in part}) == len(part)
            for part in parts.values()
        ):
            return list(parts.values())
        if columns[step][0].counts:
            break
    return []


def _numbered(ordered: Sequence[Name], step: int, varying: set[int], note: str) -> Series:
    numbers = [name.numbers[step] for name in ordered]
    first = ordered[0]
    series = Series(
        name=first.pattern(varying | {step}),
        title=_title(
            first,
            {step} | varying | {i for i, n in enumerate(first.numbers) if n.measures},
        ),
        names={},
        note=note,
    )
    if all(_is_step(number) for number in numbers):
        steps = {int(n.written): name.whole for n, name in zip(numbers, ordered, strict=True)}
        return replace(series, names=steps)
    return replace(
        series,
        names={place: name.whole for place, name in enumerate(ordered)},
        written={place: number.written for place, number in enumerate(numbers)},
    )


def _single(name: Name) -> Series:
    """Returns a series of one name, whose number is a step where it looks like one."""
    whole = [i for i, number in enumerate(name.numbers) if number.kind == "whole"]
    said = [i for i in whole if name.numbers[i].counts] + [
        i for i in whole if name.numbers[i].saves
    ]
    # The last number, but for a loss behind it: a-7, or 03-0.25.
    decimals = {i for i, number in enumerate(name.numbers) if number.kind == "decimal"}
    last = [
        i
        for i in whole
        if name.numbers[i].is_apart
        and not name.numbers[i].names_a_part
        and all(later in decimals for later in range(i + 1, len(name.numbers)))
        and not "".join(name.texts[i + 1 :]).strip("-_=. ")
    ]
    for i in (*said, *last):
        return _numbered([name], i, set(), "")
    return Series(name.whole, _title(name, set()), {0: name.whole})


def _in_order(names: Sequence[Name], *, by_numbers: bool = False) -> Series:
    """Returns names in their natural order, with a note about it."""

    def natural(name: Name) -> tuple[object, ...]:
        word = next((w for w in words_of(name.whole) if w in {*FIRST_WORDS, *LAST_WORDS}), "")
        rank = 1 + (word in LAST_WORDS) - (word in FIRST_WORDS)
        place = (*FIRST_WORDS, *LAST_WORDS).index(word) if word else 0
        parts = zip(name.texts, (*(n.order for n in name.numbers), (0.0, "")), strict=True)
        return rank, place, tuple(parts), name.whole

    ordered = sorted(names, key=natural)
    told = ", ".join(name.whole for name in ordered[:_MAX_TOLD])
    more = ", …" if len(ordered) > _MAX_TOLD else ""
    why = "hold no number that tells them apart" if by_numbers else "hold no number"
    varying = {
        i
        for i in range(len(ordered[0].numbers))
        if by_numbers and len({name.numbers[i].value for name in ordered}) > 1
    }
    written = shortened([name.whole for name in ordered])
    common = _common(ordered[0].whole, written[0])
    return Series(
        name=ordered[0].pattern(varying) if by_numbers else common,
        title=_title(ordered[0], varying)
        if by_numbers
        else common.replace("*", "").strip("-_=. "),
        names={i: name.whole for i, name in enumerate(ordered)},
        written=dict(enumerate(written)),
        by="clash" if by_numbers else "names",
        note=(
            f"the names {told}{more} {why}: the steps are in the order of their names; "
            "number them"
        ),
    )


def _is_without_step(series: Series) -> bool:
    return len(series.names) == 1 and "*" not in series.name


def _home_of(name: str, numbered: Sequence[Series]) -> int | None:
    """Returns the place of the series that a name without a number belongs to."""
    residue = residue_of(name)
    for place, series in enumerate(numbered):
        if len(series.names) > 1 and residue == residue_of(series.name):
            return place
    many = [place for place, series in enumerate(numbered) if len(series.names) > 1]
    return many[0] if len(many) == 1 and not residue else None


def _joined(series: Series, name: str) -> Series:
    """Returns a series with a name that says no number, at its end or before its beginning."""
    words = words_of(name)
    steps, written = dict(series.names), dict(series.written)
    word = next((w for w in (*FIRST_WORDS, *LAST_WORDS) if w in words), name)
    if word in FIRST_WORDS:
        if min(steps) == 0:
            written = {i + 1: written.get(step, str(step)) for i, step in enumerate(steps)}
            steps = {i + 1: one for i, one in enumerate(steps.values())}
        place = min(steps) - 1
    else:
        place = max(steps) + 1
    if place > LARGEST_STEP:
        written = {i: written.get(step, str(step)) for i, step in enumerate(steps)}
        steps, place = dict(enumerate(steps.values())), len(steps)
    side = "before" if word in FIRST_WORDS else "after"
    note = (
        f"{name} has no number in its name, unlike the others of {series.name}: it is "
        f"shown {side} them; number it"
    )
    return replace(
        series,
        names=dict(sorted((steps | {place: name}).items())),
        written=written | {place: word},
        note=f"{series.note}; {note}" if series.note else note,
    )


def _is_step(number: Number) -> bool:
    return number.kind == "whole" and 0 <= int(number.written) <= LARGEST_STEP


def _title(name: Name, places: set[int]) -> str:
    return re.sub(r"[-_=. ]{2,}", "-", name.without(places)).strip("-_=./ ")


def _common(name: str, part: str) -> str:
    return name.replace(part, "*", 1)
