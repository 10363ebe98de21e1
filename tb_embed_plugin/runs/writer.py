"""The writer of a run: whatever the manifest lists is complete on disk at every moment.

Of a snapshot the checkpoint comes first and the manifest last; of a snapshot that is dropped
the manifest comes first. A process killed in between leaves files that nothing lists, which
the next write of the same step replaces. The sprite, which may take longer than an epoch, is
listed when it is there, and may be written by a thread of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError, UnwritableError
from tb_embed_plugin.metadata import (
    MANIFEST_FILE,
    METADATA_FILE,
)
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.checkpoint_folder import copy_to_folder, remove_checkpoint
from tb_embed_plugin.runs.checkpoints.state import is_free_or_ours, write_checkpoint_state
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.directory_check import refuse_foreign_files
from tb_embed_plugin.runs.event_file import write_event_file
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.images import Thumbnails
from tb_embed_plugin.runs.kept_models import KeptPass, remove_model, write_model
from tb_embed_plugin.runs.label_column import choose_label, with_classes
from tb_embed_plugin.runs.manifest import (
    LARGE_MANIFEST,
    MAX_MANIFEST_BYTES,
    Layer,
    Manifest,
    OutputsInfo,
    Phase,
    Step,
)
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.projector_config import write_projector_config
from tb_embed_plugin.runs.recording_lock import keep_holding
from tb_embed_plugin.runs.run_deletion import delete_run
from tb_embed_plugin.runs.sprites import write_sprite
from tb_embed_plugin.runs.steps import LeftOut
from tb_embed_plugin.runs.tables.metadata_table import Column, write_table
from tb_embed_plugin.snapshot import LazyRows

FLOAT32 = np.dtype(np.float32)


class RunWriter:
    """Adds snapshots to one run.

    Args:
        run_dir: The run's directory.
        manifest: What it holds already.
    """

    def __init__(self, run_dir: Path, manifest: Manifest) -> None:
        self._run_dir = run_dir
        self._lock = threading.RLock()
        self._stamp = _stamp(run_dir / MANIFEST_FILE)
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
        is_part: bool = False,
    ) -> Self:
        """Writes a run without a snapshot or sprite: metadata, configuration, manifest.

        With `is_part` it is a worker's part of a run, which TensorBoard must not list; what its
        columns hold is decided once all parts are known.

        Raises:
            MisuseError: The directory holds checkpoints that are not ours.
            OSError: It cannot be written.
        """
        refuse_foreign_files(run_dir)
        delete_run(run_dir)
        made(run_dir)
        columns = columns if is_part else with_classes(columns)
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
        # Before the manifest: a run without its event file would never be listed.
        if not is_part:
            write_event_file(run_dir)
        write_bytes(run_dir, MANIFEST_FILE, manifest.to_json())
        return cls(run_dir, manifest)

    def add_sprite(self, images: Thumbnails) -> None:
        """Writes the thumbnails, and lists them when all are there.

        Another thread may write snapshots meanwhile.

        Raises:
            MisuseError: There are more images than a sheet has pixels.
            OSError: They cannot be written; the run is then as it was before.
        """
        self._refuse_others()
        sprite = write_sprite(self._run_dir, images)
        write_projector_config(self._run_dir, self.manifest.layers, sprite)
        self._commit(sprite=sprite)

    def write_snapshot(
        self,
        step: Step,
        tensors: Mapping[str, NDArray[np.generic] | LazyRows],
        dtype: np.dtype[np.generic] = FLOAT32,
    ) -> None:
        """Adds the activations of all layers, and the outputs, at one step, stored as `dtype`.

        Raises:
            OSError: They cannot be written; the run is then as it was before.
        """
        self._refuse_others()
        self._leave_room_for_others()
        write_checkpoint(self._run_dir, self.manifest.checkpoint(step.step), tensors, dtype)
        manifest = self.manifest.with_step(step)
        self._write_state(manifest)
        self._commit(steps=manifest.steps, left_out=manifest.left_out, recording=True)

    def write_model(self, step: Step, kept: KeptPass, save: Callable[[BinaryIO], None]) -> None:
        """Writes the model of a snapshot, before the snapshot, so that a listed one has it.

        Raises:
            OSError: It cannot be written.
        """
        self._refuse_others()
        write_model(self._run_dir, step, kept, save)

    def add_phase(self, phase: Phase) -> None:
        """Notes what has happened to the training.

        Raises:
            OSError: It cannot be written; the run is then as it was before.
        """
        self._commit(phases=(*self.manifest.phases, phase))

    def supersede_after(self, step: int) -> None:
        """Says that the training went on from `step`: later snapshots stay, as superseded.

        Raises:
            OSError: As `add_phase`.
        """
        later = {s for s in self.manifest.steps if s.step > step}
        steps = tuple(
            replace(s, superseded=True) if s in later else s for s in self.manifest.steps
        )
        self._commit(steps=steps)

    def leave_out(self, missing: LeftOut) -> None:
        """Notes a step that is not in the run.

        Raises:
            OSError: As `add_phase`.
        """
        self._commit(left_out=(*self.manifest.left_out, missing))

    def note_attempt(self, nonce: str) -> None:
        """Notes the training by several workers whose parts are joined into it.

        Raises:
            OSError: As `add_phase`.
        """
        self._commit(attempt=nonce)

    def keep(self, steps: Collection[int]) -> None:
        """Takes all snapshots but those of `steps` out of the run."""
        dropped = [s.step for s in self.manifest.steps if s.step not in steps]
        kept = tuple(s for s in self.manifest.steps if s.step in steps)
        self._commit(steps=kept)
        self._write_state(self.manifest)
        for step in dropped:
            remove_checkpoint(self._run_dir, self.manifest.checkpoint(step))
            remove_model(self._run_dir, step)

    @property
    def is_current(self) -> bool:
        """Whether the manifest on disk is still the one that this writer read or wrote last."""
        return self._stamp is not None and self._stamp == _stamp(self._run_dir / MANIFEST_FILE)

    def finish(self) -> None:
        """Says in the manifest that no more snapshots will follow."""
        self._commit(recording=False)

    def _commit(self, **changes: Any) -> None:
        """Writes the manifest, with `changes` of it."""
        with self._lock:
            self._refuse_others()
            manifest = replace(self.manifest, **changes)
            content = manifest.to_json()
            if len(content) > MAX_MANIFEST_BYTES:
                raise UnwritableError(
                    f"the manifest of {self._run_dir} would have {len(content)} bytes, but at "
                    f"most {MAX_MANIFEST_BYTES} are read; {LARGE_MANIFEST}"
                )
            write_bytes(self._run_dir, MANIFEST_FILE, content)
            self.manifest = manifest
            self._stamp = _stamp(self._run_dir / MANIFEST_FILE)

    def _refuse_others(self) -> None:
        """Raises where the run on disk is no longer the one that this writer writes.

        Raises:
            HeldElsewhereError: Another process records into the directory by now.
            UnwritableError: The run was deleted, or others have written it.
        """
        with self._lock:
            keep_holding(self._run_dir)
            if not self._is_still_there():
                raise UnwritableError(
                    f"the run in {self._run_dir} was deleted or replaced while it was "
                    "recorded; record into a directory that nothing else writes"
                )

    def _is_still_there(self) -> bool:
        if self.is_current:
            return True
        # On some disks of others a file's number and time change by themselves.
        with contextlib.suppress(UnreadableError):
            stamp = _stamp(self._run_dir / MANIFEST_FILE)
            if read_manifest(self._run_dir) == Manifest.from_json(self.manifest.to_json()):
                self._stamp = stamp
                return True
        return False

    def _write_state(self, manifest: Manifest) -> None:
        if not manifest.apart:
            newest = manifest.newest_live
            write_checkpoint_state(self._run_dir, None if newest is None else newest.step)

    def _leave_room_for_others(self) -> None:
        """Moves our checkpoints into a folder of their own once others write beside them."""
        before = self.manifest
        if before.apart or is_free_or_ours(self._run_dir, (s.step for s in before.steps)):
            return
        kept = copy_to_folder(self._run_dir, before)
        self._commit(steps=kept, apart=True)
        for step in kept:
            remove_checkpoint(self._run_dir, before.checkpoint(step.step))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
