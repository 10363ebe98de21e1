"""Where matrices lie in HDF5 files, found by a process that may crash.

That library runs in a process of its own (`hdf5_contents`), which may crash or hang. The values
are read by us.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from tb_embed_plugin.runs.foreign.tensor_kinds import Kind, described
from tb_embed_plugin.runs.foreign.weight_contents import Contents, Matrix, WeightFormat

COMMAND = (sys.executable, "-m", "tb_embed_plugin.runs.foreign.hdf5_contents")

START_SECONDS = 10.0
"""For the process to start and read the first file."""

FILE_SECONDS = 3.0
"""For each of the others; some damaged files keep the library forever."""

MAX_CRASHES = 3
"""Files that may crash the library before the ones after them are left out."""


_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys("fiu", "numbers"),
    **dict.fromkeys("OSU", "texts"),
    "c": "complex",
}
"""What NumPy's kinds of types are."""


def read_files(paths: Sequence[Path]) -> dict[Path, Contents | str]:
    """Returns what each file holds, or in a sentence what is wrong with it."""
    return {
        path: held
        if isinstance(held, Contents)
        else f"{path.name} is damaged or being written, so Keras' weights cannot be read "
        f"({held}); save them again"
        for path, held in read_contents(paths).items()
    }


FORMAT = WeightFormat((".weights.h5", ".keras", ".h5", ".hdf5"), read_files)


def read_contents(paths: Sequence[Path]) -> dict[Path, Contents | str]:
    """Returns what each file holds, or what became of the attempt to read it."""
    read: dict[Path, Contents | str] = {}
    waiting = list(paths)
    for _ in range(MAX_CRASHES):
        if not waiting:
            break
        answers, end = _ask(waiting)
        for path, answer in zip(waiting, answers, strict=False):
            read[path] = answer["error"] if "error" in answer else _parse(answer)
        waiting = waiting[len(answers) :]
        if waiting:
            read[waiting.pop(0)] = end
    return read | dict.fromkeys(waiting, "it comes after others that could not be read")


def _parse(answer: Mapping[str, Any]) -> Contents:
    """Takes the answer of `hdf5_contents.contents`."""
    member = answer.get("member", "")
    return Contents(
        matrices={
            place: Matrix(dtype, (rows, columns), offset, member)
            for place, (dtype, rows, columns, offset) in answer["matrices"].items()
        },
        apart=answer["apart"],
        names=answer["names"],
        others={
            place: described(_KINDS.get(kind), tuple(shape), f"the type {dtype}")
            for place, (kind, dtype, shape) in answer["others"].items()
        },
    )


def _ask(paths: Sequence[Path]) -> tuple[list[dict[str, Any]], str]:
    """Returns the answers for the first files, and what happened to the library at the next."""
    answers: list[dict[str, Any]] = []
    too_late = threading.Event()
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:

        def give_up() -> None:
            too_late.set()
            process.kill()

        tell, hear = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        watch = threading.Timer(START_SECONDS, give_up)
        watch.start()
        with contextlib.suppress(BrokenPipeError):
            tell.write(json.dumps([str(path) for path in paths]).encode())
            tell.close()
        for line in hear:
            watch.cancel()
            if line.endswith(
                b"\n"
            ):  # the last one of a process that is killed may be cut short
                answers.append(json.loads(line))
            watch = threading.Timer(FILE_SECONDS, give_up)
            watch.start()
        watch.cancel()
    if too_late.is_set():
        return answers, "the HDF5 library did not come to an end with it"
    return answers, "the HDF5 library crashed on it"
