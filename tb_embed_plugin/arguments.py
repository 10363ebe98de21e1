"""The arguments of a request, parsed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from tb_embed_plugin.errors import (
    ArgumentError,
    NotPermittedError,
    NotRecordedError,
    TooMuchAskedError,
)
from tb_embed_plugin.metadata import START_HEADER
from tb_embed_plugin.wording import must_be_one_of

MAX_PARTS = 5000
"""Numbers and ranges in one list."""

_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)


class Arguments:
    """The query of a request.

    Args:
        query: Names and values, decoded.
        may_start: Whether the request has the header that no other site can send.
    """

    def __init__(self, query: Mapping[str, str], *, may_start: bool = False) -> None:
        self._query = query
        self._may_start = may_start

    @property
    def question(self) -> tuple[tuple[str, str], ...]:
        """Equal where the same is asked."""
        return tuple(sorted(self._query.items()))

    @property
    def may_start(self) -> bool:
        """Whether a job may be started or ended."""
        return self._may_start

    def text(self, name: str) -> str:
        """Returns a text that must be given.

        Raises:
            ArgumentError: It is missing or empty.
        """
        value = self._query.get(name)
        if not value:
            raise ArgumentError(f"the argument {name!r} is missing; add it")
        return value

    def given(self, names: Iterable[str]) -> dict[str, str]:
        """Returns those of the arguments `names` that are there."""
        return {name: self._query[name] for name in names if name in self._query}

    def optional(self, name: str) -> str | None:
        """Returns a text, None where it is not given or empty."""
        return self._query.get(name) or None

    def label(self) -> str | None:
        """Returns the column that is to be the label, empty for none; None if none is named."""
        return self._query.get("label")

    def version(self) -> str | None:
        """Returns the version that the asker believes current."""
        return self._query.get("v")

    def wants_start(self) -> bool:
        """Returns whether `start=1` asks for a job.

        Raises:
            ArgumentError: It is neither 0 nor 1.
            NotPermittedError: It does, without the header.
        """
        if self.choice("start", ["0", "1"]) == "0":
            return False
        self.check_may_start()
        return True

    def check_may_start(self) -> None:
        """Raises where the request may not start or end a job.

        Raises:
            NotPermittedError: It lacks the header, so any site might have sent it.
        """
        if not self._may_start:
            raise NotPermittedError(
                f"the request lacks the header {START_HEADER}: 1, without which any site "
                "could start and cancel jobs here; add it"
            )

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Returns one of `choices`, the first if the argument is missing.

        Raises:
            ArgumentError: It is another text.
        """
        value = self._query.get(name, choices[0])
        if value not in choices:
            raise ArgumentError(must_be_one_of(name, value, choices))
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Returns a whole number.

        Raises:
            ArgumentError: It is missing and has no default, or is none.
        """
        value = self._query.get(name)
        if value is None and default is not None:
            return default
        if value is None or not re.fullmatch(r"\d{1,18}", value, re.ASCII):
            raise ArgumentError(f"{name} must be a whole number, not {value!r}")
        return int(value)

    def members(self, name: str, recorded: Sequence[int]) -> list[int]:
        """Returns those of `recorded` that a list such as `0,5-7` names, ascending.

        Args:
            name: The argument; if it is missing, or `all`, all are meant.
            recorded: What there is, ascending.

        Raises:
            ArgumentError: It is no such list, or names nothing that there is.
            NotRecordedError: A single number in it is not in `recorded`.
        """
        value = self._query.get(name, "all")
        if value == "all":
            return list(recorded)
        chosen: list[int] = []
        done = 0
        # In order, so that ranges that overlap cost no more than what they name together.
        for low, high in sorted(self._ranges(name, value)):
            first, last = bisect_left(recorded, low), bisect_right(recorded, high)
            if low == high and first == last:
                raise NotRecordedError(
                    f"{name} {low} was not recorded; choose from {_summary(recorded)}"
                )
            chosen.extend(recorded[max(first, done) : last])
            done = max(done, last)
        if not chosen:
            raise ArgumentError(
                f"{name} {value!r} names none that was recorded; choose from "
                f"{_summary(recorded)}"
            )
        return chosen

    def _ranges(self, name: str, value: str) -> list[tuple[int, int]]:
        parts = value.split(",")
        if len(parts) > MAX_PARTS:
            raise TooMuchAskedError(
                f"{name} lists {len(parts)} numbers and ranges, but at most {MAX_PARTS} "
                "are allowed; join neighbors into ranges, or ask for fewer at a time"
            )
        matches = [_RANGE.fullmatch(part) for part in parts]
        return [
            (int(match[1]), int(match[2] or match[1])) if match else _refuse(name, value)
            for match in matches
        ]


def _refuse(name: str, value: str) -> tuple[int, int]:
    raise ArgumentError(f"{name} must be numbers and ranges such as 0,5-7, not {value[:40]!r}")


def _summary(recorded: Sequence[int]) -> str:
    if len(recorded) <= 12:
        return str(list(recorded))
    return f"{len(recorded)} from {recorded[0]} to {recorded[-1]}"
