"""Faults at every write point: what was acknowledged reads back, and all goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scenarios import SCENARIOS
from tests.faults.walk import walk

ROOT = Path(__file__).parents[2]

ALL = pytest.mark.soak("walks all points, `make test` every fortieth")
EACH = pytest.mark.parametrize("every", [40, pytest.param(1, marks=ALL)])


@EACH
@pytest.mark.parametrize("kind", ["ENOSPC", "EROFS", "EIO", "ESTALE", "short"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_fails_nothing_acknowledged_is_lost(
    tmp_path: Path, name: str, kind: str, every: int
) -> None:
    # Each kind begins elsewhere, so that together they come to most points.
    # A handle goes stale at any call; of those that write, one in ten writes to a file.
    step = max(1, int({"ESTALE": 4, "short": 0.1}.get(kind, 1) * every))
    first = (7 * list(SCENARIOS).index(name) + sum(kind.encode())) % step
    assert walk(SCENARIOS[name], tmp_path, kind, first, step) >= 0


@EACH
def test_whenever_the_writer_is_killed_nothing_acknowledged_is_lost(
    tmp_path: Path, every: int
) -> None:
    words = [sys.executable, "-m", "tests.faults.walk", str(tmp_path), str(every)]
    told = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    assert json.loads(told).keys() == SCENARIOS.keys()
