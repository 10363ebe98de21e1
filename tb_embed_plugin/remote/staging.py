"""Runs that are recorded to addresses: each in a staging directory, until it is uploaded.

A staging directory lies in the user's cache. It is recorded into as any directory is, and a
thread uploads it; `hold` and `release` do for an address what they do for a directory.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 # its own end must be registered before ours
import os
import re
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import is_address, local_path
from tb_embed_plugin.remote.address_staging import Staging, above
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs import recording_lock, run_deletion

_stagings: dict[tuple[int, str], Staging] = {}
"""By process and the address above the runs: a forked process has none of its parent's."""

_before_exit: list[Callable[[], None]] = []


def recording_place(
    log_dir: str | os.PathLike[str], argument: str, *, is_fresh: bool = True
) -> Path:
    """Returns the directory in which to record, for an address a staging directory.

    What is needed of the run at the address is there afterwards.

    Args:
        log_dir: What the user passed.
        argument: What it is called where it was passed.
        is_fresh: Asks the address again while this process records to it.

    Raises:
        MisuseError: As `local_path` and `Storage`, or the address is none of a run.
        StorageError: There is no such bucket, there are no credentials, or no connection.
        OSError: The staging directory cannot be written.
    """
    if not is_address(log_dir):
        return local_path(log_dir, argument)
    address = str(log_dir).rstrip("/")
    key = os.getpid(), above(address)
    if key not in _stagings:
        storage = Storage(address)
        if storage.is_bucket:
            raise MisuseError(
                f"{argument} is {address}, which names no run; name one in a bucket, such as "
                "s3://bucket/logs/run"
            )
        if not any(pid == key[0] for pid, _ in _stagings):
            # Uploading starts threads.
            threading._register_atexit(partial(_end, key[0]))  # type: ignore[attr-defined] # noqa: SLF001 # at `atexit` no thread can be started any more
        _stagings[key] = Staging(storage)
    name = address.rpartition("/")[2]
    if not re.fullmatch(r"(?!\.\.?$)[^\\:\0]+", name):
        raise MisuseError(
            f"{argument} is {address}, whose last name no folder can have; choose another one"
        )
    staging = _stagings[key]
    place = staging.directory(name)
    if is_fresh or not staging.is_recorded(place):
        staging.fetch(place)
    return place


def hold(run_dir: Path) -> bool:
    """Keeps other processes, on other machines too, from recording into a run.

    Returns:
        Whether this process did not hold it before.

    Raises:
        HeldElsewhereError: Another process holds it, which the message names.
        UnwritableError: The staging directory was deleted since this process held it.
        StorageError: The run's address cannot be read or written.
        OSError: The directory cannot be written.
    """
    staging = _staging_of(run_dir)
    return recording_lock.hold(run_dir) if staging is None else staging.hold(run_dir)


def release(run_dir: Path) -> None:
    """Lets other processes record into a run that this one may hold.

    Of an address, waits a while for what is not uploaded yet, and warns of what is left.
    """
    staging = _staging_of(run_dir)
    if staging is None:
        recording_lock.release(run_dir)
    else:
        staging.release(run_dir)


def check_upload(run_dir: Path) -> None:
    """Raises where nothing more should be recorded, since it would not be uploaded.

    Raises:
        UnwritableError: Another process records to the address, too much waits, or files that
            waited were deleted.
    """
    staging = _staging_of(run_dir)
    if staging is not None:
        staging.check(run_dir)


def delete_run(run_dir: Path) -> None:
    """Deletes a run that this process holds, at its address as well.

    Raises:
        OSError: A file cannot be deleted.
    """
    staging = _staging_of(run_dir)
    if staging is None:
        run_deletion.delete_run(run_dir)
    else:
        staging.delete(run_dir)


def address_of(run_dir: Path) -> str | None:
    """Returns the address to which a directory is uploaded, None where it is a place itself."""
    staging = _staging_of(run_dir)
    return None if staging is None else staging.address_of(run_dir)


def shown(run_dir: Path) -> str:
    """Returns what a person calls the place in which a run is recorded."""
    return address_of(run_dir) or str(run_dir)


def with_addresses(sentence: str) -> str:
    """Returns a sentence that names addresses in the place of their staging directories."""
    for staging in _stagings.values():
        sentence = staging.with_addresses(sentence)
    return sentence


def flush(run_dir: Path) -> bool:
    """Waits a while for what is not uploaded yet of a recording that has ended.

    Nothing is uploaded afterwards.

    Returns:
        Whether all is uploaded; what is not was told by a warning.
    """
    staging = _staging_of(run_dir)
    return staging is None or staging.flush(run_dir)


def call_before_exit(then: Callable[[], None]) -> None:
    """Calls a function before the last upload of a process that ends while it records."""
    _before_exit.append(then)


def _staging_of(run_dir: Path) -> Staging | None:
    here = os.getpid()
    found = (s for (pid, _), s in _stagings.items() if pid == here and s.holds(run_dir))
    return next(found, None)


def _end(pid: int) -> None:
    """Uploads what is left before the process of this number ends; not in its forked ones."""
    if os.getpid() != pid:
        return
    for then in _before_exit:
        then()
    for (recording, _), staging in list(_stagings.items()):
        if recording == pid:
            for run_dir in list(staging.uploads):
                staging.release(run_dir)
            staging.clear()
