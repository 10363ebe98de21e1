"""Paths on this machine, told from addresses such as `gs://bucket/run`."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from tb_embed_plugin.errors import MisuseError

# One letter is a drive of Windows. Path has made one slash of two, so in a Path one is enough.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]{2}", re.IGNORECASE)
_ADDRESS_IN_PATH = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]", re.IGNORECASE)


def is_address(text: object) -> bool:
    """Whether a text names a place elsewhere, by a scheme such as `s3://`."""
    match = _ADDRESS.match(text) if isinstance(text, str) else None
    return match is not None and match[1].lower() != "file"


def local_path(path: str | os.PathLike[str], argument: str) -> Path:
    """Returns a path of this machine's file system, `~` resolved.

    Args:
        path: What the user passed.
        argument: What it is called where it was passed.

    Raises:
        MisuseError: It is no path, or an address with a scheme such as `s3://`, which would
            otherwise become a local directory of that name. (Where addresses are understood,
            they are told before, by `is_address`.)
    """
    if not isinstance(path, str | os.PathLike):
        raise MisuseError(
            f"{argument} must be a path, not of type {type(path).__name__}; pass a string or a "
            "pathlib.Path"
        )
    text = os.fspath(path)
    if not isinstance(text, str):
        raise MisuseError(f"{argument} must be text, not bytes ({text!r}); decode it")
    pattern = _ADDRESS if isinstance(path, str) else _ADDRESS_IN_PATH
    match = pattern.match(text)
    if match is None:
        return Path(path).expanduser()
    if match[1].lower() == "file":
        remedy = f"drop the prefix: {'/' + text[match.end() :].lstrip('/')!r}"
    elif not isinstance(path, str):
        remedy = "pass an address as text, since a Path keeps one slash of two"
    else:
        remedy = (
            f"use a local directory and copy it to or from {match[1]} with tb-embed sync, or "
            "mount the storage and pass the mounted path"
        )
    raise MisuseError(
        f"{argument} is the address {text!r}, but must be a path on this machine; {remedy}"
    )


def local_argument(text: str) -> Path:
    """Returns a command's path argument, for `argparse`'s `type=`.

    Raises:
        argparse.ArgumentTypeError: It is an address with a scheme.
    """
    try:
        return local_path(text, "a path")
    except MisuseError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
