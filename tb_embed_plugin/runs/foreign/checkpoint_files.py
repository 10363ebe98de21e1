"""The reader of TensorFlow checkpoints: the matrices in a directory, and their steps."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from tb_embed_plugin.errors import EmbedError, UnreadableError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.runs.checkpoints.bundle_entries import (
    COMPLEX64,
    COMPLEX128,
    INDEX,
    NUMBER_TYPES,
    STRING,
    TensorEntry,
)
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.checkpoint_names import (
    OBJECT_GRAPH,
    bare_name,
    is_optimizers,
    readable_names,
)
from tb_embed_plugin.runs.foreign.folder_contents import (
    FolderContents,
    ForeignLayer,
    StoredTensor,
    bound_layers,
)
from tb_embed_plugin.runs.foreign.reader import RunFolder
from tb_embed_plugin.runs.foreign.step_names import Series, find_series
from tb_embed_plugin.runs.foreign.step_words import LARGEST_STEP
from tb_embed_plugin.runs.foreign.tensor_kinds import Kind, described
from tb_embed_plugin.snapshot import Snapshot

MAX_CHECKPOINTS = 2000
"""Checkpoints of one directory; of more, the newest are shown."""

MAX_SERIES = 20
"""Series of checkpoints in one directory; of more, the longest are shown."""

_OTHER_KINDS: Mapping[int, Kind] = {
    STRING: "texts",
    COMPLEX64: "complex",
    COMPLEX128: "complex",
}
"""What the members of TensorFlow's DataType are that no matrix can be of."""


@dataclass(frozen=True)
class CheckpointTensor:
    """A matrix in a checkpoint.

    Attributes:
        folder: The run's directory.
        checkpoint: Path of the checkpoint below it.
        key: Name of the tensor in the checkpoint.
        name: A readable one.
        shape: Rows and columns.
        index: Stamp of the checkpoint's index; TensorFlow writes one with every checkpoint.
    """

    folder: Path
    checkpoint: str
    key: str
    name: str
    shape: tuple[int, int]
    index: Stamp
    notes: tuple[str, ...] = ()

    @property
    def wall_time(self) -> float:
        """When the checkpoint was written, seconds since 1970."""
        return self.index[0] / 1e9 if self.index else 0.0

    @property
    def stamp(self) -> Hashable:
        """What changes when the values do."""
        return str(self.folder), self.checkpoint, self.key, self.index

    def read(self) -> Snapshot:
        """Returns the values, float32; wider types lose digits."""
        values = Checkpoint(self.folder, self.checkpoint).rows(self.key)
        if values.shape != self.shape:
            raise UnreadableError(
                f"{self.name!r} in {self.checkpoint} now has the shape {values.shape} "
                f"instead of {self.shape}, since the file was rewritten; reload the page"
            )
        return values


@dataclass(frozen=True)
class _Contents:
    """What a checkpoint holds: its matrices, and the other tensors by name, in words."""

    matrices: list[CheckpointTensor]
    other_tensors: dict[str, str]


_Read = tuple[Stamp, _Contents | str]
"""What was read of a checkpoint, or what is wrong with it, and when."""


