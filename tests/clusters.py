"""A small recorded run for engines: clusters that part while the steps go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from werkzeug.test import Client

from tb_embed_plugin import record
from tests.harness import wait_until

BASE = "/data/plugin/tb_embed/"
HEADER = {"X-TB-Embed": "1"}
STEPS = 4
SAMPLES = 120


def snapshot(
    step: int, samples: int = SAMPLES, units: int = 8, seed: int = 0
) -> NDArray[np.float32]:
    """Returns four clusters, further apart at each step."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(samples, units))
    centres = rng.normal(size=(4, units)) * 3
    return (noise + step * centres[labels(samples)] / STEPS).astype(np.float32)


def labels(samples: int = SAMPLES) -> NDArray[np.int64]:
    """Returns the cluster of each sample."""
    return np.arange(samples) % 4


def record_clusters(
    run_dir: Path, steps: Iterable[int] = range(STEPS + 1), **options: int
) -> None:
    """Records steps of a run `run_dir`, which is begun if it is not there."""
    for step in steps:
        activations = snapshot(step, **options)
        first = None if run_dir.exists() else labels(len(activations))
        record(run_dir, step, {"fc1": activations}, labels=first)


def get(client: Client, route: str, query: Mapping[str, Any], *, start: bool = False) -> Any:
    """Asks a route, with the header where a job is to be started."""
    asked = {**query, "start": 1} if start else query
    return client.get(BASE + route, query_string=asked, headers=HEADER if start else {})


def wait_for(client: Client, route: str, query: Mapping[str, Any], *states: str) -> Any:
    """Asks `quality` until it tells one of `states`, and returns what it tells."""
    told: dict[str, Any] = {}

    def has_come() -> bool:
        told.update(get(client, route, query).get_json())
        return told["state"] in states

    wait_until(has_come)
    return told
