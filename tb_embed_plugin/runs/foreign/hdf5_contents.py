"""The process that finds where matrices lie in HDF5 files.

`python -m tb_embed_plugin.runs.foreign.hdf5_contents` reads paths, one JSON list, from its
input and writes one JSON line at its start, and one a file. The HDF5 library crashes on some
damaged files and never returns from others; in a process of its own it takes nobody along.
Values are not read here: whoever asks reads them where they lie. A `.keras` file is an archive
with such a file in it, which Keras' own writer stores as it is, so that its values are read
there as well.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import h5py

from tb_embed_plugin.runs.reading import open_file

MAX_OBJECTS = 100_000
"""Groups and data sets in one file; a file with more is not read."""

MAX_CHARACTERS = 16 << 20
"""Of their names."""

MEMBER = "model.weights.h5"
"""The weights in a `.keras` file."""

MAX_UNPACKED_BYTES = 1 << 29
"""Of a member that is packed; a larger one is not unpacked."""


class TooMuchError(Exception):
    """The file is too large to be read within the time that a page waits."""


def contents(path: str) -> dict[str, Any]:
    """Returns what a file holds.

    Returns:
        `matrices`, by their place in the file: NumPy's name of the dtype, rows, columns, and
        where the values begin, row by row, as a number of bytes; `names`: what Keras calls the
        layers whose variables lie in a group, by its place; `apart`: places of matrices whose
        values lie in pieces, packed, or in another file; `others`, by their place: NumPy's
        kind, the dtype and the shape of what is no matrix; `member`: the part of the archive
        whose bytes are counted, empty where they are the file's.

    Raises:
        Exception: The file is damaged.
    """
    seen = _Seen()
    with open_file(Path(path)) as raw:
        is_archive = raw.read(2) == b"PK"
    if not is_archive:
        # No lock: a training may want to write this very file.
        with h5py.File(path, "r", locking=False) as file:
            # Every object once, and none behind a link to another file.
            file.visititems(seen.look)
        return asdict(seen) | {"member": ""}
    with open_file(Path(path)) as raw, zipfile.ZipFile(raw) as archive:
        info = archive.getinfo(MEMBER)
        is_stored = info.compress_type == zipfile.ZIP_STORED
        start = _start(raw, info.header_offset) if is_stored else 0
        if not is_stored and info.file_size > MAX_UNPACKED_BYTES:
            raise TooMuchError(
                f"its weights unpack to {info.file_size} bytes, at most {MAX_UNPACKED_BYTES} "
                "are unpacked; save them as .weights.h5, which is not packed"
            )
        part = (
            _Part(raw, start, info.file_size) if is_stored else io.BytesIO(archive.read(info))
        )
        with h5py.File(part, "r") as file:
            file.visititems(seen.look)
    for matrix in seen.matrices.values():
        matrix[-1] += start
    return asdict(seen) | {"member": "" if is_stored else MEMBER}


@dataclass
class _Seen:
    """What has been seen of a file; see `contents`."""

    matrices: dict[str, list[Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)
    others: dict[str, list[Any]] = field(default_factory=dict)
    objects: int = 0
    characters: int = 0

    def look(self, place: str, item: Any) -> None:
        self.objects += 1
        self.characters += len(place)
        if self.objects > MAX_OBJECTS or self.characters > MAX_CHARACTERS:
            raise TooMuchError(
                f"it holds more than {MAX_OBJECTS} objects, or {MAX_CHARACTERS} characters of "
                "their names; save fewer layers in one file"
            )
        if isinstance(item, h5py.Group):
            name = item.attrs.get("name")
            if isinstance(name, str) and place.endswith("/vars"):
                self.names[place.removesuffix("/vars")] = name
        elif isinstance(item, h5py.Dataset) and _is_matrix(item):
            offset = _offset(item)
            if offset is not None:
                self.matrices[place] = [item.dtype.str, *item.shape, offset]
            elif min(item.shape) >= 2:
                self.apart.append(place)
        elif isinstance(item, h5py.Dataset):
            self.others[place] = [item.dtype.kind, str(item.dtype), item.shape or ()]


class _Part(io.RawIOBase):
    """Some bytes of a file as a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _start(file: IO[bytes], header: int) -> int:
    """Returns where a stored member's bytes begin, behind its own header."""
    file.seek(header)
    local = file.read(30)
    if len(local) < 30 or local[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no header of a member")
    return (
        header
        + 30
        + int.from_bytes(local[26:28], "little")
        + int.from_bytes(local[28:30], "little")
    )


def _is_matrix(data: h5py.Dataset) -> bool:
    shape = data.shape or ()
    return len(shape) == 2 and min(shape) >= 1 and data.dtype.kind in "fiu"


def _offset(data: h5py.Dataset) -> int | None:
    if data.external or data.is_virtual or data.chunks is not None:
        return None
    offset: int | None = data.id.get_offset()
    return offset


def main() -> None:
    """Says that it has started, then answers for each file, so that it is known which harms."""
    sys.stdout.write(json.dumps({"started": True}) + "\n")
    sys.stdout.flush()
    for path in json.load(sys.stdin):
        answer: dict[str, Any]
        try:
            answer = contents(path)
        except TooMuchError as error:
            answer = {"refused": str(error)}
        except Exception as error:  # noqa: BLE001 # whatever damage makes of the library's answers
            answer = {"error": type(error).__name__}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
