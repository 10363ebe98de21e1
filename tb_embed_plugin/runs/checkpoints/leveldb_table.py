"""The string table and the protocol buffers inside a checkpoint's index.

The table is LevelDB's: sorted keys in blocks, each stored as what differs from the one before
(TensorFlow's `core/lib/io/format.cc` and `block.cc`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import google_crc32c

_FOOTER_BYTES = 48
_TABLE_MAGIC = 0xDB4775248B80FB57
_BLOCK_TRAILER_BYTES = 5


def table_items(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the keys and values of a sorted string table, in order.

    Raises:
        ValueError: It is damaged; so do IndexError and struct.error say.
    """
    footer = data[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _TABLE_MAGIC:
        raise ValueError("its last bytes are not those of a table")
    _, _, position = _block_handle(footer, 0)
    index_offset, index_size, _ = _block_handle(footer, position)
    for _, handle in _block_items(data, index_offset, index_size):
        offset, size, _ = _block_handle(handle, 0)
        yield from _block_items(data, offset, size)


def masked_crc32c(data: bytes) -> int:
    """Returns the checksum of a block as LevelDB stores it: rotated, plus a constant."""
    checksum: int = google_crc32c.value(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _block_handle(data: bytes, position: int) -> tuple[int, int, int]:
    offset, position = varint(data, position)
    size, position = varint(data, position)
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
        shared, position = varint(block, position)
        added, position = varint(block, position)
        length, position = varint(block, position)
        key = key[:shared] + block[position : position + added]
        position += added
        yield key, block[position : position + length]
        position += length


class Message:
    """The fields of a protocol buffer: numbers by tag, length-delimited ones in order.

    Raises:
        ValueError: It is none; so does IndexError say.
    """

    def __init__(self, data: bytes) -> None:
        self.numbers: dict[int, int] = {}
        self.strings: list[tuple[int, bytes]] = []
        position = 0
        while position < len(data):
            tag, position = varint(data, position)
            number, wire_type = tag >> 3, tag & 7
            if wire_type == 0:
                self.numbers[number], position = varint(data, position)
            elif wire_type == 2:
                length, position = varint(data, position)
                self.strings.append((number, data[position : position + length]))
                position += length
            elif wire_type == 5:
                position += 4
            elif wire_type == 1:
                position += 8
            else:
                raise ValueError(f"a field has the unknown wire type {wire_type}")

    def messages(self, tag: int) -> list[bytes]:
        """Returns the messages, or texts, of the field `tag`."""
        return [value for number, value in self.strings if number == tag]


def varint(data: bytes, position: int) -> tuple[int, int]:
    """Returns the number at `position`, seven bits a byte, and the position after it.

    Raises:
        ValueError: It does not end within 64 bits.
        IndexError: The data end before it does.
    """
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
