"""The cache: what is kept is found again, what is damaged is not there, and it is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.jobs.cache import Cache, cache_of, digest
from tests.clusters import record_clusters

FRAME = np.arange(12, dtype=np.float32).reshape(6, 2)
SIZE = 700
"""Bytes of more than one frame's file and of less than two."""


def test_a_frame_is_found_by_layout_and_snapshot(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep_frame("layout", "snapshot", FRAME[:, ::-1])
    found = cache.frame("layout", "snapshot", (6, 2))

    assert found is not None
    np.testing.assert_array_equal(found, FRAME[:, ::-1])
    assert found.dtype == np.float32
    assert cache.frames("layout") == {"snapshot"}
    assert cache.frame("layout", "another", (6, 2)) is None
    assert cache.frames("another") == frozenset()


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "shape", "json", "folder"])
def test_what_is_damaged_is_not_there(tmp_path: Path, damage: str) -> None:
    cache = Cache(tmp_path)
    cache.keep_frame("layout", "snapshot", FRAME)
    cache.keep_record("layout", "numbers", {"a": 1.5})
    frame, record = (tmp_path / "layout" / n for n in ("snapshot.safetensors", "numbers.json"))
    body = frame.read_bytes()
    if damage == "folder":
        record.unlink()
        record.mkdir()
    record_body = {"cut": b'{"a": 1', "bit": b'{"a": \xff}', "json": b"[1]"}.get(damage, b"")
    if record.is_file():
        record.write_bytes(record_body)
    broken = {
        "cut": body[:-1],
        "bit": body[:-1] + b"\0",
        "json": (8).to_bytes(8, "little") + b"{broken}",
        "empty": b"",
    }
    frame.write_bytes(broken.get(damage, body))
    shape = (3, 4) if damage in {"shape", "folder"} else (6, 2)

    assert cache.frame("layout", "snapshot", shape) is None
    assert not frame.exists(), "so that it is laid out again"
    assert cache.record("layout", "numbers") == {}


def test_a_flipped_bit_of_any_file_is_never_served(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    numbers = {"a": [1.5, "b"], "c": None}
    for name in ("snapshot.safetensors", "cka-1.json"):
        path = tmp_path / "layout" / name
        cache.keep_tensors("layout", "snapshot", {"frame": FRAME}, {"of": "it", "n": 1.5})
        cache.keep_record("layout", "cka-1", numbers)
        body = path.read_bytes()
        kept = (FRAME.tobytes(), {"of": "it", "n": 1.5}) if "cka" not in name else numbers
        for bit in range(8 * len(body)):
            flipped = bytearray(body)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            # Such as a space for a tab: the content is what it was.
            assert read(cache, name) in (None, kept), (bit, bytes(flipped))


def read(cache: Cache, name: str) -> object:
    """Returns what the cache gives of a file, None for nothing."""
    if name.endswith("json"):
        return cache.record("layout", name.removesuffix(".json")) or None
    found = cache.tensors("layout", name.removesuffix(".safetensors"), 1 << 12)
    if found is None:
        return None
    (tensor,), info = found[0].values(), found[1]
    return tensor.tobytes(), {key: info[key] for key in info if key != "digest"}


@given(st.binary(max_size=300))
def test_no_file_is_ever_taken_for_a_frame(body: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layout" / "snapshot.safetensors"
        path.parent.mkdir()
        path.write_bytes(body)
        assert Cache(Path(folder)).frame("layout", "snapshot", (6, 2)) is None


def test_the_layout_unused_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=3 * SIZE)
    for i, layout in enumerate(("first", "second", "third")):
        cache.keep_frame(layout, "snapshot", FRAME)
        os.utime(tmp_path / layout, (i, i))
    size = (tmp_path / "first" / "snapshot.safetensors").stat().st_size
    assert SIZE / 4 < size < SIZE
    cache = Cache(tmp_path, limit=3 * size)
    cache.use("first")
    cache.keep_frame("fourth", "snapshot", FRAME)

    kept = {layout.name for layout in tmp_path.iterdir() if layout.is_dir()}
    assert kept == {"first", "third", "fourth"}


def test_a_layout_that_another_process_lays_out_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=1)
    code = (
        "import sys; from pathlib import Path; from tb_embed_plugin.jobs.cache import Cache\n"
        f"with Cache(Path({str(tmp_path)!r})).alone('held', print):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        Cache(tmp_path).keep_frame("held", "snapshot", FRAME)
        Cache(tmp_path).keep_frame("free", "snapshot", FRAME)
        cache.keep_frame("new", "snapshot", FRAME)
        assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {"held", "new"}
        holder.communicate()


def test_names_follow_from_content_alone(tmp_path: Path) -> None:
    facts = {"engine": "tsne", "settings": {"a": 1, "b": 2}}
    same = {"settings": {"b": 2, "a": 1}, "engine": "tsne"}
    name = Cache(tmp_path).layout(facts)

    assert name == Cache(tmp_path / "moved").layout(same)
    assert name != Cache(tmp_path).layout(facts | {"engine": "umap"})
    assert name != Cache(tmp_path, owner="another run").layout(facts)
    assert digest(FRAME) == digest(FRAME.copy())
    assert digest(FRAME) != digest(FRAME.T)
    assert len({name, digest(FRAME)} & {digest(FRAME + 1)}) == 0


def test_links_out_of_a_run_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    outside = tmp_path / "outside"
    outside.mkdir()
    plugin = tmp_path / "run" / "plugins" / "tb_embed"
    plugin.mkdir(parents=True)
    (plugin / "cache").symlink_to(outside)
    cache = cache_of((tmp_path / "run").resolve())
    cache.keep_frame("layout", "snapshot", FRAME)
    assert list(outside.iterdir()) == []
    assert (tmp_path / "users" / "tb_embed" / "layout").is_dir()

    (plugin / "cache").unlink()
    (plugin / "cache").mkdir()
    cache = cache_of((tmp_path / "run").resolve())
    assert cache.folder == plugin / "cache"
    (outside / "snapshot.safetensors").write_bytes(
        (tmp_path / "users" / "tb_embed" / "layout" / "snapshot.safetensors").read_bytes()
    )
    (plugin / "cache" / "layout").symlink_to(outside)
    assert cache.frame("layout", "snapshot", (6, 2)) is None
    assert (outside / "snapshot.safetensors").exists()


def test_a_run_that_is_read_only_is_cached_in_the_users_folder(tmp_path: Path) -> None:
    run_dir = tmp_path / "logs" / "a"
    record_clusters(run_dir, range(2), samples=40)
    before = {path: path.stat().st_mtime_ns for path in run_dir.rglob("*")}
    for folder in (run_dir, *(p for p in run_dir.rglob("*") if p.is_dir())):
        folder.chmod(0o555)
    # The superuser may write everywhere, unless it gives that up.
    modest = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    command = [sys.executable, "-m", "tb_embed_plugin.cli", "project", str(tmp_path / "logs")]
    result = subprocess.run(
        [*(modest if os.geteuid() == 0 else []), *command, "--engine", "tsne"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "users")},
        capture_output=True,
        text=True,
        check=False,
    )
    run_dir.chmod(0o755)

    assert result.returncode == 0, result.stderr
    assert {path: path.stat().st_mtime_ns for path in run_dir.rglob("*")} == before
    users = tmp_path / "users" / "tb_embed"
    assert len(list(users.glob("*/*.safetensors"))) == 2
    (snapshots,) = users.glob("*/snapshots.json")
    assert {"0", "1"} <= set(json.loads(snapshots.read_text())["content"])
