"""The reader of TensorFlow checkpoints ("tensor bundles"): by memory map, without TensorFlow.

A checkpoint is an index, `<prefix>.index`, and data files `<prefix>.data-00000-of-00001`.
The index says where in the data a tensor lies (`leveldb_table`, `bundle_entries`). A
partitioned variable has an entry that lists its slices, each of which has an entry of its own.
The format is that of TensorFlow's `core/util/tensor_bundle`.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.runs.checkpoints.bundle_entries import (
    BFLOAT16,
    HEADER_KEY,
    INDEX,
    NUMBER_TYPES,
    NUMPY_TYPES,
    STRING,
    TensorEntry,
    data_file,
    read_header,
    slice_key,
)
from tb_embed_plugin.runs.checkpoints.leveldb_table import table_items
from tb_embed_plugin.runs.checkpoints.wire_format import varint
from tb_embed_plugin.runs.reading import open_file, read_file
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.wording import no_such

MAX_INDEX_BYTES = 64 << 20
"""An index of a million tensors; larger ones are not read."""


class Checkpoint:
    """One checkpoint on disk.

    Args:
        folder: The directory that it is confined to, links resolved; none outside is read.
        name: Path of the files below `folder`, without `.index`.

    Raises:
        NotRecordedError: There is no index file.
        UnreadableError: The index is damaged or of an unknown kind.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        data = self._read_index()
        try:
            items = dict(table_items(data))
            self._shards = read_header(items.pop(HEADER_KEY))
            entries = {key: TensorEntry.parse(value) for key, value in items.items()}
            parts = {
                slice_key(key.decode(), extents)
                for key, entry in entries.items()
                for extents in entry.slices
            }
            self._slices = {key: entries[key] for key in parts & entries.keys()}
            self.entries = {
                key.decode(): entry for key, entry in entries.items() if key not in parts
            }
        except (ValueError, KeyError, IndexError, struct.error, TypeError) as error:
            raise UnreadableError(
                f"{name}.index is damaged or not the index of a TensorFlow checkpoint "
                f"({error}); record this step again"
            ) from error

    def tensor(self, name: str) -> NDArray[np.generic]:
        """Returns the tensor `name`, read-only.

        It maps the file where it is one piece of a type that NumPy has. bfloat16 becomes
        float32.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is of a type NumPy lacks, or its data are cut short.
        """
        entry = self._entry(name)
        if not entry.slices:
            return self._plain(name, entry)
        whole = self._empty(name, entry)
        for extents in entry.slices:
            part = self._slices.get(slice_key(name, extents))
            where = tuple(
                slice(start, None if length < 0 else start + length)
                for start, length in extents
            )
            if part is None or len(where) != whole.ndim or whole[where].shape != part.shape:
                raise UnreadableError(
                    f"the part {extents} of {name!r} in {self._name} is missing or of "
                    "another shape; record this step again"
                )
            whole[where] = self._plain(name, part)
        whole.flags.writeable = False
        return whole

    def text(self, name: str) -> bytes:
        """Returns the single string that the tensor `name` holds.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is no single string, or its data are cut short.
        """
        entry = self._entry(name)
        if entry.dtype != STRING or math.prod(entry.shape) != 1:
            raise UnreadableError(f"{name!r} in {self._name} is not a string")
        data = self._map(entry, np.dtype("|u1"), (entry.size,)).tobytes()
        try:
            length, position = varint(data, 0)
        except (IndexError, ValueError) as error:
            raise UnreadableError(f"{name!r} in {self._name} is not a string") from error
        return data[position + 4 : position + 4 + length]  # a checksum of the length precedes

    def _read_index(self) -> bytes:
        try:
            return read_file(
                confined(self._folder, f"{self._name}{INDEX}"),
                MAX_INDEX_BYTES,
                "save fewer tensors in one checkpoint",
            )
        except OSError as error:
            raise NotRecordedError(
                f"the index of checkpoint {self._name} cannot be read "
                f"({type(error).__name__}); it may have been thinned out: reload the page"
            ) from error

    def _entry(self, name: str) -> TensorEntry:
        entry = self.entries.get(name)
        if entry is None:
            raise NotRecordedError(
                no_such("tensor", name, sorted(self.entries), f"checkpoint {self._name}")
            )
        return entry

    def _plain(self, name: str, entry: TensorEntry) -> NDArray[np.generic]:
        if entry.dtype not in NUMBER_TYPES:
            raise UnreadableError(
                f"{name!r} of {self._name} has TensorFlow's type {entry.dtype}, which is "
                "not a plain number type; save it as float32"
            )
        dtype = np.dtype(NUMPY_TYPES.get(entry.dtype, "<u2"))
        if entry.size != dtype.itemsize * math.prod(entry.shape):
            raise UnreadableError(
                f"{name!r} of {self._name} has {entry.size} bytes, which do not fit "
                f"{entry.shape} values of {dtype}; record it again"
            )
        mapped = self._map(entry, dtype, entry.shape)
        return _float32(mapped) if entry.dtype == BFLOAT16 else mapped

    def _map(
        self, entry: TensorEntry, dtype: np.dtype[np.generic], shape: tuple[int, ...]
    ) -> NDArray[np.generic]:
        path = self._shard(entry.shard)
        try:
            if entry.size == 0:
                return np.zeros(shape, dtype)
            with open_file(path) as file:
                return np.memmap(file, dtype, mode="r", offset=entry.offset, shape=shape)
        except (OSError, ValueError, OverflowError) as error:
            raise UnreadableError(
                f"{path.name} is missing or cut short: it must have at least "
                f"{entry.offset + entry.size} bytes; record this step again"
            ) from error

    def _shard(self, number: int) -> Path:
        return confined(self._folder, data_file(self._name, number, self._shards))

    def _empty(self, name: str, entry: TensorEntry) -> NDArray[np.generic]:
        """Returns room for a partitioned tensor, provided that its parts are as large."""
        sizes = [
            part.size
            for extents in entry.slices
            if (part := self._slices.get(slice_key(name, extents))) is not None
        ]
        wide = entry.dtype == BFLOAT16
        dtype = np.dtype("<f4" if wide else NUMPY_TYPES.get(entry.dtype, "|u1"))
        size = math.prod(entry.shape) * dtype.itemsize // (2 if wide else 1)
        shards = {part.shard for part in self._slices.values()}
        try:
            on_disk = sum(self._shard(shard).stat().st_size for shard in shards)
        except OSError:
            on_disk = 0
        if entry.dtype not in NUMBER_TYPES or sum(sizes) != size or size > on_disk:
            raise UnreadableError(
                f"the parts of {name!r} in {self._name} have {sum(sizes)} bytes and files "
                f"of {on_disk}, not {size} bytes; record this step again"
            )
        return np.empty(entry.shape, dtype)


def _float32(bfloat16: NDArray[np.generic]) -> NDArray[np.float32]:
    """Widens bfloat16, which is the upper half of a float32."""
    wide = bfloat16.astype(np.uint32) << np.uint32(16)
    values = wide.view(np.float32)
    values.flags.writeable = False
    return values
