"""LevelDB's sorted table of strings, which a checkpoint's index is: read, and written.

Blocks of entries come first, then an index of the blocks, and last a footer that says where the
index is. A key is stored as what differs from the one before. Each block is followed by a
byte, its compression, and a checksum. (TensorFlow's `core/lib/io/format.cc` and `block.cc`.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import google_crc32c

from tb_embed_plugin.runs.checkpoints.wire_format import varint, varint_bytes

_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5
_UNCOMPRESSED = b"\0"
_MASK = 0xA282EAD8


def table_items(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the keys and values of a table, in order.

    Raises:
        ValueError: It is damaged; so do IndexError and struct.error say.
    """
    footer = data[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or not footer.endswith(_MAGIC):
        raise ValueError("its last bytes are not those of a table")
    _, _, position = _parse_handle(footer, 0)
    index_offset, index_size, _ = _parse_handle(footer, position)
    for _, handle in _block_items(data, index_offset, index_size):
        offset, size, _ = _parse_handle(handle, 0)
        yield from _block_items(data, offset, size)


def table_bytes(entries: Mapping[bytes, bytes]) -> bytes:
    """Returns entries as a table of one block."""
    names = sorted(entries)
    content = _block({name: entries[name] for name in names})
    unused = _block({})
    index = _block({names[-1]: _handle(0, content)})
    handles = _handle(len(content), unused) + _handle(len(content) + len(unused), index)
    footer = handles.ljust(_FOOTER_BYTES - len(_MAGIC), b"\0") + _MAGIC
    return content + unused + index + footer


def masked(checksum: int) -> bytes:
    """Returns a CRC-32C as LevelDB and TensorFlow store it: rotated, plus a constant."""
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + _MASK) & 0xFFFFFFFF)


def block_checksum(block: bytes) -> bytes:
    """Returns the checksum behind a block and its compression."""
    return masked(google_crc32c.value(block))


def _parse_handle(data: bytes, position: int) -> tuple[int, int, int]:
    """Returns a block's offset and size, and the position after its handle."""
    offset, position = varint(data, position)
    size, position = varint(data, position)
    return offset, size, position


def _handle(offset: int, block: bytes) -> bytes:
    """Returns where a block lies; its size is without what follows it."""
    return varint_bytes(offset) + varint_bytes(len(block) - _TRAILER_BYTES)


def _block_items(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields a block's entries."""
    end = offset + size
    if end + _TRAILER_BYTES > len(data):
        raise ValueError("a block ends after the file")
    if data[end : end + 1] != _UNCOMPRESSED:
        raise ValueError("it is compressed, which TensorFlow does not do")
    if block_checksum(data[offset : end + 1]) != data[end + 1 : end + _TRAILER_BYTES]:
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


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    """Returns a block with what follows it: each key in full, and one restart point."""
    block = bytearray()
    for key, value in entries.items():
        lengths = (0, len(key), len(value))
        block += b"".join(map(varint_bytes, lengths)) + key + value
    block += struct.pack("<II", 0, 1) + _UNCOMPRESSED
    return bytes(block) + block_checksum(bytes(block))
