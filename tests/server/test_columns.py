"""Metadata on the wire: no wider than needed, and the same values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server.columns import encode_columns, pack_columns


@pytest.mark.parametrize(
    ("words", "kind"), [(3, np.int8), (128, np.int8), (129, np.int16), (32_769, np.int32)]
)
def test_codes_are_as_narrow_as_the_words_are_few(words: int, kind: type) -> None:
    column = Column("label", "category", [*(f"class {i}" for i in range(words)), ""])
    _, tensors = pack_columns([column])
    assert tensors["0.codes"].dtype == kind
    np.testing.assert_array_equal(tensors["0.codes"], encode_columns([column])["0.codes"])


@given(
    st.lists(st.none() | st.floats(allow_nan=False) | st.integers(-(2**30), 2**30), min_size=1)
    | st.integers(-(2**54), 2**54).flatmap(
        lambda first: st.integers(1, 9).map(lambda rows: list(range(first, first + rows)))
    )
)
def test_numbers_are_the_same_in_fewer_bytes(values: list[float | None]) -> None:
    cells = ["" if value is None else repr(value) for value in values]
    column = Column("number", "number", cells)
    (described,), tensors = pack_columns([column])
    if "first" in described:
        read = described["first"] + np.arange(len(cells))
        assert tensors == {}
    else:
        read = tensors["0.values"].astype(np.float64)
    np.testing.assert_array_equal(read, column.numbers())


def test_halves_are_halved_and_thirds_are_not() -> None:
    halves = Column("halves", "number", ["0.5", "", "2.5"])
    thirds = Column("thirds", "number", [repr(1 / 3), "0", "0"])
    _, tensors = pack_columns([halves, thirds])
    assert (tensors["0.values"].dtype, tensors["1.values"].dtype) == (np.float32, np.float64)
