"""Writes a run so that at every moment whatever its manifest lists is complete on disk.

Of a snapshot the checkpoint comes first and the manifest last; of a snapshot that is dropped
the manifest comes first. A process killed in between leaves files that nothing lists, which
the next write of the same step replaces. The sprite, which may take longer than an epoch, is
listed when it is there, and may be written by a thread of its own.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    EVENT_FILE,
    MANIFEST_FILE,
    METADATA_FILE,
    PROJECTOR_CONFIG_FILE,
    RECORDER_FILE,
    SPRITE_FILE,
    SPRITE_PAGES_FOLDER,
    checkpoint_name,
)
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.checkpoint_writer import (
    write_checkpoint,
    write_checkpoint_state,
)
from tb_embed_plugin.runs.event_file import write_event_file
from tb_embed_plugin.runs.images import Images
from tb_embed_plugin.runs.label_column import choose_label, with_classes
from tb_embed_plugin.runs.manifest import Layer, Manifest, OutputsInfo, Step
from tb_embed_plugin.runs.metadata_table import Column, write_table
from tb_embed_plugin.runs.projector_config import write_projector_config
from tb_embed_plugin.runs.sprites import write_sprite

FLOAT32 = np.dtype(np.float32)

_OUR_CHECKPOINT = re.compile(r"model\.ckpt-\d+\.(index|data-\d{5}-of-\d{5})")


class RunWriter:
    """Adds snapshots to one run.

    Args:
        run_dir: The run's directory.
        manifest: What it holds already.
    """

    def __init__(self, run_dir: Path, manifest: Manifest) -> None:
        self._run_dir = run_dir
        self._lock = threading.Lock()
        self.manifest = manifest

    @classmethod
    def begin(
        cls,
        run_dir: Path,
        *,
        layers: Sequence[Layer],
        columns: Sequence[Column],
        fingerprint: str,
        outputs: OutputsInfo | None,
    ) -> Self:
        """Writes a run without a snapshot or sprite: metadata, configuration, manifest.

        Raises:
            MisuseError: The directory holds checkpoints that are not ours.
            OSError: It cannot be written.
        """
        refuse_foreign_files(run_dir)
        delete_run(run_dir)
        (run_dir / MANIFEST_FILE).parent.mkdir(parents=True, exist_ok=True)
        columns = with_classes(columns)
        write_table(run_dir / METADATA_FILE, columns)
        write_projector_config(run_dir, layers, None)
        manifest = Manifest(
            samples=len(columns[0].cells),
            fingerprint=fingerprint,
            layers=tuple(layers),
            steps=(),
            columns=tuple(column.info for column in columns),
            sprite=None,
            outputs=outputs,
            recording=True,
            label=choose_label(columns),
        )
        writer = cls(run_dir, manifest)
        # Before the manifest: a run without its event file would never be listed.
        write_event_file(run_dir)
        write_bytes(run_dir / MANIFEST_FILE, manifest.to_json())
        return writer

    def add_sprite(self, images: Images) -> None:
        """Writes the thumbnails, and lists them when all are there.

        Another thread may write snapshots meanwhile.

        Raises:
            MisuseError: There are more images than a sheet has pixels.
            OSError: They cannot be written; the run is then as it was before.
        """
        sprite = write_sprite(self._run_dir, images)
        write_projector_config(self._run_dir, self.manifest.layers, sprite)
        self._commit(sprite=sprite)

    def write_snapshot(
        self,
        step: Step,
        tensors: Mapping[str, NDArray[np.generic]],
        dtype: np.dtype[np.generic] = FLOAT32,
    ) -> None:
        """Adds the activations of all layers, and the outputs, at one step, stored as `dtype`.

        Raises:
            OSError: They cannot be written; the run is then as it was before.
        """
        write_checkpoint(self._run_dir, checkpoint_name(step.step), tensors, dtype)
        steps = self.manifest.with_step(step).steps
        self._write_state(steps)
        self._commit(steps=steps, recording=True)

    def drop_after(self, step: int) -> None:
        """Takes all snapshots later than `step` out of the run."""
        self.keep([s.step for s in self.manifest.steps if s.step <= step])

    def keep(self, steps: Collection[int]) -> None:
        """Takes all snapshots but those of `steps` out of the run."""
        dropped = [s.step for s in self.manifest.steps if s.step not in steps]
        kept = tuple(s for s in self.manifest.steps if s.step in steps)
        self._commit(steps=kept)
        self._write_state(kept)
        for step in dropped:
            _remove_checkpoint(self._run_dir, step)

    def finish(self) -> None:
        """Says in the manifest that no more snapshots will follow."""
        self._commit(recording=False)

    def _commit(self, **changes: Any) -> None:
        """Writes the manifest, with `changes` of it."""
        path = self._run_dir / MANIFEST_FILE
        with self._lock:
            if not path.exists():
                raise FileNotFoundError(f"{path} was deleted while its run was recorded")
            manifest = replace(self.manifest, **changes)
            write_bytes(path, manifest.to_json())
            self.manifest = manifest

    def _write_state(self, steps: Sequence[Step]) -> None:
        write_checkpoint_state(self._run_dir, [checkpoint_name(s.step) for s in steps])


def read_manifest(run_dir: Path) -> Manifest | None:
    """Returns the manifest of the run in `run_dir`, None where there is no run.

    Raises:
        UnreadableError: It is damaged or of a newer format.
    """
    try:
        data = (run_dir / MANIFEST_FILE).read_bytes()
    except FileNotFoundError:
        return None
    return Manifest.from_json(data)


def refuse_foreign_files(run_dir: Path) -> None:
    """Raises where recording into `run_dir` would overwrite what others wrote.

    Raises:
        MisuseError: It is no directory, or holds a checkpoint, metadata or a sprite but no
            run of ours.
    """
    if run_dir.exists() and not run_dir.is_dir():
        raise MisuseError(
            f"expected log_dir to be a directory or not to exist; {run_dir} is a file; "
            "choose another name"
        )
    # Not by the folder of both: what was computed of others' runs lies beside them, too.
    if any((run_dir / name).exists() for name in (MANIFEST_FILE, RECORDER_FILE, EVENT_FILE)):
        return
    names = (CHECKPOINT_STATE_FILE, METADATA_FILE, SPRITE_FILE)
    foreign = [*(run_dir / name for name in names), *run_dir.glob("*.index")]
    found = [file.name for file in foreign if file.exists()]
    if found:
        raise MisuseError(
            f"expected a log_dir without checkpoints or metadata of others; {run_dir} holds "
            f"{found[0]}; record into a directory of its own, {run_dir / 'embeddings'} say"
        )


def delete_run(run_dir: Path) -> None:
    """Deletes our run in `run_dir`, a damaged one too, and nothing else.

    The manifest goes first, so that it never lists what is gone. A process killed after that
    leaves files that the next run in this directory deletes.
    """
    manifest = run_dir / MANIFEST_FILE
    manifest.unlink(missing_ok=True)
    if manifest.parent.exists():
        _delete_leftovers(run_dir)


def _delete_leftovers(run_dir: Path) -> None:
    for file in run_dir.glob("model.ckpt-*"):
        if _OUR_CHECKPOINT.fullmatch(file.name):
            file.unlink(missing_ok=True)
    for name in (
        CHECKPOINT_STATE_FILE,
        EVENT_FILE,
        METADATA_FILE,
        PROJECTOR_CONFIG_FILE,
        SPRITE_FILE,
    ):
        (run_dir / name).unlink(missing_ok=True)
    for page in (run_dir / SPRITE_PAGES_FOLDER).glob("page-*.png"):
        page.unlink(missing_ok=True)


def _remove_checkpoint(run_dir: Path, step: int) -> None:
    for file in run_dir.glob(f"{checkpoint_name(step)}.*"):
        file.unlink(missing_ok=True)
