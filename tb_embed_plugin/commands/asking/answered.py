"""An answer, and how large it may be: whoever reads it pays by the word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tb_embed_plugin.analysis.subsampling import thinned
from tb_embed_plugin.errors import ArgumentError, TooMuchAskedError

MOST_BYTES = 200_000
"""Of one answer as JSON; no other bound lets more through unless very much is recorded."""

MOST_STEPS = 64
"""Steps of a run or layer that are listed; of more, every second, fourth and so on."""

_LISTS = ("samples", "scores", "change_to", "same_as", "classes", "units")
"""Fields of a finding that are as long as what was found."""


@dataclass(frozen=True)
class Answered:
    """What a tool answers.

    Attributes:
        content: As JSON takes it.
        png: A picture beside it, a PNG file.
    """

    content: dict[str, Any]
    png: bytes | None = None

    def text(self, remedy: str) -> str:
        """Returns the content as JSON.

        Args:
            remedy: What to ask instead where it is too long.

        Raises:
            TooMuchAskedError: It is.
        """
        text = json.dumps(self.content, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
        if size > MOST_BYTES:
            raise TooMuchAskedError(
                f"the answer would have {size:,} bytes, but at most {MOST_BYTES:,} are "
                f"answered; {remedy}"
            )
        return text


def shortened(
    findings: Sequence[dict[str, Any]], most: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Returns findings with the first of what each lists, and what is left out, in words."""
    short = [
        {
            name: value[:most] if name in _LISTS and value else value
            for name, value in one.items()
        }
        for one in findings
    ]
    left_out = (
        f"Of each finding the first {most} samples, classes and units are listed; count says "
        "how many there are, and its link selects more."
    )
    return short, [] if short == list(findings) else [left_out]


def fewer_steps(entry: dict[str, Any]) -> dict[str, Any]:
    """Returns what is said of a run or layer with at most `MOST_STEPS` steps, and how many."""
    steps = entry["steps"]
    found = {**entry, "steps": thinned(steps, MOST_STEPS), "step_count": len(steps)}
    if "layers" in entry:
        found["layers"] = [fewer_steps(layer) for layer in entry["layers"]]
    return found


def check_most(name: str, value: int, most: int) -> None:
    """Refuses a number of things that is none, or too many.

    Raises:
        ArgumentError: It is not from 1 to `most`.
    """
    if not 1 <= value <= most:
        raise ArgumentError(f"{name} must be from 1 to {most}, not {value}; choose another")
