"""Reads where the matrices of HDF5 files lie, whatever the files do to the HDF5 library.

That library runs in a process of its own (`hdf5_contents`), which may crash or hang. The values
are mapped by us.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError

COMMAND = (sys.executable, "-m", "tb_embed_plugin.runs.hdf5_contents")

START_SECONDS = 10.0
"""For the process to start and read the first file."""

FILE_SECONDS = 3.0
"""For each of the others; some damaged files keep the library forever."""

MAX_CRASHES = 3
"""Files that may crash the library before the ones after them are left out."""


@dataclass(frozen=True)
class Matrix:
    """Where a matrix lies in a file.

    Attributes:
        dtype: NumPy's name of it.
        shape: Rows and columns.
        offset: Bytes of the file before its values, which follow row by row.
    """

    dtype: str
    shape: tuple[int, int]
    offset: int

    @property
    def end(self) -> int:
        """Bytes of the file up to its last value."""
        return self.offset + np.dtype(self.dtype).itemsize * math.prod(self.shape)

    def read(self, path: Path) -> NDArray[np.generic]:
        """Returns the values as a read-only array that maps the file.

        Raises:
            UnreadableError: The file is cut short.
        """
        try:
            return np.memmap(path, self.dtype, mode="r", offset=self.offset, shape=self.shape)
        except (OSError, ValueError, OverflowError) as error:
            raise UnreadableError(
                f"expected {self.shape[0]} x {self.shape[1]} values of {self.dtype} in "
                f"{path.name}; it is cut short; save it again"
            ) from error


@dataclass(frozen=True)
class Contents:
    """What a file holds, by the places in it.

    Attributes:
        matrices: Those whose values can be mapped.
        apart: Those whose values lie in pieces, packed, or in another file.
        names: What Keras calls the layers.
    """

    matrices: Mapping[str, Matrix]
    apart: Sequence[str]
    names: Mapping[str, str]

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> Self:
        """Takes the answer of `hdf5_contents.contents`."""
        return cls(
            matrices={
                place: Matrix(dtype, (rows, columns), offset)
                for place, (dtype, rows, columns, offset) in answer["matrices"].items()
            },
            apart=answer["apart"],
            names=answer["names"],
        )


def read_contents(paths: Sequence[Path]) -> dict[Path, Contents | str]:
    """Returns what each file holds, or what became of the attempt to read it."""
    read: dict[Path, Contents | str] = {}
    waiting = list(paths)
    for _ in range(MAX_CRASHES):
        if not waiting:
            break
        answers, end = _ask(waiting)
        for path, answer in zip(waiting, answers, strict=False):
            read[path] = answer["error"] if "error" in answer else Contents.parse(answer)
        waiting = waiting[len(answers) :]
        if waiting:
            read[waiting.pop(0)] = end
    return read | dict.fromkeys(waiting, "it comes after others that could not be read")


def _ask(paths: Sequence[Path]) -> tuple[list[dict[str, Any]], str]:
    """Returns the answers for the first files, and what befell the library at the next."""
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
