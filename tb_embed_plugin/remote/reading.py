"""Reading a storage: what it lists, and its files piece by piece, as fsspec does everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

Facts = Mapping[str, Any]
"""What a storage says of a file: its size, and what it calls tag and time."""

BLOCK_BYTES = 16 << 20
"""Asked for at a time: larger files come in several answers."""

ANSWER_SECONDS = 60.0
SLOWEST = 100_000
"""A whole answer may take `ANSWER_SECONDS`, and a second more for each `SLOWEST` bytes."""

LISTING_SECONDS = 300.0


_TAGS = ("ETag", "etag", "generation", "mtime", "LastModified", "last_modified", "created")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


class OtherVersionError(Exception):
    """A file is another one than that of which the first bytes were read."""


class TooManyFilesError(Exception):
    """More files lie there than may be listed.

    Args:
        most: How many may.
    """

    def __init__(self, most: float) -> None:
        super().__init__(most)
        self.most = most


class FileReader(Protocol):
    """A reader of a file, from some byte to the end that was listed."""

    def read(self) -> bytes:
        """Returns the next bytes, none at the end; after an error a call resumes there.

        Raises:
            OtherVersionError: The file was replaced since the first bytes were read.
            FileNotFoundError: It was deleted.
        """

    def close(self) -> None:
        """Gives back what it holds."""


class Reading(Protocol):
    """A way to read a storage. What its methods raise is the storage's library's own."""

    def list(self, root: str, most: float) -> Mapping[str, Facts]:
        """Returns all files below a path, by their paths.

        Raises:
            TooManyFilesError: There are more than `most`.
        """

    def start_of(self, path: str, most: int) -> bytes:
        """Returns a file's content, its first `most` bytes, by one request."""

    def reader(self, path: str, begin: int, end: int) -> FileReader:
        """Returns a reader of a file.

        Args:
            path: The file.
            begin: The first byte.
            end: The one behind the last.
        """


class AnyReading:
    """What lies on any storage of fsspec's, as `Reading`.

    Args:
        files: fsspec's file system.
    """

    def __init__(self, files: Any) -> None:
        self._files = files

    def list(self, root: str, most: float) -> Mapping[str, Facts]:
        """As `Reading`; all are in memory before they are counted."""
        limit = time_limit(self._files, LISTING_SECONDS)
        found: Mapping[str, Facts] = self._files.find(root, detail=True, **limit)
        if len(found) > most:
            raise TooManyFilesError(most)
        return found

    def start_of(self, path: str, most: int) -> bytes:
        """As `Reading`."""
        limit = time_limit(self._files, answer_seconds(most))
        # Named, an end saves some storages the question how long the file is.
        content: bytes = self._files.cat_file(path, start=0, end=most, **limit)
        return content

    def reader(self, path: str, begin: int, end: int) -> FileReader:
        """As `Reading`."""
        return BlockReader(self._files, path, begin, end)


class BlockReader:
    """A reader of a file of any storage.

    Args:
        files: fsspec's file system.
        path: The file's path in it.
        begin: The first byte.
        end: The one behind the last.
    """

    def __init__(self, files: Any, path: str, begin: int, end: int) -> None:
        self._files, self._path = files, path
        self._begin, self._end = begin, end
        self._has_blocks = end - begin > BLOCK_BYTES
        self._tag: str | None = None

    def read(self) -> bytes:
        """As `FileReader`."""
        if self._has_blocks and self._tag is None:
            self._tag = self._tag_now()
        size = min(BLOCK_BYTES, self._end - self._begin)
        if size <= 0:
            return b""
        found: bytes = self._files.cat_file(
            self._path,
            start=self._begin,
            end=self._begin + size,
            **time_limit(self._files, answer_seconds(size)),
        )
        if len(found) != size:
            raise EOFError(f"{len(found)} of {size} bytes came")
        is_last = self._begin + size == self._end
        if self._has_blocks and is_last and self._tag_now() != self._tag:
            raise OtherVersionError
        self._begin += size
        return found

    def close(self) -> None:
        """As `FileReader`."""

    def _tag_now(self) -> str:
        return tag_of(self._files.info(self._path, **time_limit(self._files, ANSWER_SECONDS)))


def tag_of(facts: Facts) -> str:
    """Returns what changes when a file's content does, empty where nothing is said of that."""
    return next((str(facts[name]) for name in _TAGS if facts.get(name)), "")


def written_at(facts: Facts) -> float | None:
    """Returns when a file was written, seconds since 1970; None where nothing is said of it."""
    when = next((facts[name] for name in _TIMES if name in facts), None)
    if isinstance(when, datetime):
        return when.timestamp()
    return when if isinstance(when, float) else None


def answer_seconds(size: int) -> float:
    """Returns how long an answer of so many bytes may take as a whole."""
    return ANSWER_SECONDS + size / SLOWEST


def time_limit(files: Any, seconds: float) -> dict[str, float]:
    """Returns the argument by which a file system ends an answer, for those that can.

    Args:
        files: fsspec's file system.
        seconds: What the whole answer may take.
    """
    return {"timeout": seconds} if getattr(files, "async_impl", False) else {}
