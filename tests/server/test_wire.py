"""Bodies as a user reads them: with safetensors' own reader."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tb_embed_plugin import wire


@pytest.mark.parametrize(
    "view", [lambda a: a, lambda a: a.T, lambda a: a[:, ::2], lambda a: a[::-1]]
)
def test_any_memory_layout_arrives_as_it_was(view: object) -> None:
    array = view(np.arange(24, dtype=np.float32).reshape(4, 6))  # type: ignore[operator] # a lambda
    read = safetensors.numpy.load(wire.encode({"a": array}))

    np.testing.assert_array_equal(read["a"], array)


def test_the_header_carries_the_info() -> None:
    body = wire.encode({"a": np.zeros(1)}, {"steps": [1, 2], "name": "fc1/ü"})
    (size,) = struct.unpack("<Q", body[:8])

    assert json.loads(json.loads(body[8 : 8 + size])["__metadata__"]["json"]) == {
        "steps": [1, 2],
        "name": "fc1/ü",
    }


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_strings_arrive_as_they_were(strings: list[str]) -> None:
    read = safetensors.numpy.load(wire.encode(wire.encode_strings("text", strings)))
    offsets, data = read["text.offsets"], read["text.bytes"].tobytes()

    bounds = pairwise(offsets)
    assert [data[start:stop].decode() for start, stop in bounds] == strings


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 6), st.sampled_from([2, 3, 10])),
        elements=st.floats(-(2.0**60), 2.0**60, width=32),
    )
)
def test_quantized_positions_are_off_by_half_a_scale_at_most(frames: np.ndarray) -> None:
    parts = {name: part.astype(np.float64) for name, part in wire.quantize(frames).items()}
    scale, offset = parts["scale"][:, None, None], parts["offset"][:, None, :]
    restored = parts["positions"] * scale + offset

    assert parts["positions"].shape == frames.shape
    # Offset and scale are float32 themselves.
    slack = 1e-6 * np.abs(frames).max(axis=(1, 2), keepdims=True)
    error = np.abs(restored - frames)
    assert (error <= 0.51 * scale + slack).all()
