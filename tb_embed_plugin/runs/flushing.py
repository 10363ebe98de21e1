"""Flushing of a large file while it is still being written.

What a write leaves in memory reaches the disk when it is flushed. One flush at the end waits
for all of it; flushed as it grows, the disk works while the next part is copied and its
checksum computed.
"""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self

PART_BYTES = 16 << 20
"""A file that is no larger starts no thread."""


class FlushedMeanwhile:
    """Flushes a file on a thread of its own, after each part, for the length of a `with` block.

    One part at a time: where the disk is slower than what writes, parts grow.

    Args:
        file: The file; what is written at the end is left to the caller's own flush.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = 0
        self._threads: ThreadPoolExecutor | None = None
        self._flush: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        """Writes to the file.

        Raises:
            OSError: The disk refuses what was written before, or this.
        """
        self._file.write(data)
        self._written += len(data)
        if self._written >= PART_BYTES and (self._flush is None or self._flush.done()):
            self._written = 0
            self._start_flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown()
        if error is None and self._flush is not None:
            self._flush.result()

    def _start_flush(self) -> None:
        if self._flush is not None:
            # Linux reports a lost write once, to whoever flushes next.
            self._flush.result()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(1, "tb-embed-flush")
        self._file.flush()
        # While the interpreter ends no thread starts; the flush at the end is enough then.
        with contextlib.suppress(RuntimeError):
            self._flush = self._threads.submit(os.fsync, self._file.fileno())
