"""Protocol buffers as bytes, both ways: numbers of seven bits a byte, and fields by tag.

Protocol buffers that TensorBoard does not bring (`tensor_bundle.proto`) are read and written
by this module alone.
"""

from __future__ import annotations

VARINT, EIGHT_BYTES, LENGTH_DELIMITED, FOUR_BYTES = 0, 1, 2, 5
"""Wire types: how a field's value is stored."""


class Message:
    """The fields of a protocol buffer: numbers by tag, length-delimited ones in order.

    Raises:
        ValueError: The bytes are no message; so does IndexError say.
    """

    def __init__(self, data: bytes) -> None:
        self.numbers: dict[int, int] = {}
        self.strings: list[tuple[int, bytes]] = []
        position = 0
        while position < len(data):
            key, position = varint(data, position)
            tag, wire_type = key >> 3, key & 7
            if wire_type == VARINT:
                self.numbers[tag], position = varint(data, position)
            elif wire_type == LENGTH_DELIMITED:
                length, position = varint(data, position)
                self.strings.append((tag, data[position : position + length]))
                position += length
            elif wire_type == FOUR_BYTES:
                position += 4
            elif wire_type == EIGHT_BYTES:
                position += 8
            else:
                raise ValueError(f"a field has the unknown wire type {wire_type}")

    def messages(self, tag: int) -> list[bytes]:
        """Returns the messages, or texts, of the field `tag`."""
        return [value for number, value in self.strings if number == tag]


def number_field(tag: int, value: int) -> bytes:
    """Returns a field that holds a number."""
    return varint_bytes(tag << 3 | VARINT) + varint_bytes(value)


def string_field(tag: int, value: bytes) -> bytes:
    """Returns a field that holds a message, or a text."""
    return varint_bytes(tag << 3 | LENGTH_DELIMITED) + varint_bytes(len(value)) + value


def fixed_field(tag: int, value: bytes) -> bytes:
    """Returns a field that holds a number in four bytes, little-endian."""
    return varint_bytes(tag << 3 | FOUR_BYTES) + value


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


def varint_bytes(value: int) -> bytes:
    """Returns a number as `varint` reads it."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
