"""The cache on disk, so that nothing is computed twice: files below one folder.

    <folder>/<layout>/<snapshot>.safetensors   a frame, or what was measured of a snapshot
    <folder>/<layout>/<name>.json              numbers
    <folder>/<layout>.lock                     held by whoever lays the layout out

Names are digests: a layout's of the engine and its settings, a snapshot's of its
bytes. So a frame is found again wherever its content is the same, and a new epoch adds one
file. The folder may be deleted at any time, whole or in part: a file that is missing, damaged
or of another kind is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.errors import EmbedError, UnreadableError
from tb_embed_plugin.metadata import CACHE_FOLDER, PLUGIN_NAME
from tb_embed_plugin.runs import atomic
from tb_embed_plugin.runs.safe_path import confined

MAX_BYTES = 4 << 30
"""All files of one cache folder; beyond that the layout unused for longest goes."""

_MAX_HEADER_BYTES = 1 << 12
_MAX_RECORD_BYTES = 4 << 20


@dataclass(frozen=True)
class Cache:
    """The files below one folder.

    Attributes:
        folder: The folder; it is made with its first file.
        owner: Sets the layouts of one run apart where several runs share the folder.
        limit: Bytes that it may hold.
    """

    folder: Path
    owner: str = ""
    limit: int = MAX_BYTES

    def layout(self, facts: Mapping[str, Any]) -> str:
        """Returns the name of the layout that follows from `facts`, JSON values alone."""
        return digest(json.dumps([self.owner, facts], sort_keys=True).encode())

    def frame(
        self, layout: str, snapshot: str, shape: tuple[int, int]
    ) -> NDArray[np.float32] | None:
        """Returns a frame, float32 (n_samples, components), or None if there is none.

        One that is damaged or has another shape is deleted.
        """
        most = 4 * math.prod(shape) + _MAX_HEADER_BYTES
        found = self.tensors(layout, snapshot, most)
        if found is None:
            return None
        frame = found[0].get("frame")
        if frame is not None and frame.shape == shape:
            return frame.astype(np.float32, copy=False)
        with contextlib.suppress(OSError):
            self._path(layout, f"{snapshot}.safetensors").unlink()
        return None

    def keep_frame(self, layout: str, snapshot: str, frame: NDArray[np.float32]) -> None:
        """Writes a frame, and makes room for it.

        Raises:
            OSError: The disk is full, the folder read-only and the like.
        """
        self.keep_tensors(layout, snapshot, {"frame": frame}, {})

    def tensors(
        self, layout: str, name: str, most: int
    ) -> tuple[dict[str, NDArray[np.generic]], Mapping[str, Any]] | None:
        """Returns the tensors kept under a name and what was kept with them, or None.

        A file that is damaged, or larger than `most` bytes, is deleted.
        """
        path = self.folder / layout / f"{name}.safetensors"
        try:
            with self._path(layout, path.name).open("rb") as file:
                tensors, info = wire.decode(file.read(most))
            if info["digest"] == _digest_of(tensors):
                return tensors, info
        except (FileNotFoundError, EmbedError):
            # Behind a link that leads elsewhere there is nothing of ours.
            return None
        except (OSError, ValueError, KeyError):
            pass
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def keep_tensors(
        self,
        layout: str,
        name: str,
        tensors: Mapping[str, NDArray[np.generic]],
        info: Mapping[str, Any],
    ) -> None:
        """Writes tensors, and what else there is to say as JSON, and makes room for them.

        Raises:
            OSError: As `keep_frame`.
        """
        body = wire.encode(tensors, {**info, "digest": _digest_of(tensors)})
        atomic.write_bytes(self._path(layout, f"{name}.safetensors"), body, flush=False)
        self._make_room(layout)

    def frames(self, layout: str) -> frozenset[str]:
        """Returns the snapshots whose frames there are, by their files' names alone."""
        try:
            files = list((self.folder / layout).iterdir())
        except OSError:
            return frozenset()
        return frozenset(file.stem for file in files if file.suffix == ".safetensors")

    def record(self, layout: str, name: str) -> dict[str, Any]:
        """Returns what was kept under a name, empty if there is nothing."""
        try:
            with self._path(layout, f"{name}.json").open("rb") as file:
                content = json.loads(file.read(_MAX_RECORD_BYTES))
        except (OSError, ValueError, RecursionError, EmbedError):
            return {}
        return content if isinstance(content, dict) else {}

    def keep_record(self, layout: str, name: str, content: Mapping[str, Any]) -> None:
        """Writes numbers, text and lists of them, as JSON.

        Raises:
            OSError: As `keep_frame`.
        """
        body = json.dumps(content, allow_nan=False).encode()
        atomic.write_bytes(self._path(layout, f"{name}.json"), body, flush=False)

    def use(self, layout: str) -> None:
        """Notes that a layout is looked at, so that others are let go before it."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / layout)

    def forget(self, layout: str) -> None:
        """Deletes a layout."""
        shutil.rmtree(self.folder / layout, ignore_errors=True)

    @contextmanager
    def alone(self, layout: str, wait: Callable[[], None]) -> Iterator[None]:
        """Waits until no other process lays this layout out, and keeps others waiting.

        Args:
            layout: The layout.
            wait: Is called once if there is something to wait for.

        Raises:
            OSError: As `keep_frame`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self._lock(layout)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            wait()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _path(self, layout: str, name: str) -> Path:
        # Somebody else's link in place of a layout would lead out of the folder.
        return confined(self.folder, f"{layout}/{name}")

    def _make_room(self, kept: str) -> None:
        """Deletes the layouts unused for longest until the rest holds at most `limit`."""
        layouts = [path for path in self.folder.iterdir() if path.is_dir()]
        sizes = {path: _size(path) for path in layouts}
        total = sum(sizes.values())
        for path in sorted(layouts, key=_last_used):
            if total <= self.limit:
                return
            lock = self._lock(path.name)
            # One that another process is laying out is in use.
            with contextlib.suppress(Timeout):
                if path.name != kept:
                    with lock.acquire(timeout=0):
                        self.forget(path.name)
                        Path(lock.lock_file).unlink(missing_ok=True)
                    total -= sizes[path]

    def _lock(self, layout: str) -> FileLock:
        return FileLock(self.folder / f"{layout}.lock")


