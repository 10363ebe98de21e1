"""Writes TensorFlow checkpoints ("tensor bundles") without TensorFlow.

What `checkpoint.py` reads, the other way round: a data file that holds the tensors' bytes one
after another, and an index, a sorted string table of one block that says where each lies. Not
`SaveV2`, because it holds two copies of all tensors at once, and because TensorFlow, once in
use, takes the memory of GPUs that belong to JAX or PyTorch.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import google_crc32c
import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from tb_embed_plugin.metadata import MANIFEST_FILE

_WRITING_FOLDER = "writing"
_PIECE_BYTES = 1 << 20
_DTYPES = {"float32": 1, "float16": 19}
"""Members of TensorFlow's DataType by NumPy's names."""

_HEADER = b"\x08\x01\x1a\x02\x08\x01"
"""A BundleHeaderProto: one data file, little-endian, version 1."""

_TABLE_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def write_checkpoint(
    run_dir: Path,
    name: str,
    tensors: Mapping[str, NDArray[np.generic]],
    dtype: np.dtype[np.generic],
) -> None:
    """Writes `<run_dir>/<name>.data-…` and then `.index`, each complete or absent.

    Args:
        run_dir: The run, which has a manifest's folder.
        name: File name prefix of the checkpoint, relative to the run.
        tensors: Values by tensor name, of rank 1 or more; not copied but for a MiB at a time.
        dtype: What they are stored as: float32 or float16, whose infinity takes the place of
            what is too large.

    Raises:
        OSError: The files cannot be written; nothing named `name` has appeared then.
    """
    folder = (run_dir / MANIFEST_FILE).parent / _WRITING_FOLDER
    # What a killed process left there is not to be taken for ours.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()  # alone: a run that was deleted meanwhile does not come back in part
    target = (run_dir / name).parent
    target.mkdir(exist_ok=True)
    file_name = Path(name).name
    data, index = f"{file_name}.data-00000-of-00001", f"{file_name}.index"
    try:
        with (folder / data).open("wb") as file:
            entries = {b"": _HEADER, **_write_tensors(file, tensors, dtype)}
            _flush(file)
        with (folder / index).open("wb") as file:
            file.write(_table(entries))
            _flush(file)
        # The index makes the checkpoint visible, so it comes last. The folder itself is not
        # flushed: the manifest, which alone lists the step, is written and flushed after this.
        (folder / data).replace(target / data)
        (folder / index).replace(target / index)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_tensors(
    file: BinaryIO, tensors: Mapping[str, NDArray[np.generic]], dtype: np.dtype[np.generic]
) -> dict[bytes, bytes]:
    """Writes the tensors' bytes and returns a BundleEntryProto for each by name."""
    entries = {}
    for name, tensor in tensors.items():
        start, checksum = file.tell(), 0
        for piece in _pieces(tensor, dtype):
            file.write(piece)
            checksum = google_crc32c.extend(checksum, piece)
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in tensor.shape])
        entries[name.encode()] = b"".join(
            (
                _number(1, _DTYPES[dtype.name]),
                _string(2, shape.SerializeToString()),
                _number(4, start),
                _number(5, file.tell() - start),
                b"\x35" + _masked(checksum),  # field 6, four bytes
            )
        )
    return entries


def _pieces(tensor: NDArray[np.generic], dtype: np.dtype[np.generic]) -> Iterator[bytes]:
    """Yields the bytes of a tensor in pieces of about a MiB, so that none is held twice."""
    row_bytes = max(1, tensor[:1].size * dtype.itemsize)
    rows = max(1, _PIECE_BYTES // row_bytes)
    for start in range(0, len(tensor), rows):
        with np.errstate(over="ignore"):
            yield tensor[start : start + rows].astype(dtype.newbyteorder("<")).tobytes()


def _table(entries: Mapping[bytes, bytes]) -> bytes:
    """Returns a sorted string table of one block."""
    names = sorted(entries)
    content = _block({name: entries[name] for name in names})
    data_handle = _handle(0, content)
    unused = _block({})
    unused_handle = _handle(len(content), unused)
    index = _block({names[-1]: data_handle})
    index_handle = _handle(len(content) + len(unused), index)
    footer = (unused_handle + index_handle).ljust(40, b"\0") + _TABLE_MAGIC
    return content + unused + index + footer


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    """Returns a block: each key in full, one restart point, no compression, the checksum."""
    block = bytearray()
    for key, value in entries.items():
        block += _varint(0) + _varint(len(key)) + _varint(len(value)) + key + value
    block += struct.pack("<II", 0, 1) + b"\0"
    return bytes(block) + _masked(google_crc32c.value(bytes(block)))


def _handle(offset: int, block: bytes) -> bytes:
    """Returns where a block lies; its size is without the type and the checksum."""
    return _varint(offset) + _varint(len(block) - 5)


def _masked(checksum: int) -> bytes:
    """Returns a CRC-32C as TensorFlow and LevelDB store it."""
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _string(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
