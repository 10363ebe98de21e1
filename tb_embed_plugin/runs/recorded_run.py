"""A run that our recorder wrote, opened for reading only."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import (
    HEAD_BIAS_TENSOR,
    HEAD_KERNEL_TENSOR,
    METADATA_FILE,
    OUTPUTS_TENSOR,
    SPRITE_FILE,
    sprite_page_file,
)
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.finite import Rows, divided, not_finite_rows
from tb_embed_plugin.runs.label_column import named_label, rival_problem
from tb_embed_plugin.runs.layer_facts import LayerFacts, RecordedOutputs, SpriteFacts
from tb_embed_plugin.runs.manifest import Layer, Manifest, Phase, SpriteInfo, SpritePages, Step
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.run import Run, not_finite_problems, short_hash
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.runs.sprites import MAX_OWN_SHEET_BYTES
from tb_embed_plugin.runs.steps import left_out_words
from tb_embed_plugin.runs.tables.metadata_table import Column, read_table
from tb_embed_plugin.snapshot import LazyRows, Snapshot
from tb_embed_plugin.wording import listed

ALL_STEPS = " (all steps)"
"""What follows a run's name in that of the same run with the steps a training left behind."""

MAX_LOOKED_AT_BYTES = 256 << 20
"""Of a layer's snapshots that are not finite; the others are left out as they are."""

_MOST_KNOWN = 4096
_KNOWN_ROWS: dict[Hashable, Rows] = {}


