"""The deletion of a run of ours, and of nothing else."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path, PurePath

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    EVENT_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    MODELS_FOLDER,
    OWN_CHECKPOINT_FOLDER,
    PROJECTOR_CONFIG_FILE,
    SPRITE_FILE,
    SPRITE_PAGES_FOLDER,
)
from tb_embed_plugin.runs.atomic import remove
from tb_embed_plugin.runs.checkpoint_folder import our_steps, remove_checkpoint
from tb_embed_plugin.runs.checkpoints.state import is_free_or_ours
from tb_embed_plugin.runs.folder import Folder, opened
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.manifest_file import read_manifest

_OUR_CHECKPOINT = re.compile(r"model\.ckpt-\d+\.(index|data-\d{5}-of-\d{5})")
_OUR_PAGE = re.compile(r"page-.*\.png")
_OUR_MODEL = re.compile(r"model-\d+\.(keras|json)")


def delete_run(run_dir: Path) -> None:
    """Deletes our run in `run_dir`, a damaged one too, and nothing else.

    The manifest goes first, so that it never lists what is gone. A process killed after that
    leaves files that the next run in this directory deletes.

    Raises:
        OSError: A file cannot be deleted.
    """
    try:
        manifest = read_manifest(run_dir)
    except UnreadableError:
        manifest = None
    if (run_dir / MANIFEST_FILE).parent.exists():
        remove(run_dir, MANIFEST_FILE)
        _delete_leftovers(run_dir, manifest)


def _delete_leftovers(run_dir: Path, manifest: Manifest | None) -> None:
    steps = [] if manifest is None else [s.step for s in manifest.steps]
    folders = [OWN_CHECKPOINT_FOLDER]
    # Where the state is that of others, checkpoints of such names may be theirs, too.
    if is_free_or_ours(run_dir, steps):
        folders.append("")
        remove(run_dir, CHECKPOINT_STATE_FILE)
    elif manifest is not None and not manifest.apart:
        for step in our_steps(run_dir, manifest):
            remove_checkpoint(run_dir, manifest.checkpoint(step.step))
    with opened(run_dir.resolve()) as run:
        for folder in folders:
            _delete_files(run, folder, _OUR_CHECKPOINT)
        _delete_files(run, SPRITE_PAGES_FOLDER, _OUR_PAGE)
        _delete_files(run, MODELS_FOLDER, _OUR_MODEL)
    remove(run_dir, EVENT_FILE, METADATA_FILE, PROJECTOR_CONFIG_FILE, SPRITE_FILE)


def _delete_files(run: Folder, name: str, pattern: re.Pattern[str]) -> None:
    """Deletes the files of one of the run's folders whose names match, where there is one."""
    with contextlib.suppress(FileNotFoundError), run.below(PurePath(name)) as folder:
        for file in filter(pattern.fullmatch, folder.names()):
            folder.remove(file)
