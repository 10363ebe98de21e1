"""The recorder's lines on the console, by the logger `tb_embed_plugin`.

They are shown like Keras' progress, unless the program has configured logging, which then
decides.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.remote.staging import with_addresses
from tb_embed_plugin.wording import system_error

_LOGGER = logging.getLogger("tb_embed_plugin")


def log_line(message: str) -> None:
    """Logs one line."""
    if not _LOGGER.hasHandlers():
        _LOGGER.addHandler(logging.StreamHandler())
        _LOGGER.setLevel(logging.INFO)
    _LOGGER.info(message)


def format_bytes(n_bytes: float) -> str:
    """Returns a readable number of bytes: `88 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


def warn(sentence: str) -> None:
    """Warns the user once, of addresses by their names."""
    warnings.warn(with_addresses(sentence), RuntimeWarning, stacklevel=3)


def failure_words(error: Exception, run_dir: str | Path) -> str:
    """Returns the reason of a failure: a system error with path and remedy, not its number."""
    if isinstance(error, OSError) and not isinstance(error, EmbedError):
        return system_error(error, "write", run_dir)
    return str(error)
