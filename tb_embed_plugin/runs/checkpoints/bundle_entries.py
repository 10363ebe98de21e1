"""The entries of a checkpoint's index: a header, and where each tensor or slice of one lies.

The formats are those of TensorFlow's `core/protobuf/tensor_bundle.proto`, and for the keys of
slices `core/util/saved_tensor_slice_util.cc` and `core/lib/strings/ordered_code.cc`. This
module names their fields for the reader and the writer alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tb_embed_plugin.runs.checkpoints.wire_format import (
    Message,
    fixed_field,
    number_field,
    string_field,
)

INDEX = ".index"
"""How the index of a checkpoint ends; what comes before names the checkpoint."""

NUMPY_TYPES: Mapping[int, str] = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "|u1",
    5: "<i2",
    6: "|i1",
    9: "<i8",
    10: "|b1",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
"""NumPy's names of the members of TensorFlow's DataType that are read as they are."""

STRING, COMPLEX64, BFLOAT16, COMPLEX128 = 7, 8, 14, 18
"""Other members of TensorFlow's DataType."""

NUMBER_TYPES = frozenset({*NUMPY_TYPES, BFLOAT16})
"""Members of TensorFlow's DataType that a matrix can be of."""

HEADER_KEY = b""
"""The key of the header, which sorts before any tensor's name."""

_VERSION_OF_FORMAT = 1
_BIG_ENDIAN = 1

# BundleHeaderProto, and VersionDef in it.
_N_SHARDS, _ENDIANNESS, _VERSION = 1, 2, 3
_PRODUCER = 1
# BundleEntryProto; TensorShapeProto and its Dim; TensorSliceProto and its Extent.
_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE, _CHECKSUM, _SLICES = range(1, 8)
_DIM, _DIM_SIZE = 2, 1
_EXTENT, _EXTENT_START, _EXTENT_LENGTH = 1, 1, 2


def data_file(name: str, shard: int, n_shards: int) -> str:
    """Returns the name of a data file of the checkpoint `name`."""
    return f"{name}.data-{shard:05d}-of-{n_shards:05d}"


def read_header(data: bytes) -> int:
    """Returns how many data files a BundleHeaderProto says there are.

    Raises:
        ValueError: It is no header, or the values are big-endian.
    """
    numbers = Message(data).numbers
    if numbers.get(_ENDIANNESS, 0) == _BIG_ENDIAN:
        raise ValueError("it was written on a big-endian machine")
    return numbers.get(_N_SHARDS, 1)


def header_bytes() -> bytes:
    """Returns the header of one data file, little-endian."""
    version = number_field(_PRODUCER, _VERSION_OF_FORMAT)
    return number_field(_N_SHARDS, 1) + string_field(_VERSION, version)


@dataclass(frozen=True)
class TensorEntry:
    """Where a tensor lies: `size` bytes from `offset` on in data file `shard`.

    `slices` are the parts that a partitioned one consists of: for each dimension where the part
    begins and how long it is, -1 for all.
    """

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    slices: tuple[tuple[tuple[int, int], ...], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> TensorEntry:
        """Parses a BundleEntryProto.

        Raises:
            ValueError: It is none; so does IndexError say.
        """
        entry = Message(data)
        return cls(
            dtype=entry.numbers.get(_DTYPE, 0),
            shape=tuple(
                Message(dim).numbers.get(_DIM_SIZE, 0)
                for shape in entry.messages(_SHAPE)
                for dim in Message(shape).messages(_DIM)
            ),
            shard=entry.numbers.get(_SHARD, 0),
            offset=entry.numbers.get(_OFFSET, 0),
            size=entry.numbers.get(_SIZE, 0),
            slices=tuple(_extents(part) for part in entry.messages(_SLICES)),
        )

    def to_bytes(self, checksum: bytes) -> bytes:
        """Returns a tensor in one piece as a BundleEntryProto.

        Args:
            checksum: Of its values, as `leveldb_table.masked` returns it.
        """
        sizes = (number_field(_DIM_SIZE, n) for n in self.shape)
        return b"".join(
            (
                number_field(_DTYPE, self.dtype),
                string_field(_SHAPE, b"".join(string_field(_DIM, size) for size in sizes)),
                number_field(_OFFSET, self.offset),
                number_field(_SIZE, self.size),
                fixed_field(_CHECKSUM, checksum),
            )
        )


def _extents(data: bytes) -> tuple[tuple[int, int], ...]:
    """Parses a TensorSliceProto."""
    extents = [Message(extent).numbers for extent in Message(data).messages(_EXTENT)]
    return tuple(
        (extent.get(_EXTENT_START, 0), extent.get(_EXTENT_LENGTH, -1)) for extent in extents
    )


def slice_key(name: str, extents: Sequence[tuple[int, int]]) -> bytes:
    """Returns the key under which the index lists a part of a partitioned tensor."""
    escaped = name.encode().replace(b"\0", b"\0\xff")  # 0xff, the other one, is never in UTF-8
    numbers = b"".join(_ordered(number) for extent in extents for number in extent)
    return b"\0" + escaped + b"\0\x01" + bytes((1, len(extents))) + numbers


def _ordered(number: int) -> bytes:
    """Encodes a number so that the bytes sort as the numbers do; the first tells how many."""
    n_bytes = number.bit_length() // 7 + 1 if number >= 0 else 1
    header = ((1 << n_bytes) - 1) << (7 * n_bytes)
    return ((number & ((1 << 8 * n_bytes) - 1)) ^ header).to_bytes(n_bytes, "big")
