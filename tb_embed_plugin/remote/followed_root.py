"""A log directory of TensorBoard that is an address: a thread keeps the copy that is read.

It starts with the first page that asks for the runs, imports fsspec then, and copies what is
new every few seconds, until no page has asked for some minutes.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.remote.error_words import public_words
from tb_embed_plugin.remote.extent import CopyTooLargeError
from tb_embed_plugin.remote.left_copy import left_copy
from tb_embed_plugin.remote.local_copy import (
    MAX_BYTES,
    copy_of,
    delete_oldest,
    update_copy,
)
from tb_embed_plugin.remote.storage import ChangedMeanwhileError, Storage
from tb_embed_plugin.runs.roots import Root

EVERY_SECONDS = 5.0
"""Between two updates."""

QUIET_SECONDS = 300.0
"""After the last page has asked, nothing more is requested of the storage."""

FIRST_PAUSE = 1.0
MOST_SECONDS = 60.0
"""Between two tries while the storage cannot be reached: at first, and at last."""

CURRENT_SECONDS = 30.0
"""A copy that was brought up to date longer ago is shown with its date."""

_LOGGER = logging.getLogger(__name__)


class Following:
    """Copies what lies at an address into the user's cache, again and again.

    Args:
        address: Such as `s3://bucket/logs`.

    Attributes:
        wrong: Why the last update has failed, in words that anybody may read; None where it has
            not.
        updated: When the copy was last brought up to date, seconds since 1970, by an earlier
            process maybe; None where it never was, as far as is known.
        incoming: The runs of which a part may be here; None where that is not known yet.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.wrong: str | None = None
        self.updated: float | None = None
        self.incoming: frozenset[str] | None = None
        self._storage: Storage | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._asked = 0.0
        self._ended = threading.Event()

    def start(self) -> None:
        """Starts the thread, unless it runs; called whenever a page asks for the runs."""
        with self._starting:
            self._asked = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Ends the thread, after the update that is under way; the process need not wait."""
        self._ended.set()

    def _follow(self) -> None:
        failures = 0
        while self._is_wanted():
            failures = 0 if self._update() else failures + 1
            pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), MOST_SECONDS)
            self._ended.wait(pause if failures else EVERY_SECONDS)

    def _is_wanted(self) -> bool:
        with self._starting:
            is_quiet = time.monotonic() - self._asked > QUIET_SECONDS
            if is_quiet:
                self._thread = None
            return not (is_quiet or self._ended.is_set())

    def _update(self) -> bool:
        """Updates the copy; returns whether that succeeded."""
        try:
            if self._storage is None:
                self._storage = Storage(self.address)
            if update_copy(self._storage, MAX_BYTES, self._take_incoming).copied:
                delete_oldest(self.address)
        except (EmbedError, OSError) as error:
            self._fail(error, public_words(error))
        # A library of a storage can raise anything at all while it is imported.
        except Exception as error:
            _LOGGER.exception("%s cannot be copied", self.address)
            self.wrong = public_words(error)
        else:
            self.wrong, self.updated = None, time.time()
            return True
        if self.incoming is None:
            self._take_left()
        return False

    def _take_left(self) -> None:
        """Takes what an earlier process has copied: it is shown until the storage answers."""
        try:
            left = left_copy(copy_of(self.address))
        except OSError as error:
            self._fail(error, public_words(error))
        else:
            self.updated, self.incoming = left.copied, left.incoming

    def _take_incoming(self, runs: frozenset[str]) -> None:
        self.incoming = runs

    def _fail(self, error: Exception, words: str) -> None:
        if isinstance(error, (CopyTooLargeError, ChangedMeanwhileError)):
            words = error.words
        if words != self.wrong and not self._ended.is_set():
            _LOGGER.warning("%s cannot be copied: %s; it is tried again", self.address, error)
        self.wrong = words


@dataclass(frozen=True, kw_only=True)
class FollowedRoot(Root):
    """The copy of a log directory that is an address.

    Attributes:
        following: What keeps it up to date.
    """

    following: Following

    def prepare(self) -> None:
        """Starts copying."""
        self.following.start()

    def problem(self) -> str | None:
        """Returns why there are no runs yet, None where the copy can be listed."""
        begun = self.following.incoming is not None
        can_be_listed = self.path.is_dir() and (begun or self.following.wrong is not None)
        return super().problem() if can_be_listed else self.notice()

    def hides(self, below: str) -> bool:
        """Whether a run is not complete yet."""
        return below in (self.following.incoming or ())

    def notice(self) -> str | None:
        """Returns what is wrong with the copy, None where it is up to date."""
        wrong, updated = self.following.wrong, self.following.updated
        address = f"{self.title} is the address {self.address.partition('://')[0].lower()}://"
        if wrong is not None:
            shown = f"; what is shown was copied at {_clock(updated)}" if updated else ""
            return f"{address}, which {wrong}{shown}; it is tried again by itself"
        if updated is None:
            return (
                f"{address}, from which the runs are being copied; they are shown once they "
                "are here"
            )
        if time.time() - updated > CURRENT_SECONDS:
            return (
                f"{address}; what is shown was copied at {_clock(updated)}; it is being updated"
            )
        return None


def followed(root: Root) -> Root:
    """Returns the copy in the place of a directory that is an address, any other as it is."""
    if not root.address:
        return root
    copy = copy_of(root.address)
    following = Following(root.address)
    return FollowedRoot(path=copy, name=root.name, address=root.address, following=following)


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M %Z on %Y-%m-%d", time.localtime(seconds))
