"""Our checkpoints in a folder of their own, where others keep theirs in the run's directory.

A `Saver` names its checkpoints as we do, and a `CheckpointManager` has the one state file that
a directory can have. Once one of them writes there, our checkpoints move to the folder.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.metadata import OWN_CHECKPOINT_FOLDER
from tb_embed_plugin.runs.atomic import remove
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.folder import opened
from tb_embed_plugin.runs.manifest import Manifest, Step


def copy_to_folder(run_dir: Path, manifest: Manifest) -> tuple[Step, ...]:
    """Copies the checkpoints of a run into the folder, by links where possible.

    Returns:
        The steps that are there now: all but those that another writer has overwritten.

    Raises:
        OSError: They cannot be written.
    """
    kept = our_steps(run_dir, manifest)
    with opened(run_dir.resolve()) as run, run.below(OWN_CHECKPOINT_FOLDER, make=True) as own:
        for step in kept:
            for name in checkpoint_files(manifest.checkpoint(step.step)):
                run.copy(name, own)
    return kept


def our_steps(run_dir: Path, manifest: Manifest) -> tuple[Step, ...]:
    """Returns the steps whose checkpoints no other writer has overwritten."""
    return tuple(step for step in manifest.steps if _is_ours(run_dir, manifest, step))


def remove_checkpoint(run_dir: Path, name: str) -> None:
    """Deletes those files of a checkpoint that exist."""
    remove(run_dir, *checkpoint_files(name))


def checkpoint_files(checkpoint: str) -> list[str]:
    """Returns the files of a checkpoint."""
    return [f"{checkpoint}.{end}" for end in ("data-00000-of-00001", "index")]


def _is_ours(run_dir: Path, manifest: Manifest, step: Step) -> bool:
    """Whether a checkpoint still holds the layers that the manifest says."""
    with contextlib.suppress(EmbedError):
        entries = Checkpoint(run_dir, manifest.checkpoint(step.step)).entries
        return all(
            layer.name in entries
            and tuple(entries[layer.name].shape) == (manifest.samples, layer.units)
            for layer in manifest.layers
        )
    return False
