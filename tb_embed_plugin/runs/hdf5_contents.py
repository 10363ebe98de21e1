"""Says where the matrices of HDF5 files lie, in a process of its own.

`python -m tb_embed_plugin.runs.hdf5_contents` reads paths, one JSON list, from its input and
writes one JSON line a file. The HDF5 library crashes on some damaged files and never returns
from others; in a process of its own it takes nobody along. Values are not read here:
whoever asks maps them where they lie.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import h5py

MAX_OBJECTS = 100_000
"""Groups and data sets in one file; a file with more is not read."""


def contents(path: str) -> dict[str, Any]:
    """Returns what a file holds.

    Returns:
        `matrices`, by their place in the file: NumPy's name of the dtype, rows, columns, and
        where the values begin, row by row, as a number of bytes; `names`: what Keras calls the
        layers whose variables lie in a group, by its place; `apart`: places of matrices whose
        values lie in pieces, packed, or in another file.

    Raises:
        Exception: The file is damaged.
    """
    matrices: dict[str, list[Any]] = {}
    names: dict[str, str] = {}
    apart: list[str] = []
    objects = 0

    def look(place: str, item: Any) -> None:
        nonlocal objects
        objects += 1
        if objects > MAX_OBJECTS:
            raise ValueError(f"it holds more than {MAX_OBJECTS} objects")
        if isinstance(item, h5py.Group):
            name = item.attrs.get("name")
            if isinstance(name, str) and place.endswith("/vars"):
                names[place.removesuffix("/vars")] = name
        elif isinstance(item, h5py.Dataset) and _is_matrix(item):
            offset = _offset(item)
            if offset is None:
                apart.append(place)
            else:
                matrices[place] = [item.dtype.str, *item.shape, offset]

    # No lock: a training may want to write this very file.
    with h5py.File(path, "r", locking=False) as file:
        # Every object once, and none behind a link to another file.
        file.visititems(look)
    return {"matrices": matrices, "names": names, "apart": apart}


def _is_matrix(data: h5py.Dataset) -> bool:
    shape = data.shape or ()
    return len(shape) == 2 and min(shape) >= 2 and data.dtype.kind in "fiu"


def _offset(data: h5py.Dataset) -> int | None:
    if data.external or data.is_virtual or data.chunks is not None:
        return None
    offset: int | None = data.id.get_offset()
    return offset


def main() -> None:
    """Answers for each file as soon as it was read, so that it is known which one did harm."""
    for path in json.load(sys.stdin):
        answer: dict[str, Any]
        try:
            answer = contents(path)
        except Exception as error:  # noqa: BLE001 # whatever damage makes of the library's answers
            answer = {"error": type(error).__name__}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