class RecordedRun(Run):
    """A run that our recorder wrote.

    Args:
        name: TensorBoard's name of it.
        path: Its directory, symbolic links resolved; no file outside of it is read.
        manifest: What it holds.
        shows_superseded: Whether it also has the snapshots that a training has left behind.
    """

    writer = "tb_embed"

    def __init__(
        self, name: str, path: Path, manifest: Manifest, *, shows_superseded: bool = False
    ) -> None:
        super().__init__(name, path)
        self.manifest = manifest
        self._shown = manifest.steps if shows_superseded else manifest.live_steps
        self._versions: dict[str, str] = {}

    @property
    def recording(self) -> bool:
        """Whether the training has not ended properly yet."""
        return self.manifest.recording

    @property
    def step_facts(self) -> tuple[Step, ...]:
        """The finished snapshots, ascending."""
        return self._shown

    @property
    def superseded(self) -> int:
        """How many of its snapshots, shown or not, a training has left behind."""
        return len(self.manifest.steps) - len(self.manifest.live_steps)

    @cached_property
    def with_superseded(self) -> RecordedRun | None:
        """The same run with these snapshots, None where there are none or it has them."""
        if len(self._shown) == len(self.manifest.steps):
            return None
        name = f"{self.name}{ALL_STEPS}"
        return RecordedRun(name, self.path, self.manifest, shows_superseded=True)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What happened to the training, in order."""
        return self.manifest.phases

    @cached_property
    def layers(self) -> tuple[LayerFacts, ...]:
        """The recorded layers; all hold the same samples."""
        manifest = self.manifest
        start = manifest.steps[0].wall_time if manifest.steps else None
        label = named_label(manifest.columns) if manifest.label == "" else manifest.label
        not_finite = {
            layer.name: divided(self._not_finite_rows(layer), manifest.samples)
            for layer in manifest.layers
        }
        return tuple(
            LayerFacts(
                name=layer.name,
                samples=manifest.samples,
                units=layer.units,
                steps=tuple(s.step for s in self._shown),
                not_finite=not_finite[layer.name][0],
                hidden_at=not_finite[layer.name][1],
                columns=manifest.columns,
                sprite=_sprite_facts(manifest.sprite),
                fingerprint=manifest.fingerprint,
                samples_version=short_hash(
                    manifest.fingerprint, manifest.columns, manifest.sprite, start
                ),
                label=label,
            )
            for layer in manifest.layers
        )

    @property
    def problems(self) -> list[str]:
        """Which columns could be the label as well, what is missing and cannot be drawn."""
        rivals = {rival_problem(layer.label, layer.columns) for layer in self.layers}
        left_out = left_out_words(self.manifest.left_out, self.step_unit)
        return [*filter(None, rivals), *left_out, *not_finite_problems(self)]

    def layer_version(self, name: str) -> str:
        """Changes when the data of the layer `name` do; this run's never change."""
        if name not in self._versions:
            self._versions[name] = super().layer_version(name)
        return self._versions[name]

    def stamp(self, layer: str, step: int) -> Hashable:
        """Returns when and of what a snapshot was taken."""
        return self.manifest.fingerprint, self._step(step).json

    def snapshot(self, layer: str, step: int) -> Snapshot:
        """Returns a snapshot, whose rows are read when they are asked for."""
        facts = self.layer(layer)
        return self._matrix(layer, step, (facts.samples, facts.units))

    def outputs(self, layer: str, step: int) -> RecordedOutputs | None:
        """Returns what the model says of a layer's samples."""
        facts, recorded = self.layer(layer), self.manifest.outputs
        if recorded is None:
            return None
        values = self._matrix(OUTPUTS_TENSOR, step, (facts.samples, recorded.classes))
        kernel = bias = None
        if recorded.head == layer:
            shape = (1, facts.units, recorded.classes)
            kernel = self._tensor(HEAD_KERNEL_TENSOR, step, shape)[0]
            bias = self._tensor(HEAD_BIAS_TENSOR, step, (1, 1, recorded.classes))[0, 0]
        return RecordedOutputs(values, recorded.kind, kernel, bias, recorded.names)

    def columns(self, layer: str, step: int | None = None) -> list[Column]:
        """Returns the samples' metadata, which is the same at all steps."""
        facts = self.layer(layer)
        return read_table(confined(self.path, METADATA_FILE), facts.columns, facts.samples)

    def sprite(self, layer: str, page: int) -> tuple[bytes, str]:
        """Returns a page of the sprite as a PNG file."""
        facts = self.layer(layer).sprite
        pages = 0 if facts is None else facts.pages
        if self.manifest.sprite is None or not 0 <= page < pages:
            raise NotRecordedError(
                f"run {self.name!r} has {pages} pages of thumbnails, not a page {page}"
            )
        name = SPRITE_FILE if self.manifest.sprite.pages is None else sprite_page_file(page)
        try:
            path = confined(self.path, name)
            return read_file(path, MAX_OWN_SHEET_BYTES, "record fewer samples"), "image/png"
        except OSError as error:
            raise NotRecordedError(
                f"{name} in run {self.name!r} cannot be read ({type(error).__name__}); "
                "restore the file or record the run again"
            ) from error

    def _not_finite_rows(self, layer: Layer) -> dict[int, Rows]:
        """Returns which rows are not finite, where the manifest says that some are not."""
        steps = [s for s in self._shown if layer.name in s.not_finite]
        shape = self.manifest.samples, layer.units
        most = MAX_LOOKED_AT_BYTES // (4 * shape[0] * shape[1])
        return {
            step.step: _rows_in(self, layer.name, step, shape) if i < max(1, most) else None
            for i, step in enumerate(steps)
        }

    def _matrix(self, name: str, step: int, shape: tuple[int, int]) -> LazyRows:
        return self._checkpoint(name, step, shape).rows(name)

    def _tensor(self, name: str, step: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        tensor = self._checkpoint(name, step, shape).tensor(name)
        return tensor.astype(np.float32, copy=False)

    def _checkpoint(self, name: str, step: int, shape: tuple[int, ...]) -> Checkpoint:
        """Returns the checkpoint of a step, provided that a tensor in it has a shape."""
        self._step(step)
        checkpoint = Checkpoint(self.path, self.manifest.checkpoint(step))
        found = checkpoint.entry(name).shape
        if found != shape:
            raise UnreadableError(
                f"{name!r} has the shape {found} instead of {shape} at "
                f"{self.step_words(step)}; record the run again"
            )
        return checkpoint

    def _step(self, number: int) -> Step:
        if number not in self._by_number:
            raise NotRecordedError(
                f"run {self.name!r} has no step {number}; its steps: {listed(self.steps)}"
            )
        return self._by_number[number]

    @cached_property
    def _by_number(self) -> dict[int, Step]:
        return {step.step: step for step in self.manifest.steps}


def _rows_in(run: RecordedRun, layer: str, step: Step, shape: tuple[int, int]) -> Rows:
    """Returns which rows of a snapshot are not finite; remembered: each new step asks anew."""
    key = run.path, run.manifest.fingerprint, layer, step
    if key not in _KNOWN_ROWS:
        try:
            checkpoint = Checkpoint(run.path, run.manifest.checkpoint(step.step))
            rows = checkpoint.rows(layer) if checkpoint.entry(layer).shape == shape else None
            _KNOWN_ROWS[key] = None if rows is None else not_finite_rows(rows)
        except (UnreadableError, NotRecordedError):
            return None  # whoever reads it says what is wrong
        while len(_KNOWN_ROWS) > _MOST_KNOWN:
            _KNOWN_ROWS.pop(next(iter(_KNOWN_ROWS)))
    return _KNOWN_ROWS[key]


def _sprite_facts(sprite: SpriteInfo | None) -> SpriteFacts | None:
    """Describes the pages, which are the sheet alone where there are no others."""
    if sprite is None:
        return None
    pages = sprite.pages or SpritePages(1, sprite.cell, sprite.columns)
    return SpriteFacts(pages.count, pages.cell, pages.columns, sprite.channels)
