"""The errors that the package raises on purpose.

Each message is a sentence that says what is wrong (what was expected and received) and, after
a semicolon, what to do. `wording` has the parts that messages share.
The server turns each class into its HTTP status in one place (`plugin.py`); the callback
lets `MisuseError` through before training starts and turns every other one into a warning.
"""

from __future__ import annotations


class EmbedError(Exception):
    """Base of all failures that this package raises on purpose."""

    http_status = 400
    retry_after: int | None = None
    """Seconds after which the same may be asked again with another outcome."""


class MisuseError(EmbedError, ValueError):
    """The caller passed something that cannot be recorded."""


class UnwritableError(EmbedError, OSError):
    """A file of a run cannot be written."""


class ArgumentError(EmbedError):
    """A request's argument is missing or cannot be understood."""


class NotPermittedError(EmbedError):
    """A request would start or end something, and does not show that it comes from our page."""

    http_status = 403


class NotRecordedError(EmbedError):
    """The run, layer, step or file that was asked for is not there."""

    http_status = 404


class TooMuchAskedError(EmbedError):
    """More was asked than one answer may hold."""

    http_status = 413


class BusyError(EmbedError):
    """Too many computations are under way."""

    http_status = 429
    retry_after = 1


class UnreadableError(EmbedError):
    """A file exists but is not what it should be."""


class UnsuitableDataError(EmbedError):
    """The recorded values cannot be projected, because they are not finite for instance."""


class StorageError(EmbedError):
    """Object storage cannot be read or written."""

    http_status = 502


class WorkerLostError(EmbedError):
    """Processes that compute for us end, or cannot be reached."""

    http_status = 503


class BrokenInstallationError(EmbedError):
    """A requirement of ours cannot be imported."""

    http_status = 503
