"""Readers of single files of a storage, piece by piece, which resume where a connection broke.

fsspec reads any storage, in blocks. Of S3 it lets one thread read all connections, and copies
each byte several times in memory; by botocore, on which it stands itself, each thread reads a
connection of its own, at twice the speed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

BLOCK_BYTES = 16 << 20
"""Asked of fsspec at a time: larger files come in several answers."""

PIECE_BYTES = 1 << 20
"""Taken of a connection at a time."""

ANSWER_SECONDS = 60.0
SLOWEST = 100_000
"""A whole answer may take `ANSWER_SECONDS`, and a second more for each `SLOWEST` bytes."""


class FileReader(Protocol):
    """A reader of a file, from some byte to the end that was listed."""

    def read(self) -> bytes:
        """Returns the next bytes, none at the end; after an error a call resumes there."""

    def close(self) -> None:
        """Gives back what it holds."""


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

    def read(self) -> bytes:
        """As `FileReader`."""
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
        self._begin += size
        return found

    def close(self) -> None:
        """As `FileReader`."""


class S3Objects:
    """The objects of S3, read by connections of their own.

    Args:
        files: s3fs' file system, which knows how addresses are written.
        config: What botocore's client is configured with.
    """

    def __init__(self, files: Any, config: Mapping[str, Any]) -> None:
        self._files, self._config = files, config
        self._made: Any = None
        self._making = threading.Lock()

    def reader(self, path: str, begin: int, end: int) -> S3Reader:
        """Returns a reader of an object.

        Args:
            path: The object's bucket and key, as s3fs writes them.
            begin: The first byte.
            end: The one behind the last.
        """
        bucket, key, _ = self._files.split_path(path)
        return S3Reader(self._client(), bucket, key, begin, end)

    def _client(self) -> Any:
        with self._making:
            if self._made is None:
                import botocore.session
                from botocore.config import Config

                session = botocore.session.Session()
                self._made = session.create_client("s3", config=Config(**self._config))
            return self._made


class S3Reader:
    """A reader of an object of S3.

    Args:
        client: botocore's.
        bucket: The object's bucket.
        key: Its key.
        begin: The first byte.
        end: The one behind the last.
    """

    def __init__(self, client: Any, bucket: str, key: str, begin: int, end: int) -> None:
        self._client, self._bucket, self._key = client, bucket, key
        self._begin, self._end = begin, end
        self._body: Any = None

    def read(self) -> bytes:
        """As `FileReader`."""
        if self._begin >= self._end:
            return b""
        try:
            if self._body is None:
                self._body = self._asked()
            piece: bytes = self._body.read(min(PIECE_BYTES, self._end - self._begin))
        except BaseException:
            self.close()
            raise
        if not piece:
            self.close()
            raise EOFError(f"{self._end - self._begin} bytes are missing")
        self._begin += len(piece)
        return piece

    def close(self) -> None:
        """As `FileReader`: ends the connection, unless all was read of it."""
        body, self._body = self._body, None
        if body is not None:
            body.close()

    def _asked(self) -> Any:
        from botocore.exceptions import ClientError
        from s3fs.errors import translate_boto_error

        part = f"bytes={self._begin}-{self._end - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, Range=part)
        except ClientError as error:
            raise translate_boto_error(error) from error
        size, body = self._end - self._begin, answer["Body"]
        if answer["ContentLength"] != size:
            body.close()
            raise EOFError(f"{answer['ContentLength']} of {size} bytes came")
        return body


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
