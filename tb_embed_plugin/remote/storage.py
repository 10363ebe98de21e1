"""What lies below an address such as `s3://bucket/logs`: listed, read and written.

What the libraries of the storages raise becomes a sentence here, and nowhere else.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from tb_embed_plugin.errors import MisuseError, StorageError
from tb_embed_plugin.remote.error_words import error_words, refusal_words
from tb_embed_plugin.remote.options import configured, options
from tb_embed_plugin.remote.reading import (
    AnyReading,
    Facts,
    OtherVersionError,
    Reading,
    TooManyFilesError,
    answer_seconds,
    tag_of,
    time_limit,
    written_at,
)
from tb_embed_plugin.remote.s3_reading import S3Reading
from tb_embed_plugin.runs.manifest import MAX_MANIFEST_BYTES

T = TypeVar("T")

TRIES = 3
FIRST_PAUSE = 0.5
"""Seconds between two tries; twice as many before the next one."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a storage.

    Attributes:
        name: Its path below the address, parted by `/`.
        size: Bytes.
        tag: Changes when its content does.
        written: Seconds since 1970, None where the storage does not say.
    """

    name: str
    size: int
    tag: str
    written: float | None = field(default=None, compare=False)


class NoExclusiveCreateError(Exception):
    """The storage cannot tell whether a file that is written was there before."""


class ChangedMeanwhileError(StorageError):
    """A file was deleted or replaced since it was listed.

    Args:
        address: The storage's.
        name: The file's.
    """

    words = "changes while it is read"

    def __init__(self, address: str, name: str) -> None:
        super().__init__(
            f"{address} {self.words}: {name} does not exist any more, or is another file; try "
            "again"
        )


class Storage:
    """What lies below an address.

    Args:
        address: With a scheme that fsspec knows.

    Raises:
        MisuseError: The scheme is unknown, or its library is not installed.
        StorageError: Its file system cannot be opened.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._is_refused = False
        self._open()

    def _open(self) -> None:
        scheme = self.address.partition("://")[0].lower()
        try:
            import fsspec

            self._files, self._root = self._ask(
                lambda: fsspec.url_to_fs(
                    self.address,
                    use_listings_cache=False,
                    skip_instance_cache=True,
                    **options(scheme),
                ),
                let_through=(ImportError, ValueError),
            )
        except ImportError as error:
            raise MisuseError(
                f"{self.address} needs a library that is not installed ({error}); run "
                "pip install 'tb-embed-plugin[remote]'"
            ) from error
        except ValueError as error:
            raise MisuseError(
                f"{self.address} has a scheme that is not known ({error}); pass s3://, "
                "gs:// or another one of fsspec's"
            ) from error
        self._root = self._root.rstrip("/")
        self._reading: Reading = AnyReading(self._files)
        # What fsspec's own configuration says, s3fs alone obeys.
        if scheme == "s3" and not configured():
            self._reading = S3Reading(self._files, options(scheme)["config_kwargs"])
        if hasattr(self._files, "retries"):
            # Tried again here, with pauses that add up to seconds and not to an hour.
            self._files.retries = 1

    def beside(self, name: str) -> Self:
        """Returns what lies at the address of another name in the place of the last one."""
        other = copy.copy(self)
        other.address = f"{self.address.rpartition('/')[0]}/{name}"
        other._root = f"{self._root.rpartition('/')[0]}/{name}"  # noqa: SLF001 # of its own kind
        return other

    @property
    def is_bucket(self) -> bool:
        """Whether the address names a bucket, and nothing in it."""
        return "/" not in self._root

    def list(self, most: float = math.inf) -> dict[str, StoredFile]:
        """Returns all files, by name, from one listing.

        Args:
            most: How many there may be.

        Raises:
            TooManyFilesError: There are more.
            StorageError: They cannot be listed.
        """
        found = self._ask(
            lambda: self._reading.list(self._root, most), let_through=(TooManyFilesError,)
        )
        files = (self._described(path, facts) for path, facts in found.items())
        return {file.name: file for file in files if file.name}

    def read_into(self, file: StoredFile, target: BinaryIO, start: int = 0) -> None:
        """Writes a file's content, from byte `start` on, into an open file of this machine.

        Raises:
            ChangedMeanwhileError: It was deleted, or replaced while it was read.
            StorageError: It cannot be read, or is not as long as it was listed.
        """
        path = f"{self._root}/{file.name}"
        with contextlib.closing(self._reading.reader(path, start, file.size)) as reader:
            while piece := self._ask_of(file, reader.read):
                target.write(piece)

    def read_manifest(self, file: StoredFile) -> bytes:
        """Returns a manifest's content, one version of it whatever its length is by now.

        Raises:
            ChangedMeanwhileError: It was deleted.
            StorageError: It cannot be read.
        """
        path = f"{self._root}/{file.name}"
        # Of nothing no part can be requested.
        if not file.size:
            return b""
        return self._ask_of(file, lambda: self._reading.start_of(path, MAX_MANIFEST_BYTES))

    def read(self, name: str) -> bytes | None:
        """Returns the content of a small file, None where there is none.

        Raises:
            StorageError: It cannot be read.
        """
        try:
            content: bytes = self._ask(
                lambda: self._files.cat_file(f"{self._root}/{name}", **self._limit()),
                let_through=(FileNotFoundError,),
            )
        except FileNotFoundError:
            return None
        return content

    def put(self, name: str, source: Path) -> None:
        """Puts a file of this machine in the place of one of the storage, in one step.

        Raises:
            StorageError: It cannot be written.
        """
        limit = self._limit(source.stat().st_size)
        self._ask(lambda: self._files.put_file(str(source), f"{self._root}/{name}", **limit))

    def put_bytes(self, name: str, data: bytes) -> None:
        """Puts a content in the place of a file of the storage, in one step.

        Raises:
            StorageError: It cannot be written.
        """
        limit = self._limit(len(data))
        self._ask(lambda: self._files.pipe_file(f"{self._root}/{name}", data, **limit))

    def create(self, name: str, data: bytes) -> bool:
        """Writes a file that is not there yet; of several who try, one succeeds.

        Returns:
            Whether it was written; an answer that was lost on the way counts as refused.

        Raises:
            NoExclusiveCreateError: The storage cannot do that.
            StorageError: It cannot be written.
        """
        path = f"{self._root}/{name}"
        try:
            self._ask(
                lambda: self._files.pipe_file(path, data, mode="create", **self._limit()),
                let_through=(FileExistsError, NotImplementedError, TypeError),
            )
        except FileExistsError:
            return False
        except (NotImplementedError, TypeError) as error:
            raise NoExclusiveCreateError(str(error)) from error
        return True

    def delete(self, name: str) -> None:
        """Deletes a file, if it is there.

        Raises:
            StorageError: It cannot be deleted.
        """
        path = f"{self._root}/{name}"
        with contextlib.suppress(FileNotFoundError):
            self._ask(
                lambda: self._files.rm_file(path, **self._limit()),
                let_through=(FileNotFoundError,),
            )

    def _limit(self, size: int = 0) -> dict[str, float]:
        return time_limit(self._files, answer_seconds(size))

    def _described(self, path: str, facts: Facts) -> StoredFile:
        above, name = self._root.lstrip("/"), path.lstrip("/")
        # A key may have a `/` more at its begin, and is then another one's.
        name = name.removeprefix(f"{above}/" if above else "") if name != above else ""
        return StoredFile(name, int(facts["size"] or 0), tag_of(facts), written_at(facts))

    def _ask_of(self, file: StoredFile, question: Callable[[], T]) -> T:
        changes = FileNotFoundError, OtherVersionError
        try:
            return self._ask(question, let_through=changes)
        except changes as error:
            raise ChangedMeanwhileError(self.address, file.name) from error

    def _ask(
        self, question: Callable[[], T], let_through: tuple[type[Exception], ...] = ()
    ) -> T:
        if self._is_refused:
            # Somebody may have logged in meanwhile; what was opened keeps its credentials.
            self._is_refused = False
            self._open()
        for attempt in range(TRIES):
            try:
                return question()
            except let_through:
                raise
            # Each storage's library raises errors of its own, of no common class.
            except Exception as error:
                refusal = refusal_words(error)
                if refusal is None and attempt + 1 < TRIES:
                    time.sleep(FIRST_PAUSE * 2**attempt)
                    continue
                self._is_refused = refusal is not None and not isinstance(
                    error, FileNotFoundError
                )
                words = refusal or (
                    f"cannot be reached ({error_words(error)}); check the network and the "
                    "address"
                )
                raise StorageError(f"{self.address} {words}") from error
        raise AssertionError  # the last attempt returns or raises
