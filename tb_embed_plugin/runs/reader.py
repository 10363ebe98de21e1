"""Reads one run. Nothing is opened before it is asked for, and nothing is ever written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import (
    METADATA_FILE,
    SPRITE_FILE,
    checkpoint_name,
    sprite_page_file,
)
from tb_embed_plugin.runs.checkpoint import Checkpoint
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.manifest import Layer, Manifest
from tb_embed_plugin.runs.metadata_table import Column, read_table

Source = Literal["tb_embed"]


@dataclass(frozen=True)
class Run:
    """A run that can be read.

    Attributes:
        name: TensorBoard's name of it.
        path: Its directory, symbolic links resolved; no file outside of it is read.
        manifest: What it holds.
    """

    name: str
    path: Path
    manifest: Manifest
    source: Source = "tb_embed"

    @property
    def steps(self) -> list[int]:
        """The steps of the finished snapshots, ascending."""
        return [step.step for step in self.manifest.steps]

    def drawable(self, layer: str) -> list[int]:
        """Returns the steps whose snapshot of `layer` can be projected, ascending."""
        return [s.step for s in self.manifest.steps if layer not in s.not_finite]

    @property
    def problems(self) -> list[str]:
        """What a reader should know of the run, one sentence each."""
        problems = []
        for layer in self.manifest.layers:
            steps = [str(s.step) for s in self.manifest.steps if layer.name in s.not_finite]
            if steps:
                problems.append(
                    f"{layer.name} holds NaN or infinity at step {', '.join(steps)}, which "
                    "cannot be drawn: see what the training did there"
                )
        return problems

    @property
    def version(self) -> str:
        """Changes when the metadata or the sprite do."""
        start = self.manifest.steps[0].wall_time if self.manifest.steps else None
        return _hash(self.manifest.fingerprint, self.manifest.columns, start)

    def layer(self, name: str) -> Layer:
        """Returns the layer `name`.

        Raises:
            NotRecordedError: It was not recorded; the message lists those that were.
        """
        for layer in self.manifest.layers:
            if layer.name == name:
                return layer
        raise NotRecordedError(
            f"expected one of the layers {[x.name for x in self.manifest.layers]} of run "
            f"{self.name!r}; received {name!r}"
        )

    def layer_version(self, name: str) -> str:
        """Changes when the data of the layer `name` do."""
        return _hash(self.manifest.fingerprint, self.layer(name), self.manifest.steps)

    def snapshot(self, layer: str, step: int) -> NDArray[np.float32]:
        """Returns a snapshot, float32 (n_samples, n_units), read-only.

        Raises:
            NotRecordedError: There is no such layer or step.
            UnreadableError: Its checkpoint is damaged or of another shape.
        """
        units = self.layer(layer).units
        if step not in self.steps:
            raise NotRecordedError(
                f"expected a recorded step of run {self.name!r}, {self.steps}; received {step}"
            )
        name = checkpoint_name(step)
        tensor = Checkpoint(self.path, name).tensor(layer)
        if tensor.shape != (self.manifest.samples, units):
            raise UnreadableError(
                f"expected {layer!r} of shape {(self.manifest.samples, units)} at step "
                f"{step}; received {tensor.shape}; record the run again"
            )
        return tensor.astype(np.float32, copy=False)

    def columns(self) -> list[Column]:
        """Returns the metadata.

        Raises:
            UnreadableError: The table is missing or damaged.
        """
        return read_table(
            confined(self.path, METADATA_FILE),
            self.manifest.columns,
            self.manifest.samples,
        )

    def sprite(self, page: int) -> bytes:
        """Returns a page of the sprite as a PNG file.

        Raises:
            NotRecordedError: There is no such page.
        """
        sprite = self.manifest.sprite
        pages = 0 if sprite is None else 1 if sprite.pages is None else sprite.pages.count
        if sprite is None or not 0 <= page < pages:
            raise NotRecordedError(
                f"expected a page below {pages}, the pages of run {self.name!r}; "
                f"received {page}"
            )
        name = SPRITE_FILE if sprite.pages is None else sprite_page_file(page)
        try:
            return confined(self.path, name).read_bytes()
        except OSError as error:
            raise NotRecordedError(
                f"expected {name} in run {self.name!r}; it cannot be read "
                f"({type(error).__name__}); restore the file or record the run again"
            ) from error


def _hash(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
