"""Reading S3 by botocore, on which s3fs itself stands: a thread and a connection for each file.

s3fs lets one thread read all connections, and copies each byte several times in memory.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import PRECONDITION_FAILED
from typing import Any

from tb_embed_plugin.remote import reading
from tb_embed_plugin.remote.reading import (
    Facts,
    FileReader,
    OtherVersionError,
    TooManyFilesError,
    answer_seconds,
)
from tb_embed_plugin.remote.time_limits import BodyLimits, in_time

PIECE_BYTES = 1 << 20
"""Taken of a connection at a time."""

_OF_HEADERS = {"ResponseMetadata", "RequestCharged"}
"""What a listing has where nothing of its body came; all servers say more in it."""

_PART = re.compile(r"bytes (\d+)-(\d+)/(?:\d+|\*)")


class S3Reading:
    """What lies on S3, as `Reading`.

    Args:
        files: s3fs' file system, which knows how addresses are written.
        config: What botocore's client is configured with.
    """

    def __init__(self, files: Any, config: Mapping[str, Any]) -> None:
        self._files, self._config = files, config
        self._made: Any = None
        self._making = threading.Lock()
        self._limits = BodyLimits()

    def list(self, root: str, most: float) -> dict[str, Facts]:
        """As `Reading`."""
        bucket, key = self._split(root)
        below = f"{key.rstrip('/')}/" if key else ""
        paginator = self._client().get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=bucket, Prefix=below))
        end = time.monotonic() + reading.LISTING_SECONDS
        found: dict[str, Facts] = {}
        count = 0
        with _translated():
            while page := in_time(
                lambda: next(pages, None),
                max(0.0, min(end - time.monotonic(), answer_seconds(0))),
            ):
                # An answer that was cut within its headers looks like one that is empty.
                if page.keys() <= _OF_HEADERS:
                    raise EOFError("part of a listing came")
                contents = page.get("Contents", ())
                count += len(contents)
                for facts in contents:
                    # What ends so stands for a folder.
                    if not facts["Key"].endswith("/"):
                        found[f"{bucket}/{facts['Key']}"] = {
                            "size": facts["Size"],
                            "ETag": facts.get("ETag"),
                            "LastModified": facts.get("LastModified"),
                        }
                if count > most:
                    raise TooManyFilesError(most)
        return found

    def start_of(self, path: str, most: int) -> bytes:
        """As `Reading`."""
        bucket, key = self._split(path)
        with _translated():
            answer = self._client().get_object(
                Bucket=bucket, Key=key, Range=f"bytes=0-{most - 1}"
            )
        seconds = answer_seconds(min(most, answer.get("ContentLength", most)))
        with (
            contextlib.closing(answer["Body"]) as body,
            self._limits.within(body, seconds),
        ):
            content: bytes = body.read()
        # What was cut within its headers says nothing of its length.
        if _size_of(answer) != len(content):
            raise EOFError(f"{len(content)} bytes came of more")
        return content

    def reader(self, path: str, begin: int, end: int) -> FileReader:
        """As `Reading`."""
        bucket, key = self._split(path)
        return _Reader(self._client(), self._limits, bucket, key, begin, end)

    def _split(self, path: str) -> tuple[str, str]:
        """Returns a path's bucket and key; s3fs would take a version from a key's end."""
        if path.startswith("arn:"):
            bucket, key, _ = self._files.split_path(path)
            return bucket, key
        bucket, _, key = path.partition("/")
        return bucket, key

    def _client(self) -> Any:
        with self._making:
            if self._made is None:
                import botocore.session
                from botocore.config import Config

                session = botocore.session.Session()
                self._made = session.create_client("s3", config=Config(**self._config))
            return self._made


class _Reader:
    """A reader of an object."""

    def __init__(
        self, client: Any, limits: BodyLimits, bucket: str, key: str, begin: int, end: int
    ) -> None:
        self._client, self._limits = client, limits
        self._bucket, self._key = bucket, key
        self._begin, self._end = begin, end
        self._body: Any = None
        self._tag: str | None = None

    def read(self) -> bytes:
        """As `FileReader`."""
        if self._begin >= self._end:
            return b""
        try:
            if self._body is None:
                self._body = self._asked()
            size = min(PIECE_BYTES, self._end - self._begin)
            with self._limits.within(self._body, answer_seconds(size)):
                piece: bytes = self._body.read(size)
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
        part = f"bytes={self._begin}-{self._end - 1}"
        same = {} if self._tag is None else {"IfMatch": self._tag}
        with _translated():
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=part, **same
            )
        self._tag = answer.get("ETag") if self._tag is None else self._tag
        size, body = self._end - self._begin, answer["Body"]
        come = _size_of(answer) or 0
        if come != size:
            body.close()
            raise EOFError(f"{come} of {size} bytes came")
        return body


def _size_of(answer: Mapping[str, Any]) -> int | None:
    """Returns how many bytes an answer's headers announce, None where they do not."""
    # Who sends an answer in chunks says its length nowhere else.
    part = _PART.fullmatch(answer.get("ContentRange", ""))
    come: int | None = answer.get("ContentLength")
    return int(part[2]) + 1 - int(part[1]) if come is None and part else come


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Lets refusals be Python's own errors, as s3fs does."""
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == PRECONDITION_FAILED:
            raise OtherVersionError from error
        raise translate_boto_error(error) from error
