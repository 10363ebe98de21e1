"""The writer of TensorFlow checkpoints ("tensor bundles"), without TensorFlow.

A data file holds the tensors' bytes one after another, and an index says where each lies, in
the format of `bundle_entries` and `leveldb_table`. TensorFlow's own `SaveV2` is not used: it
holds two copies of all tensors at once, and TensorFlow, once in use, takes the memory of GPUs
that belong to JAX or PyTorch.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.checkpoints.bundle_entries import (
    HEADER_KEY,
    INDEX,
    NUMPY_TYPES,
    TensorEntry,
    data_file,
    header_bytes,
)
from tb_embed_plugin.runs.checkpoints.leveldb_table import masked, table_bytes

_WRITING_FOLDER = "writing"
_PIECE_BYTES = 1 << 20
_DTYPES = {np.dtype(name).name: member for member, name in NUMPY_TYPES.items()}
"""Members of TensorFlow's DataType by NumPy's names."""


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
    data, index = data_file(file_name, 0, 1), f"{file_name}{INDEX}"
    try:
        with (folder / data).open("wb") as file:
            entries = {HEADER_KEY: header_bytes(), **_write_tensors(file, tensors, dtype)}
            _flush(file)
        with (folder / index).open("wb") as file:
            file.write(table_bytes(entries))
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
        entry = TensorEntry(
            _DTYPES[dtype.name], tensor.shape, shard=0, offset=start, size=file.tell() - start
        )
        entries[name.encode()] = entry.to_bytes(masked(checksum))
    return entries


def _pieces(tensor: NDArray[np.generic], dtype: np.dtype[np.generic]) -> Iterator[bytes]:
    """Yields the bytes of a tensor in pieces of about a MiB, so that none is held twice."""
    row_bytes = max(1, tensor[:1].size * dtype.itemsize)
    rows = max(1, _PIECE_BYTES // row_bytes)
    for start in range(0, len(tensor), rows):
        with np.errstate(over="ignore"):
            yield tensor[start : start + rows].astype(dtype.newbyteorder("<")).tobytes()


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
