"""What is fed with bytes: each reader by the file that it reads, and the routes by a request.

A target takes any bytes and returns, or raises what it found wrong. `EmbedError` is an answer;
everything else is a fault of ours.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from tb_embed_plugin import record
from tb_embed_plugin.commands.check import check
from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.checkpoints.leveldb_table import table_bytes, table_items
from tb_embed_plugin.server.routes import ROUTES
from tests.harness import client_for

PREFIX = "/data/plugin/tb_embed/"
SERVER_FAULT = 500
BETWEEN = b"\xfd\xfd"
"""Keys and values of an index, put together."""
SAMPLES, UNITS = 6, 3
LABELS = ["a", "b", "c", "a", "b", 'd"\t']

Feed = Callable[[bytes], None]


@dataclass(frozen=True)
class Target:
    """What is fed.

    Attributes:
        name: As one calls it.
        seed: Sound bytes to begin with.
        feed: Takes any bytes; what it raises is a fault.
    """

    name: str
    seed: bytes
    feed: Feed


def targets(folder: Path) -> Iterator[Target]:
    """Yields all of them; each has a place of its own below an empty `folder`."""
    files = {
        "manifest": "run/plugins/tb_embed/manifest.json",
        "index": "run/model.ckpt-1.index",
        "data": "run/model.ckpt-1.data-00000-of-00001",
        "configuration": "run/projector_config.pbtxt",
        "table": "run/metadata.tsv",
        "sheet": "run/sprite_images.png",
    }
    sound = write_run(folder / "sound")
    for name, file in files.items():
        yield _reader(name, _copy(sound, name), file)
    yield _reader("foreign index", _foreign(_copy(sound, "foreign")), "run/model.ckpt-1.index")
    yield _signed(_foreign(_copy(sound, "signed")), "run/model.ckpt-1.index")
    yield _reader("weights", write_weights(folder / "weights"), "run/epoch1.weights.h5")
    yield _request(sound)


def write_run(logdir: Path) -> Path:
    """Records a small run with all that a run can have."""
    rng = np.random.default_rng(0)
    run = logdir / "run"
    images = np.full((SAMPLES, 4, 4, 1), 255, np.uint8)
    for step in (0, 1):
        values = rng.normal(size=(SAMPLES, UNITS)).astype(np.float32)
        record(run, step, {"fc1": values}, labels=LABELS, images=images)
    return logdir


def write_weights(logdir: Path) -> Path:
    """Writes what Keras' `ModelCheckpoint` leaves of an `Embedding`."""
    (logdir / "run").mkdir(parents=True)
    with h5py.File(logdir / "run" / "epoch1.weights.h5", "w") as file:
        file["layers/embedding/vars/0"] = np.ones((SAMPLES, UNITS), np.float32)
    return logdir


def _copy(logdir: Path, name: str) -> Path:
    return Path(shutil.copytree(logdir, logdir.with_name(name)))


def _foreign(logdir: Path) -> Path:
    """Takes away what tells that the checkpoints are ours."""
    for name in ("plugins/tb_embed/manifest.json", "projector_config.pbtxt"):
        (logdir / "run" / name).unlink()
    return logdir


def _reader(name: str, logdir: Path, file: str) -> Target:
    path = logdir / file
    seed = path.read_bytes()

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        with answers_alone():
            check(logdir)

    return Target(name, seed, feed)


def _signed(logdir: Path, file: str) -> Target:
    """Behind the checksums of an index, where changed bytes would not come."""
    path = logdir / file
    seed = BETWEEN.join(part for item in table_items(path.read_bytes()) for part in item)

    def feed(data: bytes) -> None:
        parts = data.split(BETWEEN)
        entries = dict(zip(parts[::2], parts[1::2], strict=False))
        path.write_bytes(table_bytes(entries or {b"": b""}))
        with answers_alone():
            check(logdir)

    return Target("signed index", seed, feed)


def _request(logdir: Path) -> Target:
    client = client_for(logdir, EmbeddingsPlugin)
    routes = sorted(ROUTES)
    seed = bytes([routes.index("projection")]) + b"run=run&layer=fc1&steps=0,1&engine=pca"

    def feed(data: bytes) -> None:
        route = routes[data[0] % len(routes)] if data else ""
        answer = client.get(f"{PREFIX}{route}", query_string=data[1:].decode("latin-1"))
        assert answer.status_code < SERVER_FAULT, answer.text

    return Target("request", seed, feed)


@contextmanager
def answers_alone() -> Iterator[None]:
    """Lets what is said on purpose pass."""
    try:
        yield
    except EmbedError as answer:
        assert str(answer)
