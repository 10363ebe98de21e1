"""Sound bytes with a few changes, into every reader and route."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.corpus import kept
from tests.fuzz.targets import Target, targets

NAMES = (
    "manifest",
    "index",
    "data",
    "configuration",
    "table",
    "sheet",
    "foreign index",
    "signed index",
    "weights",
    "request",
)
EXAMPLES = {"weights": 8}
"""Where a file costs a process, fewer."""

FOUND = {"sheet": [b"P1"]}
"""What was a fault once."""

Change = tuple[float, int, bytes]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Target]:
    """All targets, by name."""
    found = {target.name: target for target in targets(tmp_path_factory.mktemp("fuzz"))}
    assert tuple(found) == NAMES
    return found


def changed(seed: bytes, changes: list[Change]) -> bytes:
    """Returns bytes in which some were replaced, taken out or put in."""
    data = bytearray(seed)
    for where, taken, put in changes:
        at = int(where * len(data))
        data[at : at + taken] = put
    return bytes(data)


CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 4) | st.integers(0, 200),
        st.binary(max_size=4)
        | st.sampled_from([b"\0" * 9, b"\xff" * 9, b"-1", b"1e9", b"NaN", b"../"]),
    ),
    max_size=3,
)


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_answered_on_purpose(known: dict[str, Target], name: str) -> None:
    target = known[name]

    @settings(max_examples=EXAMPLES.get(name, 60))
    @given(CHANGES.map(lambda changes: changed(target.seed, changes)) | st.binary(max_size=40))
    def feed(data: bytes) -> None:
        target.feed(data)

    for data in (target.seed, *FOUND.get(name, []), *kept(name)):
        target.feed(data)
    feed()
