"""Runs the tests that reach the mutated lines, the quickest first, until one fails.

Cosmic Ray changes a file in place and calls this; the lines are those in which the working copy
differs from the commit. Which tests reach a line is in `.coverage`, how long each takes in
`durations.xml`, both written by a run of all of them before.
"""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from coverage import CoverageData

MAX_SECONDS = 60.0
"""What the tests of one mutation may take together."""


def main() -> int:
    """Runs the tests and returns pytest's exit code, 0 where no test reaches the change."""
    tests = [test for path, lines in changes() for test in tests_of(path, lines)]
    if not tests:
        print("No test reaches these lines.")
        return 0
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, check=False).returncode


def changes() -> list[tuple[str, set[int]]]:
    """Returns each changed file of the package, and the numbers of its changed lines."""
    names = git("diff", "--name-only", "--", "tb_embed_plugin").split()
    return [(name, changed_lines(name)) for name in names]


def changed_lines(name: str) -> set[int]:
    """Returns the lines of the committed file that the working copy changes."""
    before = git("show", f"HEAD:{name}").splitlines()
    after = Path(name).read_text(encoding="utf-8").splitlines()
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return {
        line + 1
        for kind, start, end, _, _ in blocks
        if kind != "equal"
        for line in range(start, max(end, start + 1))
    }


def tests_of(name: str, lines: set[int]) -> list[str]:
    """Returns the tests that reach the lines, or the module where it is run at its import."""
    data = CoverageData()
    data.read()
    contexts = data.contexts_by_lineno(str(Path(name).resolve())) or data.contexts_by_lineno(
        name
    )
    reached = {test for line in lines for test in contexts.get(line, []) if test}
    if not reached:
        reached = {test for tests in contexts.values() for test in tests if test}
    return affordable({test.rsplit("|", 1)[0] for test in reached})


def affordable(tests: set[str]) -> list[str]:
    """Returns the quickest tests, as many as the seconds of one mutation allow."""
    seconds = durations()
    chosen: list[str] = []
    spent = 0.0
    for test in sorted(tests, key=lambda test: (seconds.get(key(test), 0.0), test)):
        spent += seconds.get(key(test), 0.0)
        if spent > MAX_SECONDS and chosen:
            break
        chosen.append(test)
    return chosen


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


def git(*arguments: str) -> str:
    """Returns what git prints."""
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    raise SystemExit(main())
