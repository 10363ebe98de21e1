"""What the recorder tells people, by the logger `tb_embed_plugin`.

Shown on the terminal as Keras shows its progress, unless the program has set up logging of
its own, which then decides.
"""

from __future__ import annotations

import logging

_LOGGER = logging.getLogger("tb_embed_plugin")


def say(message: str) -> None:
    """Tells one line."""
    if not _LOGGER.hasHandlers():
        _LOGGER.addHandler(logging.StreamHandler())
        _LOGGER.setLevel(logging.INFO)
    _LOGGER.info(message)


def size(n_bytes: float) -> str:
    """Returns a number of bytes as people read it: `88 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"
