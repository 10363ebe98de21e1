"""Walks all write points: a fault at the first call, then at the second, until none is left.

`python -m tests.faults.walk FOLDER EVERY` walks them with kills, in a process that has few
threads to fork: each act is a process of its own, which ends at its point. It prints a JSON
object of the points of each scenario.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from tb_embed_plugin import EmbedError
from tb_embed_plugin.runs.recording_lock import release
from tests.faults.scenarios import SCENARIOS, Scenario, check
from tests.faults.system_calls import failing

Meet = Callable[[Scenario, Path, str, int], tuple[list[int], bool]]
"""Acts below a folder; returns what was acknowledged, and whether the fault was met."""


def walk(scenario: Scenario, folder: Path, kind: str, first: int = 0, every: int = 1) -> int:
    """Meets a fault at each point, checks what is there, and goes on; returns the points.

    Args:
        scenario: What is done.
        folder: Where.
        kind: The fault.
        first: The first point, from 0.
        every: How far the next one is.
    """
    meet = _killed if kind == "kill" else _failed
    for point in itertools.count(first, every):
        place = folder / str(point)
        place.mkdir()
        scenario.prepare(place)
        acknowledged, was_met = meet(scenario, place, kind, point)
        try:
            check(scenario, place, acknowledged)
            with failing("none", 0):
                scenario.go_on(place)
        except BaseException as error:
            error.add_note(f"after {kind} at call {point}")
            raise
        release(place / "run")
        shutil.rmtree(place)
        if not was_met:
            return point
    raise AssertionError


def _failed(scenario: Scenario, place: Path, kind: str, point: int) -> tuple[list[int], bool]:
    acknowledged: list[int] = []
    with failing(kind, point) as system, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        # Whatever else is raised is a defect.
        with contextlib.suppress(OSError, EmbedError):
            scenario.act(place, acknowledged.append)
    return acknowledged, system.has_struck


def _killed(scenario: Scenario, place: Path, kind: str, point: int) -> tuple[list[int], bool]:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with failing(kind, point):
            scenario.act(place, lambda step: _tell(tell, step))
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as answers:
        acknowledged = list(answers.read())
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WIFSIGNALED(status), "it raised"
    return acknowledged, os.WIFSIGNALED(status)


def _tell(tell: int, step: int) -> None:
    os.write(tell, bytes([step]))


def main() -> None:
    """Walks all scenarios with kills."""
    folder, every = Path(sys.argv[1]), int(sys.argv[2])
    points = {}
    for i, (name, scenario) in enumerate(SCENARIOS.items()):
        (folder / str(i)).mkdir()
        points[name] = walk(scenario, folder / str(i), "kill", i % every, every)
    print(json.dumps(points))  # noqa: T201 # its answer


if __name__ == "__main__":
    main()
