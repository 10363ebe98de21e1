"""docs/security.md claims nothing without a test."""

from __future__ import annotations

import re
from pathlib import Path

from tb_embed_plugin.server.routes import ROUTES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text()


def test_every_claim_names_a_test_that_there_is() -> None:
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - there == set()
    for name in re.findall(r"`(tests/[\w/.]+)`", PAGE):
        assert (ROOT / name).is_file(), name
    refused = PAGE.partition("## What is refused")[2].partition("## Limits")[0]
    rows = [
        row for row in re.findall(r"^\| .*$", refused, re.MULTILINE) if "| test |" not in row
    ]
    assert [row for row in rows if "test_" not in row] == []


def test_every_route_has_its_rights() -> None:
    rights = PAGE.partition("## What a request may do")[2].partition("## What is refused")[0]
    assert set(ROUTES) - set(re.findall(r"`(\w+)`", rights)) == set()
