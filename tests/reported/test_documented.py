"""The table of reported inputs in `docs/compatibility.md`, and the tests that show them."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__)
ROOT = HERE.parents[2]
TABLE = (ROOT / "docs" / "compatibility.md").read_text().split("## Reported inputs")[1]
NAMED = set(re.findall(r"\btest_\w+", TABLE))
# A file named without a test stands for all of its own.
WHOLE = set(re.findall(r"\| `(test_\w+)\.py`(?!:)", TABLE))


def names_in(path: Path) -> list[str]:
    return re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)


def test_every_report_is_in_the_table() -> None:
    files = [path for path in HERE.parent.glob("test_*.py") if path != HERE]
    shown = {name for path in files if path.stem not in WHOLE for name in names_in(path)}
    assert shown - NAMED == set()


def test_the_table_names_no_test_that_is_not_there() -> None:
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {path.stem for path in files} | {name for path in files for name in names_in(path)}
    assert NAMED - known == set()
    pages = re.findall(r"`(?:frontend/[\w/]*/)?(\w+\.test\.ts)`", TABLE)
    found = {path.name for path in (ROOT / "frontend" / "src").rglob("*.test.ts")}
    assert set(pages) - found == set()
