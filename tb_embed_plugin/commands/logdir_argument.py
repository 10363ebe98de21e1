"""The log directory that a command reads: a path, or an address whose copy is read."""

from __future__ import annotations

import argparse
from pathlib import Path

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import is_address, local_argument
from tb_embed_plugin.remote.local_copy import local_copy


def logdir_argument(text: str) -> Path | str:
    """Returns a command's log directory, for `argparse`'s `type=`; an address as it is."""
    return text if is_address(text) else local_argument(text)


def bring_here(options: argparse.Namespace) -> None:
    """Puts a copy in the place of a log directory that is an address.

    Raises:
        MisuseError: The command would write there.
        StorageError: The storage cannot be read.
    """
    address = getattr(options, "logdir", None)
    if not is_address(address):
        return
    if getattr(options, "writes_beside", False):
        raise MisuseError(
            f"place writes guests beside the run, which lies at {address}; copy it with "
            "tb-embed sync, and name the copy"
        )
    if getattr(options, "write_scalars", False):
        raise MisuseError(
            f"--write-scalars writes beside the run, which lies at {address}; copy it with "
            "tb-embed sync, and name the copy"
        )
    options.logdir = local_copy(str(address))
