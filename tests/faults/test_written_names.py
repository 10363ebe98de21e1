"""No name that is written leads elsewhere: links, pipes, folders swapped; one module writes."""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import tb_embed_plugin
from tb_embed_plugin import EmbedError, record
from tb_embed_plugin.jobs.cache import Cache, cache_of
from tb_embed_plugin.metadata import CACHE_FOLDER
from tb_embed_plugin.runs import folder as folder_module
from tb_embed_plugin.runs.atomic import replaced_at
from tb_embed_plugin.runs.folder import LEFT_BEHIND_SECONDS, opened
from tb_embed_plugin.runs.recording_lock import release
from tests.harness import read_run

PACKAGE = Path(tb_embed_plugin.__file__).parent
FRAME = np.arange(12, dtype=np.float32).reshape(6, 2)
SECRET = b"what lies outside of the log directory"
LEFTOVER = ".tb_embed-0123456789abcdef.new"

METHODS = {
    *("write_bytes", "write_text", "mkdir", "touch", "unlink", "rmdir", "rename", "chmod"),
    *("symlink_to", "hardlink_to", "tofile"),
}
OF_SYSTEM = {
    *(
        "chmod",
        "chown",
        "link",
        "makedirs",
        "mkdir",
        "mkfifo",
        "remove",
        "removedirs",
        "rename",
    ),
    *("renames", "replace", "rmdir", "symlink", "truncate", "unlink", "utime"),
}
READING = {"disk_usage", "which"}
MODES = {base + more for base in ("w", "a", "x", "r+") for more in ("", "b", "t", "+", "b+")}
EXCEPTIONS = {
    "runs/folder.py": "the one that writes",
    "runs/reading.py": "the one that opens for reading",
    "runs/scratch_folder.py": "nothing of a log directory: a folder of its process alone",
    "jobs/child_process.py": "the process's own place among those of Linux",
    "jobs/worker.py": "its own standard output",
    "server/measuring_process.py": "its own standard output",
}


def writes(call: ast.Call) -> bool:
    """Whether a call writes, renames or deletes files by itself."""
    values = [*call.args, *(word.value for word in call.keywords)]
    in_mode = any(isinstance(value, ast.Constant) and value.value in MODES for value in values)
    result = False
    match call.func:
        case ast.Attribute(ast.Name("os"), "open"):
            result = "O_RDONLY" not in ast.unparse(call)
        case ast.Name("open") | ast.Attribute(_, "open" | "fdopen"):
            result = in_mode
        case ast.Attribute(ast.Name("os"), name):
            result = name in OF_SYSTEM
        case ast.Attribute(ast.Name("shutil" | "tempfile"), name):
            result = name not in READING
        # That of a string has two.
        case ast.Attribute(_, "replace"):
            result = len(call.args) == 1
        case ast.Attribute(_, name):
            result = name in METHODS
    return result


def test_one_module_writes_renames_and_deletes() -> None:
    found: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and writes(node):
                name = str(path.relative_to(PACKAGE))
                found.setdefault(name, []).append(ast.unparse(node))
    assert found.keys() == EXCEPTIONS.keys(), found


def opens(call: ast.Call) -> bool:
    """Whether a call opens or maps a file by its path, but for classes that use ours."""
    match call.func:
        case ast.Name("open") | ast.Attribute(ast.Name("os" | "io"), "open" | "fdopen"):
            return True
        case ast.Attribute(ast.Name("np"), "memmap" | "fromfile" | "load"):
            return True
        case ast.Attribute(_, "read_bytes" | "read_text" | "mmap"):
            return True
        case ast.Attribute(opened, "open"):
            # Pillow and zipfile are given what is open.
            return not ast.unparse(opened).startswith(
                ("Image", "zipfile.", "TensorFile", "self.")
            )
    return False


def test_of_the_modules_that_read_runs_one_opens_files() -> None:
    found = {
        path.name
        for path in (PACKAGE / "runs").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and opens(node)
    }
    assert found == {"folder.py", "reading.py"}


