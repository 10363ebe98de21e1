"""Addresses of views, read as the page reads them."""

from __future__ import annotations

from urllib.parse import unquote


def keys_of(link: str) -> dict[str, str]:
    """Returns what an address says, by its keys."""
    start, *parts = link.split("&")
    assert start == "#tb_embed"
    pairs = [part.removeprefix("p.tb_embed.").split("=", 1) for part in parts]
    return {name: unquote(value) for name, value in pairs}


def selected(link: str) -> set[int]:
    """Returns the samples that an address selects."""
    words = keys_of(link).get("selection", "samples ")
    found: set[int] = set()
    for part in filter(None, words.removeprefix("samples ").split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
