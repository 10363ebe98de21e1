"""The cache on disk, so that nothing is computed twice: files below one folder.

    <folder>/<layout>/<snapshot>.safetensors   a frame, or what was measured of a snapshot
    <folder>/<layout>/<name>.json              numbers
    <folder>/<layout>.lock                     held by whoever lays the layout out

Names are digests: a layout's of the engine and its settings, a snapshot's of its
bytes. So a frame is found again wherever its content is the same, and a new epoch adds one
file. Every file holds the digest of its content. The folder may be deleted at any time, whole
or in part: a file that is missing, damaged or of another kind is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.jobs.cache_room import lock_layout, make_room
from tb_embed_plugin.metadata import CACHE_FOLDER, PLUGIN_NAME
from tb_embed_plugin.runs.folder import Folder, opened
from tb_embed_plugin.runs.safe_path import confined

MAX_BYTES = 4 << 30
"""All files of one cache folder; beyond that the layout unused for longest goes."""

_MAX_HEADER_BYTES = 1 << 12
_MAX_RECORD_BYTES = 4 << 20
_LOOK_EVERY = 0.05
"""Seconds between two looks at whether a layout is free."""


@dataclass(frozen=True)
class Cache:
    """The files below one folder.

    Attributes:
        folder: The folder, links resolved; it is made with its first file.
        owner: Sets the layouts of one run apart where several runs share the folder.
        limit: Bytes that it may hold.
        home: A directory above the folder that is never made, the run's; None for any.
    """

    folder: Path
    owner: str = ""
    limit: int = MAX_BYTES
    home: Path | None = None

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
        self._remove(layout, f"{snapshot}.safetensors")
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
        file = f"{name}.safetensors"
        body = self._read(layout, file, most)
        if body is None:
            return None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            tensors, info = wire.decode(body)
            if info["digest"] == _digest_of(tensors, info):
                return tensors, info
        self._remove(layout, file)
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
        body = wire.encode(tensors, {**info, "digest": _digest_of(tensors, info)})
        self._write(layout, f"{name}.safetensors", body)
        with self._opened() as folder:
            make_room(folder, layout, self.limit)

    def remove(self, layout: str, name: str) -> None:
        """Deletes the tensors kept under a name."""
        self._remove(layout, f"{name}.safetensors")

    def frames(self, layout: str) -> frozenset[str]:
        """Returns the snapshots whose frames there are, by their files' names alone."""
        try:
            with self._opened() as folder, folder.below(layout) as place:
                files = [PurePath(name) for name in place.names()]
        except OSError:
            return frozenset()
        return frozenset(file.stem for file in files if file.suffix == ".safetensors")

    def record(self, layout: str, name: str) -> dict[str, Any]:
        """Returns what was kept under a name, empty if there is nothing.

        A file that is damaged is deleted.
        """
        file = f"{name}.json"
        body = self._read(layout, file, _MAX_RECORD_BYTES)
        if body is None:
            return {}
        with contextlib.suppress(ValueError, RecursionError, KeyError, TypeError):
            kept = json.loads(body)
            record = kept["content"]
            if kept["digest"] == _digest_of_record(record) and isinstance(record, dict):
                return record
        self._remove(layout, file)
        return {}

    def keep_record(self, layout: str, name: str, content: Mapping[str, Any]) -> None:
        """Writes numbers, text and lists of them, as JSON.

        Raises:
            OSError: As `keep_frame`.
        """
        kept = {"digest": _digest_of_record(content), "content": content}
        self._write(layout, f"{name}.json", json.dumps(kept, allow_nan=False).encode())

    def use(self, layout: str) -> None:
        """Notes that a layout is looked at, so that others are let go before it."""
        with contextlib.suppress(OSError), self._opened() as folder:
            folder.renew(layout)

    def forget(self, layout: str) -> None:
        """Deletes a layout."""
        with contextlib.suppress(OSError), self._opened() as folder:
            folder.remove_folder(layout)

    @contextmanager
    def alone(self, layout: str, wait: Callable[[], None]) -> Iterator[None]:
        """Waits until no other process lays this layout out, and keeps others waiting.

        Args:
            layout: The layout.
            wait: Is called once if there is something to wait for.

        Raises:
            OSError: As `keep_frame`.
        """
        lock = None
        try:
            with self._opened(make=True) as folder:
                lock = lock_layout(folder, layout)
                if lock is None:
                    wait()
                while lock is None:
                    time.sleep(_LOOK_EVERY)
                    lock = lock_layout(folder, layout)
            yield
        finally:
            if lock is not None:
                lock.release()

    @contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[Folder]:
        home = self.home or Path(self.folder.anchor)
        inner = self.folder.relative_to(home)
        with opened(home) as above, above.below(inner, make=make) as folder:
            yield folder

    def _read(self, layout: str, file: str, most: int) -> bytes | None:
        """Returns a file's content, None where there is none, or no file of ours."""
        try:
            with self._opened() as folder, folder.below(layout) as place:
                return place.read(file, most)
        except OSError:
            return None

    def _write(self, layout: str, file: str, body: bytes) -> None:
        with self._opened(make=True) as folder, folder.below(layout, make=True) as place:
            place.write(file, body)

    def _remove(self, layout: str, file: str) -> None:
        with (
            contextlib.suppress(OSError),
            self._opened() as folder,
            folder.below(layout) as place,
        ):
            place.remove(file)


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
        return Cache(folder, home=run_dir)
    return _users_cache(run_dir)


def digest(content: bytes | NDArray[np.generic]) -> str:
    """Returns 32 hexadecimal digits that differ where the content does; not the shape."""
    data = content if isinstance(content, bytes) else np.ascontiguousarray(content).data
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_of_record(content: Mapping[str, Any]) -> str:
    return digest(json.dumps(content, sort_keys=True).encode())


def _digest_of(tensors: Mapping[str, NDArray[np.generic]], info: Mapping[str, Any]) -> str:
    """Returns the digest of tensors, names, types and shapes, and of what is said beside."""
    facts = {name: (str(t.dtype), t.shape) for name, t in sorted(tensors.items())}
    said = {key: value for key, value in info.items() if key != "digest"}
    content = hashlib.blake2b(digest_size=16)
    content.update(json.dumps([facts, said], sort_keys=True).encode())
    for name in sorted(tensors):
        content.update(np.ascontiguousarray(tensors[name]).data)
    return content.hexdigest()


def _users_cache(run_dir: Path) -> Cache:
    folder = platformdirs.user_cache_path(PLUGIN_NAME, appauthor=False).resolve()
    return Cache(folder, owner=str(run_dir))
