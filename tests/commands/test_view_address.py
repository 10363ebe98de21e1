"""The address of a view: what it says, and how long it may be."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tb_embed_plugin.commands.reporting.view_address import (
    MOST_CHARACTERS,
    in_ranges,
    view_address,
)
from tests.addresses import keys_of, selected


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 999_999), unique=True, max_size=500),
    st.text(max_size=40),
)
def test_an_address_selects_the_first_samples_as_many_as_fit(
    samples: list[int], run: str
) -> None:
    run = run.encode(errors="ignore").decode()
    link, linked = view_address(run, "fc1", 3, samples=samples)
    assert len(link) <= MOST_CHARACTERS
    assert keys_of(link).items() >= {"run": run, "layer": "fc1", "step": "3"}.items()
    assert selected(link) == set(samples[:linked])
    if linked < len(samples):
        more = quote(f"samples {in_ranges(samples[: linked + 1])}", safe="~()*!.'")
        start, *_ = link.split("&p.tb_embed.selection=")
        assert len(f"{start}&p.tb_embed.selection={more}") > MOST_CHARACTERS
