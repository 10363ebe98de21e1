"""One worker's part of a run, read while the worker still writes it."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.metadata import (
    HEAD_BIAS_TENSOR,
    HEAD_KERNEL_TENSOR,
    MANIFEST_FILE,
    METADATA_FILE,
)
from tb_embed_plugin.runs.checkpoint_folder import checkpoint_files
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.file_stamps import Stamp, stamps_of
from tb_embed_plugin.runs.manifest import Manifest, Step
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.parts import (
    PART_FILE,
    PartFacts,
    rank_of,
    read_part,
    remove_from_part,
)
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.runs.stored_rows import ReopenedRows
from tb_embed_plugin.runs.tables.metadata_table import Column, read_table
from tb_embed_plugin.snapshot import LazyRows

Tensors = dict[str, NDArray[np.generic] | LazyRows]
"""The tensors of a snapshot by name."""

OF_THE_MODEL = frozenset({HEAD_KERNEL_TENSOR, HEAD_BIAS_TENSOR})
"""Tensors that all parts hold alike; the others have a row for each of the part's samples."""


class RecordedPart:
    """A part on disk.

    Args:
        folder: Its folder.
        facts: What its worker has said of it.

    Attributes:
        manifest: What it holds as a run.
        rank: Its worker's number.
    """

    def __init__(self, folder: Path, facts: PartFacts, manifest: Manifest) -> None:
        self.folder = folder
        self.facts = facts
        self.manifest = manifest
        self.rank = rank_of(folder.name) or 0
        self._steps: dict[int, Step] = {}
        self._stamps: tuple[Stamp, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> RecordedPart | None:
        """Returns a part, None where its worker has not written all of its beginning.

        Args:
            folder: Its folder, links above it resolved.

        Raises:
            UnreadableError: Its manifest is damaged.
        """
        if folder.is_symlink():
            return None
        facts, manifest = read_part(folder), None
        with contextlib.suppress(OSError):
            manifest = read_manifest(folder)
        return None if facts is None or manifest is None else cls(folder, facts, manifest)

    @property
    def has_ended(self) -> bool:
        """Whether no more snapshots will come."""
        return not self.manifest.recording or self.facts.has_failed

    @property
    def has_snapshots(self) -> bool:
        """Whether any snapshot is here that is not joined yet."""
        return any(self._opens(step.step) for step in self.manifest.steps)

    def look(self) -> None:
        """Reads again what its worker has written since.

        Raises:
            UnreadableError: The manifest is damaged.
        """
        stamps = stamps_of((self.folder / MANIFEST_FILE, self.folder / PART_FILE))
        if stamps == self._stamps:
            return
        manifest = None
        with contextlib.suppress(OSError):
            manifest = read_manifest(self.folder, self.manifest.steps)
        # What is gone says no less than it did before.
        self.manifest = manifest or self.manifest
        self.facts = read_part(self.folder) or self.facts
        self._steps = {step.step: step for step in self.manifest.steps}
        self._stamps = stamps

    def tensors(self, step: Step) -> Tensors | None:
        """Returns the snapshot of a step as the chief took it, None where it is not here.

        Args:
            step: The step in the chief's part; the same unit, epoch and batch make it the same.
        """
        return self._opens(step.step) if self._lists(step) else None

    def lacks(self, step: Step) -> bool:
        """Whether the worker will never give the snapshot of a step.

        One that is listed may be seen later, so it is not given up here.
        """
        steps = self.manifest.steps
        is_passed = bool(steps) and steps[-1].step >= step.step
        return not self._lists(step) and (self.has_ended or is_passed)

    def not_finite(self, step: Step) -> tuple[str, ...]:
        """Returns the tensors that hold NaN or infinity at a step that is here."""
        return self._steps[step.step].not_finite

    def columns(self) -> list[Column]:
        """Returns its samples' metadata.

        Raises:
            UnreadableError: The table is missing or damaged.
        """
        path = confined(self.folder, METADATA_FILE)
        return read_table(path, self.manifest.columns, self.manifest.samples)

    def remove(self, step: Step) -> None:
        """Deletes the files of a snapshot.

        Raises:
            OSError: They cannot be deleted.
        """
        files = checkpoint_files(self.manifest.checkpoint(step.step))
        remove_from_part(self.folder, files)

    def _lists(self, step: Step) -> bool:
        own = self._steps.get(step.step)
        same = (step.unit, step.epoch, step.batch)
        return own is not None and (own.unit, own.epoch, own.batch) == same

    def _opens(self, step: int) -> Tensors | None:
        try:
            return self._opened(step)
        except (EmbedError, OSError):
            return None  # a file server may show it later than the manifest

    def _opened(self, step: int) -> Tensors | None:
        """Returns a snapshot's tensors in the order in which they were written."""
        checkpoint = Checkpoint(self.folder, self.manifest.checkpoint(step))
        entries = sorted(checkpoint.entries.items(), key=lambda item: item[1].offset)
        for layer in self.manifest.layers:
            if checkpoint.entry(layer.name).shape != (self.manifest.samples, layer.units):
                return None
        tensors: Tensors = {}
        for name, _ in entries:
            if name in OF_THE_MODEL:
                tensors[name] = checkpoint.tensor(name)
            else:
                # Of a thousand workers not all files can be open.
                rows = partial(checkpoint.rows, name)
                tensors[name] = ReopenedRows(rows().shape, rows)
        return tensors
