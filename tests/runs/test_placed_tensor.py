"""Matrices at a place in a file, and what is refused as none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.placed_tensor import PlacedTensor

VALUES = np.arange(12, dtype=np.float32)


def saved(path: Path, values: NDArray[Any]) -> Path:
    """Returns a file that NumPy wrote."""
    np.save(path, values)
    return path


def test_a_matrix_is_where_its_values_lie_in_the_file(tmp_path: Path) -> None:
    tensor = PlacedTensor.of_numpy(saved(tmp_path / "a.npy", VALUES.reshape(4, 3)))
    assert (tensor.shape, tensor.matrix.dtype) == ((4, 3), "<f4")
    data = (tmp_path / "a.npy").read_bytes()
    np.testing.assert_array_equal(np.frombuffer(data, "<f4", 12, tensor.matrix.offset), VALUES)


@pytest.mark.parametrize(
    ("values", "received"),
    [
        (VALUES, r"float32 of shape \(12,\)"),
        (VALUES.reshape(2, 2, 3), r"float32 of shape \(2, 2, 3\)"),
        (VALUES.reshape(4, 3).astype(np.complex64), r"complex64 of shape \(4, 3\)"),
        (VALUES.reshape(4, 3) > 2, r"bool of shape \(4, 3\)"),
        (np.asfortranarray(VALUES.reshape(4, 3)), "by columns, not by rows"),
    ],
)
def test_what_is_no_matrix_row_by_row_is_refused(
    tmp_path: Path, values: NDArray[Any], received: str
) -> None:
    with pytest.raises(UnreadableError, match=f"a.npy .*{received}"):
        PlacedTensor.of_numpy(saved(tmp_path / "a.npy", values))
