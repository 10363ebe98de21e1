"""What the routes answered, decoded."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import safetensors.numpy
from werkzeug.test import TestResponse

BASE = "/data/plugin/tb_embed/"


def info_of(response: TestResponse) -> Any:
    """Returns what the header of a binary answer says beside its tensors."""
    (size,) = struct.unpack("<Q", response.data[:8])
    return json.loads(json.loads(response.data[8 : 8 + size])["__metadata__"]["json"])


def positions_of(response: TestResponse) -> np.ndarray:
    """Returns the coordinates of a projection, (n_steps, n_samples, width)."""
    assert response.status_code == 200, response.text
    tensors = safetensors.numpy.load(response.data)
    scaled = tensors["positions"] * tensors["scale"][:, None, None]
    return np.asarray(scaled + tensors["offset"][:, None])
