"""The writer of TensorFlow checkpoints ("tensor bundles"), without TensorFlow.

A data file holds the tensors' bytes one after another, and an index says where each lies, in
the format of `bundle_entries` and `leveldb_table`. TensorFlow's own `SaveV2` is not used: it
holds two copies of all tensors at once, and TensorFlow, once in use, takes the memory of GPUs
that belong to JAX or PyTorch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import BinaryIO

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.runs.checkpoints.bundle_entries import (
    HEADER_KEY,
    INDEX,
    NUMPY_TYPES,
    TensorEntry,
    data_file,
    header_bytes,
)
from tb_embed_plugin.runs.checkpoints.leveldb_table import masked, table_bytes
from tb_embed_plugin.runs.flushing import FlushedMeanwhile
from tb_embed_plugin.runs.folder import opened
from tb_embed_plugin.snapshot import LazyRows

_PIECE_BYTES = 1 << 20
_DTYPES = {np.dtype(name).name: member for member, name in NUMPY_TYPES.items()}
"""Members of TensorFlow's DataType by NumPy's names."""


def write_checkpoint(
    run_dir: Path,
    name: str,
    tensors: Mapping[str, NDArray[np.generic] | LazyRows],
    dtype: np.dtype[np.generic],
) -> None:
    """Writes `<run_dir>/<name>.data-…` and then `.index`, each complete or absent.

    Args:
        run_dir: The run; a directory that is gone is not made again.
        name: File name prefix of the checkpoint, relative to the run.
        tensors: Values by tensor name, of rank 1 or more; not copied, or read, but for a MiB
            at a time.
        dtype: What they are stored as: float32 or float16, whose infinity takes the place of
            what is too large.

    Raises:
        OSError: The files cannot be written; nothing named `name` has appeared then.
    """
    inner = PurePath(name)
    data, index = data_file(inner.name, 0, 1), f"{inner.name}{INDEX}"
    with opened(run_dir.resolve()) as run, run.below(inner.parent, make=True) as folder:
        try:
            # The index makes the checkpoint visible, so it comes last.
            with folder.replaced(index) as index_file, folder.replaced(data) as tensors_file:
                entries = _write_tensors(tensors_file, tensors, dtype)
                index_file.write(table_bytes({HEADER_KEY: header_bytes(), **entries}))
            folder.flush()
        except BaseException:
            with contextlib.suppress(OSError):
                folder.remove(data)
            raise


def _write_tensors(
    file: BinaryIO,
    tensors: Mapping[str, NDArray[np.generic] | LazyRows],
    dtype: np.dtype[np.generic],
) -> dict[bytes, bytes]:
    """Writes the tensors' bytes and returns a BundleEntryProto for each by name."""
    entries = {}
    with FlushedMeanwhile(file) as flushed:
        for name, tensor in tensors.items():
            start, checksum = file.tell(), 0
            for piece in _pieces(tensor, dtype):
                flushed.write(piece)
                checksum = google_crc32c.extend(checksum, piece)
            size = file.tell() - start
            entry = TensorEntry(
                _DTYPES[dtype.name], tensor.shape, shard=0, offset=start, size=size
            )
            entries[name.encode()] = entry.to_bytes(masked(checksum))
    return entries


def _pieces(
    tensor: NDArray[np.generic] | LazyRows, dtype: np.dtype[np.generic]
) -> Iterator[bytes]:
    """Yields the bytes of a tensor in pieces of about a MiB, so that none is held twice."""
    row_bytes = max(1, tensor[:1].size * dtype.itemsize)
    rows = max(1, _PIECE_BYTES // row_bytes)
    for start in range(0, len(tensor), rows):
        with np.errstate(over="ignore"):
            stored = tensor[start : start + rows].astype(dtype.newbyteorder("<"), copy=False)
        yield stored.tobytes()
