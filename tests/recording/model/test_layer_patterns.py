"""Patterns of layers' paths, against the shell's rules for paths."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.recording.model.layer_patterns import compile_pattern, is_pattern

NAMES = st.lists(st.text("ab1", min_size=1, max_size=3), min_size=1, max_size=3)


@pytest.mark.parametrize("separator", ["/", "."])
@given(names=NAMES, pattern=st.lists(st.text("ab1*?", min_size=1, max_size=3), max_size=3))
def test_a_star_stops_at_a_separator(
    separator: str, names: list[str], pattern: list[str]
) -> None:
    parts = [part.replace("**", "*") for part in pattern]
    matches = len(parts) == len(names) and all(map(fnmatchcase, names, parts))
    path, asked = separator.join(names), separator.join(parts)
    assert bool(compile_pattern(asked, separator).fullmatch(path)) == matches
    assert is_pattern(asked) == any(sign in asked for sign in "*?")


@given(names=NAMES, separator=st.sampled_from("/."))
def test_two_stars_stop_nowhere(names: list[str], separator: str) -> None:
    path = separator.join(names)
    assert compile_pattern("**", separator).fullmatch(path)
    assert bool(compile_pattern(f"**{names[-1]}", separator).fullmatch(path))
    assert not compile_pattern(f"**{separator}c", separator).fullmatch(path)
