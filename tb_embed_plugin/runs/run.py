"""A run that can be read, whatever program wrote it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.metrics.catalog import DEFINITIONS
from tb_embed_plugin.runs.layer_facts import LayerFacts, RecordedOutputs
from tb_embed_plugin.runs.manifest import Phase, Step
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.snapshot import Snapshot
from tb_embed_plugin.wording import listed, no_such

Writer = Literal["tb_embed", "projector", "torch"]
"""Who wrote it: our recorder, somebody for the stock Projector, or `add_embedding`."""


class Run(ABC):
    """A run that can be read. Nothing is opened before it is asked for.

    Args:
        name: TensorBoard's name of it.
        path: Its directory, symbolic links resolved; no file outside of it is read.

    Attributes:
        revision: Grows when reading has found out something that changes the run's facts.
    """

    writer: Writer

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.revision = 0

    @property
    @abstractmethod
    def recording(self) -> bool:
        """Whether the training that writes it is known to be still under way."""

    @property
    def phases(self) -> Sequence[Phase]:
        """What happened to the training that writes it, as far as is known."""
        return ()

    @property
    def with_superseded(self) -> Run | None:
        """The same run with the snapshots that a training has left behind, None without any."""
        return None

    @property
    def superseded(self) -> int:
        """How many of its snapshots, shown or not, a training has left behind."""
        return 0

    @property
    @abstractmethod
    def layers(self) -> Sequence[LayerFacts]:
        """What there is to look at."""

    @property
    @abstractmethod
    def step_facts(self) -> Sequence[Step]:
        """When the snapshots were taken, all layers together, ascending."""

    @property
    @abstractmethod
    def problems(self) -> list[str]:
        """What a reader should know of the run, one sentence each."""

    @abstractmethod
    def stamp(self, layer: str, step: int) -> Hashable:
        """Returns what changes when a snapshot does, in every process alike by its `repr`."""

    @abstractmethod
    def snapshot(self, layer: str, step: int) -> Snapshot:
        """Returns a snapshot, whose rows are read when they are asked for.

        Raises:
            NotRecordedError: There is no such layer or step.
            UnreadableError: Its file is damaged or of another shape; so may reading a row say.
        """

    @abstractmethod
    def columns(self, layer: str, step: int | None = None) -> list[Column]:
        """Returns the metadata of a layer's samples.

        Args:
            layer: The layer.
            step: Whose values those columns have that change from step to step; None for the
                last one that has any.

        Raises:
            NotRecordedError: There is no such layer.
            UnreadableError: The table is missing or damaged.
        """

    @abstractmethod
    def sprite(self, layer: str, page: int) -> tuple[bytes, str]:
        """Returns a page of the sprite of a layer's samples: a file and its media type.

        Raises:
            NotRecordedError: There is no such layer or page.
        """

    def outputs(self, layer: str, step: int) -> RecordedOutputs | None:
        """Returns what the model says of a layer's samples, None where nobody recorded it.

        Raises:
            NotRecordedError: There is no such layer or step.
            UnreadableError: Its file is damaged or of another shape.
        """
        self.layer(layer)
        return None

    def step_name(self, step: int) -> str:
        """Returns what a person calls a step: its number, or what was written in its place."""
        return self._step_names.get(step, str(step))

    @property
    def step_unit(self) -> str:
        """The word for a step: `epoch` where all steps are finished epochs, else `step`."""
        facts = self.step_facts
        is_epochs = bool(facts) and all(step.unit == "epoch" for step in facts)
        return "epoch" if is_epochs else "step"

    def step_words(self, step: int) -> str:
        """Returns a step in words: `epoch 3`, or `step warmup`."""
        return f"{self.step_unit} {self.step_name(step)}"

    @cached_property
    def _step_names(self) -> dict[int, str]:
        return {step.step: step.name for step in self.step_facts if step.name is not None}

    def learn(self, layer: str, steps: Sequence[int]) -> None:
        """Finds out which snapshots are finite where that is not known without reading them.

        Raises:
            NotRecordedError: There is no such layer or step.
        """
        self.layer(layer)

    @property
    def steps(self) -> list[int]:
        """The steps of all snapshots, ascending."""
        return [step.step for step in self.step_facts]

    def layer(self, name: str) -> LayerFacts:
        """Returns the layer `name`.

        Raises:
            NotRecordedError: It was not recorded; the message lists those that were.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise NotRecordedError(
            no_such("layer", name, [x.name for x in self.layers], f"run {self.name!r}")
        )

    def layer_or_only(self, name: str | None) -> LayerFacts:
        """Returns the layer `name`; without one, the run's only layer.

        Raises:
            NotRecordedError: It was not recorded, or there are several to choose from.
        """
        if name is not None:
            return self.layer(name)
        names = [layer.name for layer in self.layers]
        if len(names) != 1:
            raise NotRecordedError(
                f"run {self.name!r} has {len(names)} layers; name one: {listed(names, 'or')}"
            )
        return self.layers[0]

    def layer_version(self, name: str) -> str:
        """Changes when the data of the layer `name` do, or the meaning of its metrics.

        Browsers keep answers by it, for longer than a server lives.
        """
        layer = self.layer(name)
        return short_hash(DEFINITIONS, layer, *(self.stamp(name, step) for step in layer.steps))


MAX_HIDDEN_PROBLEMS = 10
"""Snapshots whose hidden samples are named."""


def not_finite_problems(run: Run) -> list[str]:
    """Says which snapshots cannot be drawn, and which samples."""
    hidden = [
        f"{layer.name} at {run.step_words(step)}: {_named(samples)} NaN or infinity, "
        "hidden at all steps; check the training there"
        for layer in run.layers
        for step, samples in layer.hidden_at
    ]
    if len(hidden) > MAX_HIDDEN_PROBLEMS:
        rest = len(hidden) - MAX_HIDDEN_PROBLEMS
        hidden[MAX_HIDDEN_PROBLEMS:] = [
            f"there are {rest} more snapshots with NaN or infinity like these"
        ]
    return hidden + [
        f"{layer.name} holds NaN or infinity at {run.step_unit} "
        f"{', '.join(map(run.step_name, sorted(layer.not_finite)))}, which cannot be "
        "drawn; check the training there"
        for layer in run.layers
        if layer.not_finite
    ]


def _named(samples: Sequence[int]) -> str:
    if len(samples) == 1:
        return f"sample {samples[0]} holds"
    some = ", ".join(map(str, samples[:10])) + ", …" * (len(samples) > 10)
    return f"{len(samples)} samples ({some}) hold"


def short_hash(*values: object) -> str:
    """Returns 16 hexadecimal digits that differ where the values' `repr` does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
