"""The thread that uploads a run behind the training.

It looks into the staging directory, so that the recorder knows nothing of it. What fails is
told once and tried again, ever more seldom; the training waits for it at its end alone.
"""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from pathlib import Path

from tb_embed_plugin.errors import EmbedError, UnwritableError
from tb_embed_plugin.remote.lock_object import LostLockError
from tb_embed_plugin.remote.run_upload import LostStagingError, RunUpload

EVERY_SECONDS = 1.0
"""Between two looks into the staging directory."""

MOST_SECONDS = 60.0
"""Between two tries to reach a storage that cannot be reached."""

MOST_SECONDS_AT_END = 5.0
"""The same while somebody waits for the end."""

MAX_WAITING_BYTES = 20 << 30
"""In a staging directory: where more waits, nothing more is recorded."""


class BackgroundUpload:
    """The upload of a run until it is closed.

    Args:
        upload: What uploads it.
        run_dir: Its staging directory.
        address: Its address, for messages.

    Attributes:
        has_lost_files: Whether files that waited in the staging directory were deleted.
    """

    def __init__(self, upload: RunUpload, run_dir: Path, address: str) -> None:
        self._upload, self._run_dir, self._address = upload, run_dir, address
        self._closing, self._ended = threading.Event(), threading.Event()
        self._failure: str | None = None
        self._is_lost = self._has_warned = False
        self.has_lost_files = False
        self._is_whole: bool | None = None
        # A stalled connection must not keep the process from ending.
        threading.Thread(target=self._run, name="tb_embed_upload", daemon=True).start()

    def check(self) -> None:
        """Raises where nothing more should be recorded.

        Raises:
            UnwritableError: Another process records to the address by now, files in the
                staging directory were deleted, or too much waits to be uploaded.
        """
        if self._is_lost:
            raise UnwritableError(self._failure)
        waiting = self._upload.left()[1]
        if waiting > MAX_WAITING_BYTES:
            raise UnwritableError(
                f"{waiting / 1e9:.1f} GB wait in the user's cache to be uploaded to "
                f"{self._address}, but at most {MAX_WAITING_BYTES / 1e9:.1f} GB may; check the "
                "network"
            )

    def note_deletion(self) -> None:
        """Notes that the run was deleted on purpose, and is to be at its address."""
        self._upload.note_deletion()

    def lose(self) -> None:
        """Ends the upload of a staging directory that was deleted and made again."""
        self._failure, self._is_lost = str(LostStagingError(self._address)), True
        self._is_whole = False  # who is told by an error needs no warning
        self._ended.set()
        self._upload.close()

    def close(self, seconds: float) -> bool:
        """Waits until all is uploaded, or so many seconds have passed; warns where not all is.

        Returns:
            Whether all is uploaded.
        """
        if self._is_whole is not None:
            return self._is_whole
        self._closing.set()
        self._ended.wait(seconds)
        # A thread that still waits for an answer ends after it, and begins no other file.
        self._ended.set()
        self._upload.close()
        files, size = self._upload.left()
        self._is_whole = not files and not self._is_lost
        if self._is_whole:
            return True
        if not files:
            _warn(f"{self._failure}.")
            return False
        why = self._failure or f"{seconds:g} s were too few"
        _warn(
            f"{files} files ({size / 1e6:,.1f} MB) of {self._address} were not uploaded: "
            f"{why}. They lie in {self._run_dir}, from where the next recording to that "
            "address on this machine uploads them."
        )
        return False

    def _run(self) -> None:
        pause = EVERY_SECONDS
        while not self._ended.is_set():
            closing = self._closing.is_set()
            if self._tried():
                pause = EVERY_SECONDS
                if closing:
                    self._ended.set()
            elif self._is_lost:
                self._ended.set()
            else:
                pause = min(2 * pause, MOST_SECONDS_AT_END if closing else MOST_SECONDS)
            if closing:
                time.sleep(0 if self._ended.is_set() else pause)
            else:
                self._closing.wait(pause)

    def _tried(self) -> bool:
        """Uploads what is new; returns whether nothing failed."""
        try:
            self._upload.update()
        except (LostLockError, LostStagingError) as error:
            self._failure, self._is_lost = str(error), True
            self.has_lost_files = isinstance(error, LostStagingError)
            return False
        except (EmbedError, OSError) as error:
            self._fail(str(error))
            return False
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            self._fail(f"{type(error).__name__}: {error}")
            return False
        self._failure = None
        return True

    def _fail(self, words: str) -> None:
        self._failure = words
        if not self._has_warned and not self._closing.is_set():
            self._has_warned = True
            _warn(
                f"{words}. The training goes on; what is recorded waits in {self._run_dir}, "
                "and is uploaded once that is possible."
            )


def _warn(sentence: str) -> None:
    # Where warnings are errors, there is nobody to raise this one to.
    with contextlib.suppress(RuntimeWarning):
        warnings.warn(sentence, RuntimeWarning, stacklevel=3)
