"""The layers found in one directory of foreign files, and what became of the other files."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.step_tables import StepTables
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths
from tb_embed_plugin.runs.run import Writer
from tb_embed_plugin.snapshot import Snapshot

MAX_LAYERS = 200
"""Tensors of one directory; of more, the ones with most rows are shown."""


class StoredTensor(Protocol):
    """A matrix in a file, one row a sample."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, known without reading the values."""

    @property
    def wall_time(self) -> float:
        """When it was written, seconds since 1970."""

    @property
    def stamp(self) -> Hashable:
        """What changes when the values do, alike in every process by its `repr`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted in reading it, one sentence each."""

    def read(self) -> Snapshot:
        """Returns the values, float32 of `shape`.

        Raises:
            UnreadableError: The file is damaged or of another shape.
        """


@dataclass(frozen=True)
class ForeignLayer:
    """One tensor over the steps, all of one shape, and what goes with its rows.

    Attributes:
        name: As it is shown.
        tensors: Its values by step.
        table: The file of its metadata.
        sheet: The file of its thumbnails.
        cell: Width and height of a thumbnail, as the configuration says; see `read_sheet`.
        aliases: Other names by which a configuration may mean it.
        written: What was written for a step where that is no such number, a word say.
        table_for_all: Whether `table` was meant for every tensor, and so for this one only if
            it has as many rows.
        step_tables: The tables of all steps, where these differ; None where `table` is that of
            every step.
        parts: The shapes of all layers that one tensor was split into, where it was; the newest
            first.
        embedding: Which of the model's layers of Keras' class Embedding it is, from 0 on, where
            it is one.
    """

    name: str
    tensors: Mapping[int, StoredTensor]
    table: Path | None = None
    sheet: Path | None = None
    cell: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    written: Mapping[int, str] = field(default_factory=dict)
    table_for_all: bool = False
    step_tables: StepTables | None = None
    parts: tuple[tuple[int, int], ...] = ()
    embedding: int | None = None

    @property
    def notes(self) -> list[str]:
        """What the first lines of its newest table of numbers were taken for."""
        return list(self.tensors[max(self.tensors)].notes)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of every snapshot."""
        return next(iter(self.tensors.values())).shape


@dataclass
class FolderContents:
    """The layers of a directory, and the files that show whether they are still the same.

    Attributes:
        layers: The matrices.
        problems: What could not be read, one sentence each.
        watched: Files and directories; as long as none of their stamps changes, looking again
            finds the same.
        polled: More of them, many maybe, which their writer replaces by renaming, so that the
            stamp of a directory in `watched` changes as well.
        owned: Directories below whose files the run shows, which are no runs of their own.
        writer: Who wrote the layers.
        spare: Matrices of one row or one column, mostly no samples at all, which are shown only
            where a configuration names them.
        other_tensors: What else the files hold, in words by name: vectors, texts and the like.
        looked_in: Files of variables that were read, in words; empty where there are none.
        unfinished: Whether a file seems to be under way; no stamp will tell its end.
    """

    layers: list[ForeignLayer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    watched: list[Path] = field(default_factory=list)
    polled: list[Path] = field(default_factory=list)
    owned: list[Path] = field(default_factory=list)
    writer: Writer = "projector"
    spare: list[ForeignLayer] = field(default_factory=list)
    other_tensors: dict[str, str] = field(default_factory=dict)
    looked_in: str = ""
    unfinished: bool = False
    _told: set[str] = field(default_factory=set)

    def tell(self, problem: str) -> None:
        """Adds a problem, once however often it is told."""
        if problem not in self._told:
            self._told.add(problem)
            self.problems.append(problem)

    def take(self, layer: ForeignLayer) -> None:
        """Adds a layer, in parts where its shape differs over the steps.

        Parts of one row or one column are spare.
        """
        for part in by_shape(layer):
            (self.layers if min(part.shape) >= 2 else self.spare).append(part)

    def add(self, other: FolderContents) -> None:
        """Adds what else the directory holds."""
        self.writer = self.writer if self.layers else other.writer
        self.layers += other.layers
        self.problems += other.problems
        self.watched += other.watched
        self.polled += other.polled
        self.owned += other.owned
        self.spare += other.spare
        self.other_tensors |= other.other_tensors
        self.looked_in = self.looked_in or other.looked_in
        self.unfinished |= other.unfinished

    def auxiliary(self, paths: WrittenPaths, written: str, watched: list[Path]) -> Path | None:
        """Returns a file that goes with a tensor, None where nobody named one.

        What is wrong with it becomes a problem, and costs this file alone.

        Args:
            paths: Resolves it.
            written: As the configuration names it, empty for none.
            watched: Of this directory, what its place is added to: a missing one may come yet.
        """
        if not written:
            return None
        path = None
        try:
            path = paths.find(written)
        except UnreadableError as error:
            self.tell(str(error))
        if place := path or paths.awaited(written):
            watched.append(place)
        return path


def bound_layers(found: FolderContents) -> None:
    """Drops the last ones of too many layers, with a problem that says so."""
    if len(found.layers) > MAX_LAYERS:
        found.problems.append(
            f"the run has {len(found.layers)} matrices, of which the {MAX_LAYERS} with the "
            "most rows are shown; save the others into a directory of their own"
        )
        del found.layers[MAX_LAYERS:]


def by_shape(layer: ForeignLayer) -> list[ForeignLayer]:
    """Splits a layer whose tensors differ in shape over the steps.

    The newest keeps the name; the others are named by their shape.
    """
    groups: dict[tuple[int, int], dict[int, StoredTensor]] = {}
    for step in sorted(layer.tensors, reverse=True):
        tensor = layer.tensors[step]
        groups.setdefault(tensor.shape, {})[step] = tensor
    if len(groups) == 1:
        return [replace(layer, tensors=dict(sorted(layer.tensors.items())))]
    return [
        replace(
            layer,
            name=f"{layer.name}{_in_words(shape)}" if i else layer.name,
            tensors=dict(sorted(tensors.items())),
            parts=tuple(groups),
        )
        for i, (shape, tensors) in enumerate(groups.items())
    ]


def split_problems(layers: Sequence[ForeignLayer]) -> list[str]:
    """Says which of the layers are parts of one tensor, and which part is not shown."""
    split: dict[tuple[str, tuple[tuple[int, int], ...]], list[ForeignLayer]] = {}
    for layer in layers:
        if layer.parts:
            name = layer.name.removesuffix(_in_words(layer.shape))
            split.setdefault((name, layer.parts), []).append(layer)
    return [
        f"{name} changes its shape between steps ({_shapes(parts)}), so its rows are not "
        f"the same samples: {_shown(shown, parts)}"
        for (name, parts), shown in split.items()
    ]


def _shown(layers: Sequence[ForeignLayer], parts: Sequence[tuple[int, int]]) -> str:
    """Says which layers show the parts of a tensor."""
    names = ", ".join(layer.name for layer in layers)
    said = f"they are shown separately, as {names}" if len(layers) > 1 else f"{names} is shown"
    shown = {layer.shape for layer in layers}
    missing = [shape for shape in parts if shape not in shown]
    return f"{said}; the steps of {_shapes(missing)} are left out" if missing else said


def _in_words(shape: tuple[int, int]) -> str:
    return f" ({_shapes([shape])})"


def _shapes(shapes: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{rows} x {columns}" for rows, columns in shapes)


def names_in(folder: Path) -> list[str]:
    """Returns what a directory holds, nothing where it is none or cannot be read."""
    try:
        return os.listdir(folder)  # noqa: PTH208 # thousands of names: no need of Paths
    except OSError:
        return []
