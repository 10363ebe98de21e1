"""How many bytes of data cross the wire: all our epochs, against one of the stock Projector.

Claim: the data of all 11 epochs of 10,000 x 200 take at most a tenth of the bytes that the
stock Projector loads for one.

10,000 x 200 over 11 epochs with one column of labels, asked as both pages ask, by whoever
accepts gzip. The thumbnails, which both load as the same file, are left out, and the pages'
scripts, which a browser keeps.
"""

from __future__ import annotations

import http.client
import os
import sys
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

from tb_embed_plugin import record
from tests.harness import TensorBoardProcess, tensorboard

SAMPLES, UNITS, EPOCHS = 10_000, 200, 11
BOUND = 1 / 10
LAYER = {"run": "run", "layer": "fc1"}
TENSOR = {"run": "run", "name": "fc1"}


def main() -> int:
    """Prints both sums; the exit status is 1 where ours is above a tenth of the other."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for epoch in range(EPOCHS):
            values = rng.normal(size=(SAMPLES, UNITS)).astype(np.float32)
            labels = np.arange(SAMPLES) % 10
            record(Path(folder) / "run", epoch, {"fc1": values}, labels=labels)
        with tensorboard(Path(folder), with_tensorflow=True) as server:
            server.wait_until_active("projector")
            frames = {**LAYER, "engine": "pca", "components": 3, "steps": "all"}
            ours = asked(server, "tb_embed/metadata", LAYER)
            ours += asked(server, "tb_embed/projection", frames)
            stock = asked(server, "projector/metadata", {**TENSOR, "num_rows": SAMPLES})
            stock += asked(server, "projector/tensor", {**TENSOR, "num_rows": SAMPLES})
    print(f"ours, {EPOCHS} epochs: {ours:,} bytes; the Projector's, one: {stock:,}", end="")
    print(f"; ratio 1/{stock / ours:.1f}")
    return int(ours > BOUND * stock)


def asked(server: TensorBoardProcess, route: str, query: Mapping[str, object]) -> int:
    """Returns the bytes of an answer as they cross the wire."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.netloc)
    path = f"{address.path}data/plugin/{route}?{urlencode(query)}"
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{path}: {body!r}")
    return len(body)


if __name__ == "__main__":
    sys.exit(main())
