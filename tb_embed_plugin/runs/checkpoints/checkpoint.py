"""The reader of TensorFlow checkpoints ("tensor bundles"), without TensorFlow.

A checkpoint is an index, `<prefix>.index`, and data files `<prefix>.data-00000-of-00001`.
The index says where in the data a tensor lies (`leveldb_table`, `bundle_entries`). A
partitioned variable has an entry that lists its slices, each of which has an entry of its own.
The format is that of TensorFlow's `core/util/tensor_bundle`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
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
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.runs.stored_rows import BFLOAT16 as BFLOAT16_TYPE
from tb_embed_plugin.runs.stored_rows import (
    FileRows,
    JoinedRows,
    Part,
    Place,
    read_type,
    read_values,
    stored_type,
)
from tb_embed_plugin.snapshot import LazyRows
from tb_embed_plugin.wording import no_such

MAX_INDEX_BYTES = 16 << 20
"""An index of 200,000 tensors; larger ones are not read."""

MAX_TEXT_BYTES = 64 << 20
"""Of a string in a checkpoint."""


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
        """Returns all of the tensor `name`, read-only; bfloat16 becomes float32.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is of a type NumPy lacks, or its data are cut short.
        """
        entry = self.entry(name)
        if not entry.slices:
            return read_values(self._shard(entry.shard), _place(self._name, name, entry))
        self._check_size(name, entry)
        whole = np.empty(entry.shape, read_type(_numpy_type(entry.dtype)))
        for where, part in self._parts(name, entry):
            place = _place(self._name, name, part)
            whole[where] = read_values(self._shard(part.shard), place)
        whole.flags.writeable = False
        return whole

    def rows(self, name: str) -> LazyRows:
        """Returns the rows of the matrix `name`, which are read when they are asked for.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is no matrix of numbers, or its data are cut short.
        """
        entry = self.entry(name)
        if not entry.slices:
            return FileRows(self._shard(entry.shard), _place(self._name, name, entry))
        self._check_size(name, entry)
        rows, columns = entry.shape
        return JoinedRows(
            (rows, columns),
            [
                Part(where[0], where[1], FileRows(self._shard(part.shard), place))
                for where, part in self._parts(name, entry)
                if (place := _place(self._name, name, part)).size
            ],
        )

    def text(self, name: str) -> bytes:
        """Returns the single string that the tensor `name` holds.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
            UnreadableError: It is no single string, or its data are cut short.
        """
        entry = self.entry(name)
        if entry.dtype != STRING or math.prod(entry.shape) != 1:
            raise UnreadableError(f"{name!r} in {self._name} is not a string")
        if entry.size > MAX_TEXT_BYTES:
            raise UnreadableError(
                f"{name!r} in {self._name} has {entry.size} bytes, at most {MAX_TEXT_BYTES} "
                "are read; save a smaller model in one checkpoint"
            )
        place = Place("|u1", (entry.size,), entry.offset)
        data = read_values(self._shard(entry.shard), place).tobytes()
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

    def entry(self, name: str) -> TensorEntry:
        """Returns what the index says of the tensor `name`.

        Raises:
            NotRecordedError: The checkpoint holds no such tensor.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise NotRecordedError(
                no_such("tensor", name, sorted(self.entries), f"checkpoint {self._name}")
            )
        return entry

    def _shard(self, number: int) -> Path:
        return confined(self._folder, data_file(self._name, number, self._shards))

    def _parts(self, name: str, entry: TensorEntry) -> list[tuple[_Where, TensorEntry]]:
        """Returns the parts of a partitioned tensor, and where each stands in the whole.

        Raises:
            UnreadableError: They do not hold each of its values once.
        """
        found = []
        for extents in entry.slices:
            part = self._slices.get(slice_key(name, extents))
            where = tuple(
                slice(*slice(start, None if length < 0 else start + length).indices(size)[:2])
                for (start, length), size in zip(extents, entry.shape, strict=False)
            )
            shape = tuple(max(0, at.stop - at.start) for at in where)
            if part is None or len(extents) != len(entry.shape) or shape != part.shape:
                raise UnreadableError(
                    f"the part {extents} of {name!r} in {self._name} is missing or of "
                    "another shape; record this step again"
                )
            found.append((where, part))
        # TensorFlow cuts along whole rows and columns.
        along = [sorted({(at.start, at.stop) for at in axis}) for axis in _axes(found)]
        tiled = all(
            [0, *(stop for _, stop in cuts)] == [*(start for start, _ in cuts), size]
            for cuts, size in zip(along, entry.shape, strict=True)
        )
        distinct = {tuple((at.start, at.stop) for at in where) for where, _ in found}
        if not (tiled and math.prod(map(len, along)) == len(distinct) == len(found)):
            raise UnreadableError(
                f"the parts of {name!r} in {self._name} overlap or leave some of it out; "
                "record this step again"
            )
        return found

    def _check_size(self, name: str, entry: TensorEntry) -> None:
        """Raises where a partitioned tensor's parts, or their files, are not as large as it is.

        Raises:
            UnreadableError: They are not.
        """
        sizes = [
            part.size
            for extents in entry.slices
            if (part := self._slices.get(slice_key(name, extents))) is not None
        ]
        size = 0
        if entry.dtype in NUMBER_TYPES:
            size = stored_type(_numpy_type(entry.dtype)).itemsize * math.prod(entry.shape)
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


_Where = tuple[slice, ...]
"""Where a part of a tensor stands, an axis each."""


def _axes(parts: Sequence[tuple[_Where, TensorEntry]]) -> list[tuple[slice, ...]]:
    return list(zip(*(where for where, _ in parts), strict=True))


def _numpy_type(dtype: int) -> str:
    return BFLOAT16_TYPE if dtype == BFLOAT16 else NUMPY_TYPES[dtype]


def _place(checkpoint: str, name: str, entry: TensorEntry) -> Place:
    """Returns where a tensor in one piece lies.

    Raises:
        UnreadableError: It is no tensor of numbers, or its size does not fit its shape.
    """
    if entry.dtype not in NUMBER_TYPES:
        raise UnreadableError(
            f"{name!r} of {checkpoint} has TensorFlow's type {entry.dtype}, which is "
            "not a plain number type; save it as float32"
        )
    place = Place(_numpy_type(entry.dtype), entry.shape, entry.offset)
    if entry.size != place.size or min(entry.shape, default=0) < 0:
        raise UnreadableError(
            f"{name!r} of {checkpoint} has {entry.size} bytes, which do not fit "
            f"{entry.shape} values of {place.dtype}; record it again"
        )
    return place
