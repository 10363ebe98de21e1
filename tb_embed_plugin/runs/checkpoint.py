"""Reads TensorFlow's checkpoints ("tensor bundles") by memory map, without TensorFlow.

A checkpoint is an index, `<prefix>.index`, and data files `<prefix>.data-00000-of-00001`.
The index is a sorted string table in LevelDB's format whose values are small protocol
buffers; each says where in the data a tensor lies. The formats are those of TensorFlow's
`core/util/tensor_bundle` and `core/lib/io/table` (`format.cc`, `block.cc`).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.runs.confinement import confined

_FOOTER_BYTES = 48
_TABLE_MAGIC = 0xDB4775248B80FB57
_BLOCK_TRAILER_BYTES = 5
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "|u1", 9: "<i8", 10: "|b1", 19: "<f2"}
"""NumPy's names of the members of TensorFlow's DataType that can be mapped as they are."""


@dataclass(frozen=True)
class TensorEntry:
    """Where a tensor lies: `size` bytes from `offset` on in data file `shard`."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    sliced: bool


class Checkpoint:
    """One checkpoint on disk.

    Args:
        folder: The directory of its files, links resolved; none outside of it is read.
        name: Name of the files without `.index`.

    Raises:
        NotRecordedError: There is no index file.
        UnreadableError: The index is damaged or of an unknown kind.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        try:
            data = confined(folder, f"{name}.index").read_bytes()
        except OSError as error:
            raise NotRecordedError(
                f"expected a checkpoint {name}; its index cannot be read "
                f"({type(error).__name__}); it may have been thinned out: reload the page"
            ) from error
        try:
            items = dict(_table_items(data))
            self._shards = _Message(items[b""]).numbers.get(1, 1)
            self.entries = {
                key.decode(): _tensor_entry(value) for key, value in items.items() if key
            }
        except (ValueError, KeyError, IndexError, struct.error, TypeError) as error:
            raise UnreadableError(
                f"expected the index of a TensorFlow checkpoint; {name}.index is "
                f"damaged or of another kind ({error}); record this step again"
            ) from error

    def tensor(self, name: str) -> NDArray[np.generic]:
        """Returns the tensor `name` as a read-only array that maps the file.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is sliced, of a type NumPy lacks, or its data are cut short.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise NotRecordedError(
                f"expected one of the tensors {sorted(self.entries)}; received {name!r}"
            )
        if entry.sliced or entry.dtype not in _DTYPES:
            raise UnreadableError(
                f"expected an unsliced tensor of a plain number type; {name!r} of "
                f"{self._name} is sliced or of TensorFlow's type {entry.dtype}"
            )
        dtype = np.dtype(_DTYPES[entry.dtype])
        if entry.size != dtype.itemsize * math.prod(entry.shape):
            raise UnreadableError(
                f"expected {entry.shape} values of {dtype} for {name!r} of "
                f"{self._name}; received {entry.size} bytes; record it again"
            )
        return self._map(entry, dtype)

    def _map(self, entry: TensorEntry, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
        path = confined(
            self._folder, f"{self._name}.data-{entry.shard:05d}-of-{self._shards:05d}"
        )
        try:
            if entry.size == 0:
                return np.zeros(entry.shape, dtype)
            return np.memmap(path, dtype, mode="r", offset=entry.offset, shape=entry.shape)
        except (OSError, ValueError, OverflowError) as error:
            raise UnreadableError(
                f"expected {entry.offset + entry.size} bytes or more in {path.name}; "
                "the file is missing or cut short; record this step again"
            ) from error


def _table_items(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the keys and values of a sorted string table, in order."""
    footer = data[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _TABLE_MAGIC:
        raise ValueError("its last bytes are not those of a table")
    _, _, position = _block_handle(footer, 0)
    index_offset, index_size, _ = _block_handle(footer, position)
    for _, handle in _block_items(data, index_offset, index_size):
        offset, size, _ = _block_handle(handle, 0)
        yield from _block_items(data, offset, size)


def _block_handle(data: bytes, position: int) -> tuple[int, int, int]:
    offset, position = _varint(data, position)
    size, position = _varint(data, position)
    return offset, size, position


def _block_items(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields a block's entries; each key is stored as what differs from the one before."""
    end = offset + size
    if end + _BLOCK_TRAILER_BYTES > len(data):
        raise ValueError("a block ends after the file")
    if data[end] != 0:
        raise ValueError("it is compressed, which TensorFlow does not do")
    (checksum,) = struct.unpack_from("<I", data, end + 1)
    if masked_crc32c(data[offset : end + 1]) != checksum:
        raise ValueError("a block fails its checksum")
    block = data[offset:end]
    (restarts,) = struct.unpack("<I", block[-4:])
    end_of_entries = len(block) - 4 - 4 * restarts
    position, key = 0, b""
    while position < end_of_entries:
        shared, position = _varint(block, position)
        added, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + added]
        position += added
        yield key, block[position : position + length]
        position += length


def _tensor_entry(data: bytes) -> TensorEntry:
    """Parses a BundleEntryProto."""
    entry = _Message(data)
    shapes = [_Message(shape) for number, shape in entry.strings if number == 2]
    return TensorEntry(
        dtype=entry.numbers.get(1, 0),
        shape=tuple(
            _Message(size).numbers.get(1, 0)
            for shape in shapes
            for number, size in shape.strings
            if number == 2
        ),
        shard=entry.numbers.get(3, 0),
        offset=entry.numbers.get(4, 0),
        size=entry.numbers.get(5, 0),
        sliced=any(number == 7 for number, _ in entry.strings),
    )


class _Message:
    """The fields of a protocol buffer: numbers by tag, length-delimited ones in order."""

    def __init__(self, data: bytes) -> None:
        self.numbers: dict[int, int] = {}
        self.strings: list[tuple[int, bytes]] = []
        position = 0
        while position < len(data):
            tag, position = _varint(data, position)
            number, wire_type = tag >> 3, tag & 7
            if wire_type == 0:
                self.numbers[number], position = _varint(data, position)
            elif wire_type == 2:
                length, position = _varint(data, position)
                self.strings.append((number, data[position : position + length]))
                position += length
            elif wire_type == 5:
                position += 4
            elif wire_type == 1:
                position += 8
            else:
                raise ValueError(f"a field has the unknown wire type {wire_type}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number is longer than 64 bits")
