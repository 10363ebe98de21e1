"""What is remembered of what was computed stays within what the server was given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.plugins import base_plugin

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.lru_cache import LruCache, Memory, size_of
from tb_embed_plugin.plugin import MEMORY_MB
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server import routes
from tb_embed_plugin.server.response import Service
from tests.decoding import BASE
from tests.planted import class_snapshots, write_run
from tests.server.test_origin import client_of, flags_of

MOST = 50_000


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logs = tmp_path_factory.mktemp("logs")
    snapshots, codes = class_snapshots(0, 4, 300)
    labels = Column("label", "category", codes.astype(str).tolist())
    write_run(logs / "a", {f"fc{i}": snapshots for i in range(6)}, labels)
    return logs


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9), st.integers(0, 700)))
)
def test_caches_that_share_memory_hold_no_more_together(
    uses: list[tuple[bool, bool, int, int]],
) -> None:
    memory = Memory(2000)
    caches = [LruCache[bytes](5, memory) for _ in range(2)]
    for which, puts, key, size in uses:
        cache = caches[which]
        known = key in cache and not puts
        if puts:
            cache.put(key, bytes(size))
        value = cache.get(key, lambda size=size: bytes(size))  # type: ignore[misc]
        assert known or len(value) == size
        assert cache.find(key) == value
        held = [c._values for c in caches]  # noqa: SLF001
        assert memory.held == sum(size_of(v) for values in held for v in values.values())
        assert memory.held <= 2000
        assert all(len(values) <= 5 for values in held)
        assert key in cache, "the last one used is the last to go"


def test_what_has_no_room_is_answered_and_not_remembered() -> None:
    cache = LruCache[np.ndarray](5, Memory(1000))

    assert len(cache.get("large", lambda: np.zeros(1000))) == 1000
    assert "large" not in cache


def test_a_server_with_little_memory_answers_the_same(logdir: Path) -> None:
    ample = Service.within(1 << 30, Logdir(logdir, list))
    little = Service.within(MOST, Logdir(logdir, list))
    memory = little.computed.bases._memory  # noqa: SLF001
    for layer in range(6):
        for route in ("projection", "metadata", "metrics", "quality"):
            asked = Arguments({"run": "a", "layer": f"fc{layer}"})
            one = routes.answer(little, route, asked, "page")
            assert one.body == routes.answer(ample, route, asked, "page").body
            assert 0 < memory.held <= MOST
    assert ample.computed.bases._memory.held > MOST  # noqa: SLF001


def test_a_table_is_read_once_for_all_pages(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    columns = RecordedRun.columns

    def counted(run: RecordedRun, layer: str, step: int | None = None) -> list[Column]:
        read.append(layer)
        return columns(run, layer, step)

    monkeypatch.setattr(RecordedRun, "columns", counted)
    service = Service(Logdir(logdir, list))
    asked = Arguments({"run": "a", "layer": "fc0"})
    answers = {routes.answer(service, "metadata", asked, f"page {i}").body for i in range(5)}

    assert (len(answers), len(read)) == (1, 1)


@pytest.mark.parametrize(
    ("flags", "megabytes"), [((), MEMORY_MB), (("--tb_embed_memory_mb", "64"), 64)]
)
def test_the_flag_is_what_the_server_keeps_to(
    tmp_path: Path, flags: tuple[str, ...], megabytes: int
) -> None:
    client = client_of(tmp_path, flags_of(*flags))
    client.get(BASE + "engines")
    (plugin,) = client.application._plugins  # type: ignore[attr-defined] # noqa: SLF001
    memory = plugin._service.computed.bases._memory  # noqa: SLF001

    # The other half is that of the process that measures.
    assert memory._most == megabytes << 19  # noqa: SLF001


def test_too_little_is_said_before_tensorboard_starts() -> None:
    with pytest.raises(base_plugin.FlagsError, match="at least 16, not 3"):
        flags_of("--tb_embed_memory_mb", "3")


class Growing:
    """Adds to what it is part of while it is looked at, as another thread may."""

    def __init__(self, whole: dict[str, object]) -> None:
        self._whole = whole

    def __getattribute__(self, name: str) -> object:
        whole = object.__getattribute__(self, "_whole")
        whole[f"{len(whole)}"] = b""
        return super().__getattribute__(name)


def test_what_grows_or_holds_itself_has_a_size_all_the_same() -> None:
    whole: dict[str, object] = {"bytes": bytes(1000)}
    whole |= {"part": Growing(whole), "itself": whole, "bytes again": whole["bytes"]}
    assert 1000 < size_of(whole) < 2000
