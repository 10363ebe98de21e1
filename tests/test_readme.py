"""The README's comparison with the stock Projector names browser tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADER = "| feature | stock Projector | Embeddings tab | browser test |"


def rows() -> list[list[str]]:
    """The cells of each row below the header and its rule."""
    lines = (ROOT / "README.md").read_text().split(HEADER + "\n")[1].split("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in lines.splitlines()[1:]]
    return [row for row in cells if not row[0].startswith("**")]


def browser_tests() -> set[str]:
    """The names of all functions that pytest runs in a browser."""
    modules = (ROOT / "tests" / "browser").glob("test_*.py")
    nodes = [node for path in modules for node in ast.parse(path.read_text()).body]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_each_feature_has_a_browser_test_that_there_is() -> None:
    assert len(rows()) > 30
    existing = browser_tests()
    for feature, _, ours, *tests in rows():
        named = re.findall(r"`(test_\w+)`", tests[0] if tests else "")
        assert named or ours.startswith("no:"), f"no test of {feature}"
        assert set(named) <= existing, feature


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"docs/pictures/[\w./-]+", (ROOT / "README.md").read_text())
    assert {"docs/pictures/light.png", "docs/pictures/dark.png"} <= set(pictures)
    assert [name for name in pictures if not (ROOT / name).is_file()] == []