class CheckpointFiles:
    """The reader of TensorFlow checkpoints; no index is read twice."""

    endings: ClassVar[tuple[str, ...]] = (INDEX, "")

    def __init__(self) -> None:
        self._known: dict[Path, dict[str, _Read]] = {}

    @staticmethod
    def suits(names: Collection[str]) -> bool:
        """Whether there is an index."""
        return any(name.endswith(INDEX) for name in names)

    def find(self, folder: RunFolder) -> FolderContents:
        """Finds the matrices, those of the series of the named checkpoint first."""
        where, names, main = (
            folder.variables.where,
            folder.variables.names,
            folder.variables.main,
        )
        found = FolderContents(problems=_without_index(names))
        known = self._known.get(folder.path / where, {})
        self._known[folder.path / where] = {}
        checkpoints = [name.removesuffix(INDEX) for name in names if name.endswith(INDEX)]
        ordered = sorted(
            find_series(checkpoints), key=lambda series: main not in series.names.values()
        )
        for i, series in enumerate(ordered[:MAX_SERIES]):
            found.problems += [series.note] if series.note else []
            shown = _bounded(series, found.problems)
            suffix = f" ({series.name})" if i else ""
            for layer in self._layers(folder.path, where, shown, found, known):
                found.take(replace(layer, name=layer.name + suffix, written=series.written))
        if len(ordered) > 1:
            some = ", ".join(series.name for series in ordered[:5])
            found.problems.append(
                f"the directory has {len(ordered)} series of checkpoints, {some}: layers "
                f"of all but the first bear the series' name, and at most {MAX_SERIES} are "
                "shown; save each into a directory of its own"
            )
        bound_layers(found)
        if checkpoints:
            found.looked_in = "the checkpoints"
        elif main in names:
            found.problems.append(
                f"{main} is in the checkpoint format V1 of TensorFlow before 0.12; save it "
                "again with a newer tf.compat.v1.train.Saver"
            )
        return found

    def _layers(
        self,
        folder: Path,
        where: str,
        steps: dict[int, str],
        found: FolderContents,
        known: dict[str, _Read],
    ) -> list[ForeignLayer]:
        tensors: dict[str, dict[int, StoredTensor]] = {}
        aliases: dict[str, tuple[str, ...]] = {}
        seen = self._known[folder / where]
        for step, name in steps.items():
            path = f"{where}/{name}" if where else name
            file = folder / f"{path}{INDEX}"
            found.polled.append(file)
            read, stamp = known.get(name), stamp_of(file)
            if read is None or read[0] != stamp:
                read = _read_contents(folder, path, stamp)
            seen[name] = read
            contents = read[1]
            if isinstance(contents, str):
                found.problems.append(contents)
                continue
            found.other_tensors |= contents.other_tensors
            for tensor in contents.matrices:
                tensors.setdefault(tensor.name, {})[step] = tensor
                aliases[tensor.name] = (bare_name(tensor.key),)
        return [
            ForeignLayer(name, by_step, aliases=aliases[name])
            for name, by_step in sorted(tensors.items(), key=_largest_first)
        ]


def _read_contents(folder: Path, name: str, stamp: Stamp) -> _Read:
    """Returns what a checkpoint holds, or what is wrong with it."""
    try:
        return stamp, _contents(folder, name, stamp)
    except EmbedError as error:
        return stamp, str(error)


def _contents(folder: Path, name: str, stamp: Stamp) -> _Contents:
    checkpoint = Checkpoint(folder, name)
    entries = {
        key: entry
        for key, entry in checkpoint.entries.items()
        if key != OBJECT_GRAPH and not is_optimizers(key)
    }
    shapes = {
        key: (entry.shape[0], entry.shape[1])
        for key, entry in entries.items()
        if entry.dtype in NUMBER_TYPES
        and len(entry.shape) == 2
        and min(entry.shape) >= 1
        and max(entry.shape) <= LARGEST_STEP
    }
    names = readable_names(checkpoint, shapes)
    return _Contents(
        [
            CheckpointTensor(folder, name, key, names[key], shape, stamp)
            for key, shape in shapes.items()
        ],
        {
            bare_name(key): _described(entry)
            for key, entry in entries.items()
            if key not in shapes
        },
    )


def _described(entry: TensorEntry) -> str:
    kind = "numbers" if entry.dtype in NUMBER_TYPES else _OTHER_KINDS.get(entry.dtype)
    return described(kind, entry.shape, f"TensorFlow's type {entry.dtype}")


def _largest_first(item: tuple[str, dict[int, StoredTensor]]) -> tuple[bool, int, str]:
    """Orders by rows; those too wide to be projected come last."""
    name, tensors = item
    rows, units = max(tensor.shape for tensor in tensors.values())
    return units > MAX_UNITS, -rows, name


def _bounded(series: Series, problems: list[str]) -> dict[int, str]:
    """Returns the checkpoints by step, ascending: the last ones of those that can be shown."""
    shown = dict(list(series.names.items())[-MAX_CHECKPOINTS:])
    if len(shown) < len(series.names):
        problems.append(
            f"{series.name} has {len(series.names)} checkpoints, of which the last "
            f"{len(shown)} are shown; keep at most {MAX_CHECKPOINTS}"
        )
    return shown


def _without_index(names: Sequence[str]) -> list[str]:
    """Says which data files lack their index, without which nothing in them can be found."""
    indexed = {name.removesuffix(INDEX) for name in names if name.endswith(INDEX)}
    data = {name.rpartition(".data-")[0] for name in names if ".data-" in name}
    return [
        f"{name}{INDEX} is missing: the checkpoint is being written, or was copied in "
        "part; copy the index too"
        for name in sorted(data - indexed - {""})[:3]
    ]
