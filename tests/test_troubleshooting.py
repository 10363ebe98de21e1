"""What `docs/troubleshooting.md` quotes is what the package and the page say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
GAP = "…"
MESSAGES = [
    message
    for table in PAGE.split("| message | why | what to do |\n")[1:]
    for message in re.findall(r"^\| `([^`]+)` \|", table.split("\n\n")[0], re.MULTILINE)
]


def strings(module: ast.Module) -> Iterator[str]:
    """The strings of a module, with a gap where something is filled in."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else GAP for p in node.values]
            yield "".join(map(str, parts))


def said() -> list[str]:
    """All that is said: the strings of the package, and the page's source, file by file."""
    python = sorted((ROOT / "tb_embed_plugin").rglob("*.py"))
    page = [
        file
        for file in sorted((ROOT / "frontend" / "src").rglob("*.ts*"))
        if ".test." not in file.name
    ]
    texts = [text for file in python for text in strings(ast.parse(file.read_text()))]
    return [" ".join(text.split()) for text in [*texts, *(file.read_text() for file in page)]]


def holds(text: str, parts: list[str]) -> bool:
    """Whether a text has the parts in their order."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place == -1:
            return False
        place += len(part)
    return True


def test_each_message_that_is_quoted_is_said_today() -> None:
    assert len(MESSAGES) == len(set(MESSAGES))
    assert len(MESSAGES) >= 40
    texts = said()
    reworded = [
        message
        for message in MESSAGES
        if not any(holds(text, message.split(GAP)) for text in texts)
    ]
    assert reworded == [], "quote them as they are now"
