"""Which step each of several files is: their names say it, the user, or their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tb_embed_plugin.errors import MisuseError

_LARGEST = 2**31 - 1
_NAMED = re.compile(r"(?:^|[^a-z])(?:step|epoch|iter)[-_=.]?(\d+)", re.ASCII | re.IGNORECASE)
_LAST = re.compile(r"(?:^|[-_=.])(\d+)$", re.ASCII)
"""A number of its own: fc1 is a name, fc-1 a step."""


def steps_of(paths: Sequence[Path], given: Sequence[int] | None) -> list[int]:
    """Returns the step of each file.

    Args:
        paths: The files, in the order that the user gave.
        given: Their steps as the user says, None where the names or the order shall tell.

    Raises:
        MisuseError: There are more or fewer of `given`, or two files are of one step.
    """
    if given is not None:
        steps = list(given)
        if len(steps) != len(paths):
            raise MisuseError(
                f"expected --steps with a number for each of {len(paths)} files; received "
                f"{len(steps)}; write as many, separated by commas"
            )
    else:
        steps = _told_by_names(paths)
    _check(paths, steps)
    return steps


def layer_name(path: Path) -> str:
    """Returns a file's name without its step, the default name of the layer in it."""
    name = _LAST.sub("", _NAMED.sub("", path.stem)).strip("-_=. ")
    return name or "embedding"


def _told_by_names(paths: Sequence[Path]) -> list[int]:
    found = [_number(path.stem) for path in paths]
    told = [step for step in found if step is not None]
    if len(told) == len(paths):
        return told
    if told:
        without = next(p for p, step in zip(paths, found, strict=True) if step is None)
        raise MisuseError(
            f"expected a step in the name of every file or of none; received {without.name} "
            "without one; pass --steps"
        )
    return list(range(len(paths)))


def _number(stem: str) -> int | None:
    match = _NAMED.search(stem) or _LAST.search(stem)
    return int(match[1]) if match else None


def _check(paths: Sequence[Path], steps: Sequence[int]) -> None:
    files: dict[int, Path] = {}
    for path, step in zip(paths, steps, strict=True):
        if not 0 <= step <= _LARGEST:
            raise MisuseError(
                f"expected steps from 0 to {_LARGEST}; received {step} for {path.name}; pass "
                "smaller ones as --steps"
            )
        if step in files:
            raise MisuseError(
                f"expected a step of its own for every file; received {step} for "
                f"{files[step].name} and {path.name}; pass --steps, or put several layers of "
                "one step into one .npz"
            )
        files[step] = path
