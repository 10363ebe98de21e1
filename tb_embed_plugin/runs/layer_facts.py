"""The facts of one layer of a run, and of the samples in its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.metadata import OutputsKind
from tb_embed_plugin.runs.finite import HiddenAt
from tb_embed_plugin.runs.manifest import ColumnInfo
from tb_embed_plugin.snapshot import ChosenRows, Snapshot
from tb_embed_plugin.wording import listed

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class SpriteFacts:
    """Geometry of the pages that `Run.sprite` answers, whose cells lie row by row.

    Attributes:
        pages: Their number; all but the last hold equally many cells.
        cell: Width and height of a cell, pixels.
        columns: Cells in a row of a page.
        channels: 1 gray, 3 RGB, 4 RGBA.
    """

    pages: int
    cell: tuple[int, int]
    columns: int
    channels: int


@dataclass(frozen=True)
class LayerFacts:
    """One layer, and the samples that its rows are; layers of a run may share them.

    Attributes:
        name: The layer.
        samples: Rows of every snapshot, of the metadata and of the sprite.
        units: Width of every snapshot.
        steps: Steps of all its snapshots, ascending.
        not_finite: Those that are left out, as their snapshot is known to hold NaN or infinity.
        columns: The fields of the samples' metadata.
        sprite: None where the samples have no images.
        fingerprint: Layers that share it, of whatever run, hold the same samples.
        samples_version: Changes when the metadata or the sprite do.
        label: The column that is the label (`label_column`), None where there is none.
        hidden_at: Other steps with NaN or infinity, each with the samples in question, which
            are hidden at all steps.
        notes: What lines of others' tables were taken for, one sentence each.
    """

    name: str
    samples: int
    units: int
    steps: tuple[int, ...]
    not_finite: frozenset[int]
    columns: tuple[ColumnInfo, ...]
    sprite: SpriteFacts | None
    fingerprint: str
    samples_version: str
    label: str | None = None
    hidden_at: HiddenAt = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """The samples that are hidden, ascending."""
        return tuple(sorted({sample for _, samples in self.hidden_at for sample in samples}))

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """The other samples, ascending."""
        return np.delete(np.arange(self.samples), self.hidden)

    def only_shown(self, values: NDArray[T]) -> NDArray[T]:
        """Returns the rows of the samples that are shown."""
        return values[self.shown] if self.hidden else values

    def shown_rows(self, snapshot: Snapshot) -> Snapshot:
        """Returns the rows of a snapshot that are shown."""
        return ChosenRows(snapshot, self.shown) if self.hidden else snapshot

    def with_hidden(self, values: NDArray[T]) -> NDArray[T]:
        """Returns rows of all samples, hidden ones having that of a sample that is shown.

        Args:
            values: Those of the samples that are shown, (n_shown, ...).
        """
        if not self.hidden:
            return values
        everywhere = np.repeat(values[:1], self.samples, axis=0)
        everywhere[self.shown] = values
        return everywhere

    @property
    def drawable(self) -> list[int]:
        """The steps whose snapshot can be projected, ascending."""
        return [step for step in self.steps if step not in self.not_finite]

    def drawable_step(self, step: int | None) -> int:
        """Returns a step whose snapshot can be projected, the last one by default.

        Raises:
            NotRecordedError: There is no such step.
        """
        steps = self.drawable
        if step is None:
            return steps[-1]
        if step not in steps:
            raise NotRecordedError(
                f"step {step} of {self.name!r} was not recorded or is not finite; choose from "
                f"{listed(steps, 'or')}"
            )
        return step


@dataclass(frozen=True)
class RecordedOutputs:
    """What the model says of a layer's samples at one step.

    Attributes:
        values: float32 (n_samples, n_classes), whose rows are read when they are asked for.
        kind: What they are.
        kernel: The output layer's weights, float32 (n_units, n_classes), where the layer that
            was asked for feeds it and they were recorded.
        bias: Its bias, float32 (n_classes,), likewise.
        names: The label's word for each class, empty where a class has none; None where
            nobody has named them.
    """

    values: Snapshot
    kind: OutputsKind
    kernel: NDArray[np.float32] | None
    bias: NDArray[np.float32] | None
    names: tuple[str, ...] | None = None
