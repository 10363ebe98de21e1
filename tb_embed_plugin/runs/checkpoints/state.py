"""The file `checkpoint`, by which TensorFlow finds the newest checkpoint of a directory.

A `CheckpointManager` or `Saver` that writes into the run's directory keeps its own state in
a file of this name, so ours carries a mark, and what carries none is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import CHECKPOINT_STATE_FILE, PLUGIN_NAME, checkpoint_name
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.reading import read_file

MAX_STATE_BYTES = 1 << 20
"""Of the file; that of a million checkpoints is none of ours."""

_MARK = f"# {PLUGIN_NAME}\n"
_ENTRY = re.compile(r'(?:all_)?model_checkpoint_paths?: "(.*)"')


def write_checkpoint_state(run_dir: Path, newest: int | None) -> None:
    """Writes the file, a CheckpointState in text form.

    It names the newest checkpoint alone, and relative to the run: a `CheckpointManager` that
    begins in this directory deletes all others that are named, sooner or later.
    """
    line = "" if newest is None else f'model_checkpoint_path: "{checkpoint_name(newest)}"\n'
    # Not flushed by itself: the manifest is, right after, and no reader of ours needs this.
    write_bytes(run_dir, CHECKPOINT_STATE_FILE, (_MARK + line).encode(), flush=False)


def is_free_or_ours(run_dir: Path, steps: Iterable[int]) -> bool:
    """Whether there is no such file, or one that this package wrote.

    Args:
        run_dir: The run.
        steps: Those of the run; older releases named them all, and set no mark.
    """
    try:
        data = read_file(run_dir / CHECKPOINT_STATE_FILE, MAX_STATE_BYTES, "remove it")
    except FileNotFoundError:
        return True
    except UnreadableError:
        return False  # nothing that this package wrote
    text = data.decode(errors="replace")
    if text.startswith(_MARK):
        return True
    ours = {checkpoint_name(step) for step in steps}
    entries = [_ENTRY.fullmatch(line) for line in text.splitlines()]
    return all(entry is not None and entry[1] in ours for entry in entries)
