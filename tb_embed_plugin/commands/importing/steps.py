"""The step of each imported file: by its name, by the user, or by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.runs.foreign.step_names import Series, find_series
from tb_embed_plugin.runs.foreign.step_words import in_their_order


@dataclass(frozen=True)
class FileSteps:
    """The steps of files.

    Attributes:
        steps: One for each file, in the files' order.
        names: What was written in place of a step, where that is no such number.
        layer: The files' name without what differs, the default name of the layer in them;
            empty where their names are different ones.
        notes: What a person should know, one sentence each.
    """

    steps: Sequence[int]
    names: Sequence[str | None]
    layer: str
    notes: Sequence[str] = ()


def steps_of(paths: Sequence[Path], given: Sequence[str] | None) -> FileSteps:
    """Returns the step of each file.

    Args:
        paths: The files, in the order that the user gave.
        given: Their steps as the user wrote them, whole numbers or not; None where the names or
            the order shall tell.

    Raises:
        MisuseError: There are more or fewer of `given`, or two files are of one step.
    """
    stems = [path.stem for path in paths]
    if len(set(stems)) < len(stems):  # the step may be in the name of the folder
        stems = [f"{path.resolve().parent.name}/{path.stem}" for path in paths]
    found = find_series(stems) if len(set(stems)) == len(stems) else []
    series = found[0] if len(found) == 1 and found[0].by != "names" else None
    layer = "" if series is None else series.title or "embedding"
    if given is not None:
        return _given(paths, given, layer)
    if series is None:
        _refuse_some_numbers(found)
        return FileSteps(list(range(len(paths))), [None] * len(paths), layer)
    if series.by == "clash":
        raise MisuseError(
            f"nothing tells the steps of {', '.join(path.name for path in paths[:3])} "
            "apart; pass --steps, or put several layers of one step into one .npz"
        )
    steps = {name: step for step, name in series.names.items()}
    return FileSteps(
        [steps[stem] for stem in stems],
        [series.written.get(steps[stem]) for stem in stems],
        layer,
        [series.note] if series.note else [],
    )


def _given(paths: Sequence[Path], given: Sequence[str], layer: str) -> FileSteps:
    if len(given) != len(paths):
        raise MisuseError(
            f"--steps has {len(given)} steps but there are {len(paths)} files; pass one "
            "per file, separated by commas"
        )
    steps = in_their_order(given)
    for i, step in enumerate(steps):
        if step in steps[:i]:
            raise MisuseError(
                f"{paths[steps.index(step)].name} and {paths[i].name} both have the step "
                f"{given[i]}; pass other steps as --steps"
            )
    is_itself = [
        word.isdecimal() and int(word) == step for word, step in zip(given, steps, strict=True)
    ]
    names = [None if same else word for word, same in zip(given, is_itself, strict=True)]
    return FileSteps(steps, names, layer)


def _refuse_some_numbers(found: Sequence[Series]) -> None:
    """Raises where some files have a number and others none, or names differ otherwise."""
    without = [name for s in found if "*" not in s.name for name in s.names.values()]
    without += [name for s in found if s.by == "names" for name in s.names.values()]
    numbered = [s.name for s in found if "*" in s.name and s.by != "names"]
    if numbered and without:
        raise MisuseError(
            f"{without[0]} has no step in its name, but others have; pass --steps"
        )
    if numbered:
        raise MisuseError(
            f"{', '.join(numbered[:3])} have different names apart from their numbers; "
            "import each into a run of its own, or pass --layer and --steps"
        )