def snapshots(run_dir: Path, steps: range) -> None:
    for step in steps:
        images = np.full((6, 600, 4), step, np.uint8)
        record(run_dir, step, {"fc1": FRAME + step}, images=images, metadata={"a": range(6)})


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder elsewhere, in which nothing may change."""
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_bytes(SECRET)
    os.utime(outside / "folder", (0, 0))
    yield outside
    assert {p.name for p in outside.rglob("*")} == {"folder", "file"}
    assert (outside / "file").read_bytes() == SECRET
    assert (outside / "folder").stat().st_mtime == 0


@pytest.mark.parametrize("begun", [False, True])
def test_links_in_the_place_of_what_the_recorder_writes_are_not_followed(
    tmp_path: Path, outside: Path, *, begun: bool
) -> None:
    model = tmp_path / "model"
    snapshots(model, range(2))
    release(model)
    names = [path.relative_to(model) for path in model.rglob("*")]
    assert len(names) > 12, names
    recorded = 0
    for i, name in enumerate(names):
        run_dir = tmp_path / f"run{i}"
        if begun:
            shutil.copytree(model, run_dir)
        # A link to nothing would have a file made where it leads.
        file = "nothing" if begun else "file"
        swapped(run_dir / name, outside / ("folder" if (model / name).is_dir() else file))
        with contextlib.suppress(EmbedError), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            snapshots(run_dir, range(2, 4))
            recorded += 1
        release(run_dir)
    assert 0 < recorded < len(names), "a file gives way, a folder stops it"


def swapped(place: Path, target: Path) -> None:
    if place.exists():
        place.rename(place.with_name(place.name + ".was"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize(
    "name",
    ["plugins", "plugins/tb_embed", CACHE_FOLDER, f"{CACHE_FOLDER}/layout"]
    + [f"{CACHE_FOLDER}/{file}" for file in ("layout.lock", "layout/a.safetensors")]
    + [f"{CACHE_FOLDER}/layout/{file}" for file in (".a.safetensors.new", "a.json")],
)
def test_links_in_the_place_of_what_the_server_writes_are_not_followed(
    tmp_path: Path, outside: Path, name: str
) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    cache = cache_of(run_dir)
    Cache(cache.folder).keep_frame("layout", "old", FRAME)
    is_file = name.endswith(("safetensors", "new", "json"))
    # The content of a lock never changes, but a link to nothing would have a file made.
    target = "nothing" if name.endswith("lock") else "file" if is_file else "folder"
    swapped(run_dir / name, outside / target)

    small = Cache(cache.folder, limit=1, home=run_dir)
    acts: list[Callable[[], object]] = [
        lambda: cache.keep_frame("layout", "a", FRAME),
        lambda: cache.keep_record("layout", "a", {"b": 1}),
        lambda: lay_out(cache),
        lambda: cache.use("layout"),
        lambda: small.keep_frame("other", "a", FRAME),
        lambda: cache.forget("layout"),
    ]
    for act in acts:
        with contextlib.suppress(OSError):
            act()
        if name.endswith(".new") and act is acts[0]:
            kept = cache.frame("layout", "a", FRAME.shape)
            assert kept is not None, "nobody foresees the name of an unfinished file"


def lay_out(cache: Cache) -> None:
    with cache.alone("layout", lambda: None):
        pass


@pytest.mark.parametrize("name", ["layout.lock", "layout/a.safetensors", "layout/a.json"])
def test_a_pipe_in_the_place_of_a_file_of_the_cache_is_not_waited_for(
    tmp_path: Path, name: str
) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep_frame("layout", "b", FRAME)
    os.mkfifo(cache.folder / name)

    assert cache.frame("layout", "a", (6, 2)) is None
    assert cache.record("layout", "a") == {}
    if name == "layout.lock":
        with pytest.raises(OSError, match="it is no file"):
            lay_out(cache)
    cache.keep_record("layout", "a", {"b": 1})
    assert cache.record("layout", "a") == {"b": 1}


def test_a_directory_that_is_swapped_while_it_is_open_stays_the_one_that_was_opened(
    tmp_path: Path, outside: Path
) -> None:
    (tmp_path / "run").mkdir()
    with opened(tmp_path / "run") as folder, folder.replaced("file") as file:
        swapped(tmp_path / "run", outside)
        file.write(b"ours")
    assert (tmp_path / "run.was" / "file").read_bytes() == b"ours"
    with pytest.raises(OSError, match="run"), opened(tmp_path / "run"):
        pass


@pytest.mark.parametrize("name", ["..", "a/../../b", "/etc"])
def test_no_name_leads_out_of_a_folder(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as folder:
        with pytest.raises(ValueError, match="leads out of"), folder.below(name):
            pass
        with pytest.raises(ValueError, match="not the name of a file"):
            folder.write(name, b"")


def test_what_killed_processes_left_unfinished_is_deleted(tmp_path: Path) -> None:
    def leave(folder: Path, age: float) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LEFTOVER).write_bytes(b"half")
        then = folder.stat().st_mtime - age
        os.utime(folder / LEFTOVER, (then, then))
        return folder / LEFTOVER

    cache = Cache(tmp_path / "cache")
    for age, stays in ((0, True), (LEFT_BEHIND_SECONDS + 9, False), (-2e9, False)):
        left = leave(cache.folder / "layout", age)
        other = leave(tmp_path / "exported", age)
        cache.keep_frame("another", "a", FRAME)
        with replaced_at(tmp_path / "exported" / "out.csv") as file:
            file.write(b"1")
        assert (left.exists(), other.exists()) == (stays, stays), age

    snapshots(tmp_path / "run", range(1))
    release(tmp_path / "run")
    # Of a run that nobody else records into, whatever its age.
    lefts = [leave(tmp_path / "run" / f, 0) for f in ("", "plugins/tb_embed")]
    snapshots(tmp_path / "run", range(1, 2))
    assert not any(left.exists() for left in lefts)
    assert read_run(tmp_path / "run").steps == [0, 1]


def test_a_system_without_descriptors_of_folders_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots(tmp_path / "here", range(3))
    monkeypatch.setattr(folder_module, "_HAS_DESCRIPTORS", False)
    snapshots(tmp_path / "there", range(3))
    cache = Cache(tmp_path / "cache")
    cache.keep_frame("layout", "a", FRAME)
    cache.forget("layout")

    def listing(name: str) -> set[str]:
        return {str(p.relative_to(tmp_path / name)) for p in (tmp_path / name).rglob("*")}

    assert listing("here") == listing("there")
    np.testing.assert_array_equal(read_run(tmp_path / "there").snapshot("fc1", 2), FRAME + 2)
    assert cache.frames("layout") == frozenset()