def cache_of(run_dir: Path) -> Cache:
    """Returns the cache of a run: beside it, or in the user's cache folder if it is read-only.

    Args:
        run_dir: The run's directory, links resolved.
    """
    try:
        folder = confined(run_dir, CACHE_FOLDER)
    # A link that leads out of the run: nothing is written or deleted behind it.
    except UnreadableError:
        return _users_cache(run_dir)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return Cache(folder)
    return _users_cache(run_dir)


def digest(content: bytes | NDArray[np.generic]) -> str:
    """Returns 32 hexadecimal digits that differ where the content does; not the shape."""
    data = content if isinstance(content, bytes) else np.ascontiguousarray(content).data
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_of(tensors: Mapping[str, NDArray[np.generic]]) -> str:
    """Returns the digest of the tensors' bytes, one after the other by name."""
    content = hashlib.blake2b(digest_size=16)
    for name in sorted(tensors):
        content.update(np.ascontiguousarray(tensors[name]).data)
    return content.hexdigest()


def _users_cache(run_dir: Path) -> Cache:
    folder = platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False).resolve()
    return Cache(folder, owner=str(run_dir))


def _size(folder: Path) -> int:
    size = 0
    with contextlib.suppress(OSError), os.scandir(folder) as files:
        for file in files:
            # Another process may have taken it away.
            with contextlib.suppress(OSError):
                size += file.stat(follow_symlinks=False).st_size
    return size


def _last_used(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
