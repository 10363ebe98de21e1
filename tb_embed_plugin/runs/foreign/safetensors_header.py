"""Where matrices lie in a `.safetensors` file, by its header alone.

The format: eight bytes with the length of the header, JSON that names each tensor with its
type, shape and place, and then the values row by row, which are read where they lie.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.tensor_kinds import Kind, described
from tb_embed_plugin.runs.foreign.weight_contents import (
    Contents,
    Found,
    Matrix,
    WeightFormat,
)
from tb_embed_plugin.runs.reading import check_size, open_file

MAX_HEADER_BYTES = 16 << 20
"""More than 100,000 tensors; parsed, a header takes ten times its size."""

_FEWER = "save fewer tensors in one file"

_DTYPES = {
    f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)
}
_DTYPES |= {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "bfloat16"}
_COMPLEX = ("C64", "C128")


def read_headers(paths: Sequence[Path]) -> dict[Path, Found]:
    """Returns the matrices of each file, or what is wrong with it."""
    read: dict[Path, Found] = {}
    for path in paths:
        try:
            read[path] = read_header(path)
        except UnreadableError as error:
            read[path] = str(error)
    return read


FORMAT = WeightFormat((".safetensors",), read_headers, in_parts=True)


def read_header(path: Path) -> Contents:
    """Returns the matrices of a file.

    Raises:
        UnreadableError: It is damaged, or cut short.
    """
    try:
        with open_file(path) as file:
            length = int.from_bytes(file.read(8), "little")
            check_size(f"the header of {path.name}", length, MAX_HEADER_BYTES, _FEWER)
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        matrices = {name: _matrix(entry, 8 + length) for name, entry in header.items()}
        return Contents(
            {name: matrix for name, matrix in matrices.items() if matrix is not None},
            others={
                name: _described(header[name])
                for name, matrix in matrices.items()
                if matrix is None
            },
        )
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise UnreadableError(
            f"{path.name} is damaged or being written: it does not begin with a header of "
            f"safetensors ({type(error).__name__}); save it again"
        ) from error


def _described(entry: dict[str, Any]) -> str:
    name = entry["dtype"]
    kind: Kind | None = "numbers" if name in _DTYPES else None
    if name in _COMPLEX:
        kind = "complex"
    return described(kind, tuple(map(int, entry["shape"])), f"the type {name}")


def _matrix(entry: dict[str, Any], start: int) -> Matrix | None:
    """Returns where a matrix of numbers lies, None for any other tensor.

    Raises:
        ValueError: Its place does not fit its shape.
    """
    dtype, shape = _DTYPES.get(entry["dtype"]), entry["shape"]
    if dtype is None or len(shape) != 2 or min(shape) < 1:
        return None
    rows, columns = map(int, shape)
    begin, end = map(int, entry["data_offsets"])
    matrix = Matrix(dtype, (rows, columns), start + begin)
    if begin < 0 or end - begin != matrix.place.size:
        raise ValueError(f"{end - begin} bytes for {rows} x {columns} {dtype}")
    return matrix
