"""The entries of a checkpoint's index: where each tensor, or each slice of one, lies.

The formats are those of TensorFlow's `core/protobuf/tensor_bundle.proto`, and for the keys of
slices `core/util/saved_tensor_slice_util.cc` and `core/lib/strings/ordered_code.cc`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tb_embed_plugin.runs.checkpoints.leveldb_table import Message


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


def tensor_entry(data: bytes) -> TensorEntry:
    """Parses a BundleEntryProto.

    Raises:
        ValueError: It is none; so does IndexError say.
    """
    entry = Message(data)
    return TensorEntry(
        dtype=entry.numbers.get(1, 0),
        shape=tuple(
            Message(size).numbers.get(1, 0)
            for shape in entry.messages(2)
            for size in Message(shape).messages(2)
        ),
        shard=entry.numbers.get(3, 0),
        offset=entry.numbers.get(4, 0),
        size=entry.numbers.get(5, 0),
        slices=tuple(_extents(part) for part in entry.messages(7)),
    )


def _extents(data: bytes) -> tuple[tuple[int, int], ...]:
    """Parses a TensorSliceProto."""
    extents = [Message(extent).numbers for extent in Message(data).messages(1)]
    return tuple((extent.get(1, 0), extent.get(2, -1)) for extent in extents)


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
