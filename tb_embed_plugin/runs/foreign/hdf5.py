"""Where matrices lie in HDF5 files, found by a process that may crash.

That library runs in a process of its own (`hdf5_contents`), which may crash or hang. The values
are read by us.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from tb_embed_plugin.process_end import name_of
from tb_embed_plugin.runs.foreign.tensor_kinds import Kind, described
from tb_embed_plugin.runs.foreign.weight_contents import (
    Contents,
    Found,
    Matrix,
    NotRead,
    WeightFormat,
)

COMMAND = (sys.executable, "-m", "tb_embed_plugin.runs.foreign.hdf5_contents")

START_SECONDS = 10.0
"""For the process to start; what this takes is no file's fault."""

FILE_SECONDS = 3.0
"""For each file; some damaged ones keep the library forever."""

MAX_CRASHES = 3
"""Files that may crash the library before the ones after them are left out."""


_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys("fiu", "numbers"),
    **dict.fromkeys("OSU", "texts"),
    "c": "complex",
}
"""What NumPy's kinds of types are."""


def read_files(paths: Sequence[Path]) -> dict[Path, Found]:
    """Returns what each file holds, or in a sentence what is wrong with it."""
    return {path: _told(path, held) for path, held in read_contents(paths).items()}


def _told(path: Path, held: Found) -> Found:
    if isinstance(held, NotRead):
        return NotRead(
            f"{path.name} is not read yet ({held.why}); it is tried again by itself: save it "
            "again if it stays so"
        )
    return held


def _wrong(path: Path, answer: Mapping[str, Any]) -> str:
    """Returns in a sentence what is wrong with a file, empty where nothing is."""
    if "refused" in answer:
        return f"{path.name} is not read: {answer['refused']}"
    if "error" in answer:
        return (
            f"{path.name} is damaged or being written, so Keras' weights cannot be read "
            f"({answer['error']}); save them again"
        )
    return ""


FORMAT = WeightFormat((".weights.h5", ".keras", ".h5", ".hdf5"), read_files)


def read_contents(paths: Sequence[Path]) -> dict[Path, Found]:
    """Returns what each file holds, or what became of the attempt to read it."""
    read: dict[Path, Found] = {}
    waiting = list(paths)
    for _ in range(MAX_CRASHES):
        if not waiting:
            break
        answers, started, end = _ask(waiting)
        for path, answer in zip(waiting, answers, strict=False):
            read[path] = _wrong(path, answer) or _parse(answer)
        waiting = waiting[len(answers) :]
        if not started:
            return read | dict.fromkeys(waiting, NotRead(end))
        if waiting:
            read[waiting.pop(0)] = NotRead(end)
    return read | dict.fromkeys(waiting, NotRead("it comes after others that were not read"))


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


def _ask(paths: Sequence[Path]) -> tuple[list[dict[str, Any]], bool, str]:
    """Asks the process.

    Returns:
        The answers for the first files, whether the process had started, and what became of it
        at the next file.
    """
    answers: list[dict[str, Any]] = []
    started = False
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
            # The last one of a process that is killed may be cut short.
            if line.endswith(b"\n"):
                answers += [json.loads(line)] if started else []
                started = True
            watch = threading.Timer(FILE_SECONDS, give_up)
            watch.start()
        watch.cancel()
    if not too_late.is_set():
        return answers, started, _end(process.wait())
    if not started:
        return (
            answers,
            started,
            f"the process that reads HDF5 took over {START_SECONDS:g} s to start",
        )
    return answers, started, f"the HDF5 library took over {FILE_SECONDS:g} s"


def _end(code: int) -> str:
    if -code == getattr(signal, "SIGBUS", 0):
        return "the file was cut while it was read"
    return f"the process that reads HDF5 ended by {name_of(code)}"
