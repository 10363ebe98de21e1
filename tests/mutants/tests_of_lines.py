"""Which tests reach a line of the package, and in which order they are worth their time.

`.coverage` holds the tests that reach each line and `durations.xml` how long each takes, both
written by a run of all of them before.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePath
from xml.etree import ElementTree as ET

from coverage import CoverageData

MAX_SECONDS = 60.0
"""What the tests of one mutation may take together."""


def tests_of_lines(module: PurePath, lines: range) -> list[str]:
    """Returns the tests that reach the lines.

    What runs when a module is imported counts for no test; it is given those that reach another
    line of the module, or where there is none, of the folder.
    """
    contexts = coverage_data().contexts_by_lineno(str(module))
    tests = (
        {test for line in lines for test in contexts.get(line, [])} - {""}
        or {test for tests in contexts.values() for test in tests} - {""}
        or {test for name in neighbors(module) for test in tests_of_module(name)} - {""}
    )
    return affordable({test.rsplit("|", 1)[0] for test in tests}, room=module.parts[1])


def neighbors(module: PurePath) -> list[str]:
    """Returns the modules of the same folder that have been run."""
    files = coverage_data().measured_files()
    return [name for name in sorted(files) if PurePath(name).parent == module.parent]


def tests_of_module(name: str) -> set[str]:
    """Returns the tests that reach a line of a module."""
    contexts = coverage_data().contexts_by_lineno(name)
    return {test for tests in contexts.values() for test in tests}


def affordable(tests: set[str], room: str) -> list[str]:
    """Returns as many tests as the seconds of one mutation allow.

    Those of the module's own room come first, as they look at it closest; among them those that
    train no model, which takes seconds; and then the quickest.
    """
    seconds = durations()
    chosen: list[str] = []
    spent = 0.0

    def rank(test: str) -> tuple[bool, bool, float, str]:
        elsewhere = not test.startswith(f"tests/{room}/")
        return elsewhere, trains(test), seconds.get(key(test), 0.0), test

    for test in sorted(tests, key=rank):
        spent += seconds.get(key(test), 0.0)
        if spent > MAX_SECONDS and chosen:
            break
        chosen.append(test)
    return chosen


def trains(test: str) -> bool:
    """Whether a test's module trains a model, which counts for its first test alone."""
    return module_trains(test.partition("::")[0])


@cache
def module_trains(path: str) -> bool:
    """Whether a module of tests trains a model, or writes with TensorFlow."""
    text = Path(path).read_text(encoding="utf-8")
    return re.search(r"keras|tensorflow|tests\.foreign|[Rr]ecording\b", text) is not None


@cache
def coverage_data() -> CoverageData:
    """Returns what the run of all tests has measured."""
    data = CoverageData()
    data.read()
    return data


@cache
def durations() -> dict[str, float]:
    """Returns the seconds of each test, by what the report calls it."""
    cases = ET.parse("durations.xml").getroot().iter("testcase")  # noqa: S314, our own file
    return {
        f"{case.get('classname')}::{case.get('name')}": float(case.get("time", 0))
        for case in cases
    }


def key(test: str) -> str:
    """Returns what the report calls a test of pytest."""
    path, _, name = test.partition("::")
    return f"{path.removesuffix('.py').replace('/', '.')}::{name}"
