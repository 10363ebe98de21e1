"""The memory that computations may work in: the machine's, the container's, or what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections import working_memory
from tb_embed_plugin.projections.working_memory import (
    LEAST_MB,
    available_memory,
    use_memory,
)

GIB = 1 << 30


@pytest.mark.parametrize(
    ("group", "file"),
    [
        ("0::/pod/app\n", "memory.max"),
        ("0::/pod/app\n", "pod/memory.max"),
        ("0::/pod/app\n", "pod/app/memory.max"),
        ("5:cpu:/x\n9:memory:/pod\n", "memory/pod/memory.limit_in_bytes"),
    ],
)
def test_a_container_has_what_its_control_groups_let_it_have(
    group: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, groups = tmp_path / "own", tmp_path / "groups"
    own.write_text(group)
    limit = groups / file
    limit.parent.mkdir(parents=True)
    monkeypatch.setattr(working_memory, "_OWN_CGROUP", own)
    monkeypatch.setattr(working_memory, "_CGROUPS", groups)

    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit.write_text("max\n")
    assert available_memory() == machine
    limit.write_text(f"{2 * GIB}\n")
    assert available_memory() == 2 * GIB
    assert working_memory.working_memory() == GIB // 2


def test_what_somebody_says_counts() -> None:
    try:
        use_memory(1000)
        assert working_memory.working_memory() == 1000 << 20
    finally:
        use_memory(None)
    with pytest.raises(ArgumentError, match=f"--memory must be at least {LEAST_MB}"):
        use_memory(LEAST_MB - 1)
