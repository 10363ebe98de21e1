"""The manifest of a run: what TensorFlow's own files cannot say.

It is written last of all files of a snapshot, so whatever it lists is complete on disk. It
names no paths: every file name follows from `metadata.py`, so a manifest cannot point a
reader outside of its run.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, get_args

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import FORMAT_VERSION, OutputsKind

ColumnType = Literal["category", "number", "date", "text"]
StepUnit = Literal["epoch", "batch", "step"]

_LARGEST = 2**31 - 1
"""No count or step is larger: on the wire they are int32."""


@dataclass(frozen=True)
class Layer:
    """One recorded tensor name and the width of its snapshots."""

    name: str
    units: int


@dataclass(frozen=True)
class Step:
    """When a snapshot was taken.

    Attributes:
        step: Key of the snapshot; with the default schedule the number of finished epochs.
        unit: What `step` counts.
        epoch: Finished epochs, None where the training loop did not say.
        batch: Finished batches of the epoch under way, None at an epoch's end.
        wall_time: Seconds since 1970.
        iterations: Updates that the optimizer had made, None where nobody said.
        not_finite: Layers whose snapshot holds NaN or infinity, which cannot be projected.
        name: What was written where that is no such number, `warmup` or `0.5`; None where
            `step` is what was written.
    """

    step: int
    unit: StepUnit
    epoch: int | None
    batch: int | None
    wall_time: float
    iterations: int | None
    not_finite: tuple[str, ...] = ()
    name: str | None = None

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return str(self.step) if self.name is None else self.name


@dataclass(frozen=True)
class ColumnInfo:
    """Name and type of one field of the metadata.

    Attributes:
        name: What the header says.
        type: What its cells hold.
        by_step: Whether it has a value a step; never so in a run of our recorder.
    """

    name: str
    type: ColumnType
    by_step: bool = False


@dataclass(frozen=True)
class SpritePages:
    """Geometry of the pages of full-size thumbnails, whose cells lie row by row.

    Attributes:
        count: Number of pages; all but the last hold equally many cells.
        cell: Width and height of a cell, pixels.
        columns: Cells in a row of a page.
    """

    count: int
    cell: tuple[int, int]
    columns: int


@dataclass(frozen=True)
class SpriteInfo:
    """Geometry of the sheet of thumbnails, whose cells lie row by row.

    Attributes:
        cell: Width and height of a cell, pixels.
        columns: Cells in a row of the sheet.
        channels: 1 grey, 3 RGB, 4 RGBA.
        pages: Where the thumbnails stand in full size, None where the sheet has them so.
    """

    cell: tuple[int, int]
    columns: int
    channels: int
    pages: SpritePages | None = None


@dataclass(frozen=True)
class OutputsInfo:
    """What the tensor `tb_embed/outputs` holds.

    Attributes:
        classes: Its columns.
        kind: What its values are.
        head: Name of the recorded layer that feeds the output layer, whose kernel and bias
            the snapshots hold too; None where they do not.
        names: The label's word for each class, empty where a class has none; None where
            nobody has named them.
    """

    classes: int
    kind: OutputsKind
    head: str | None = None
    names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Manifest:
    """All that is known of a run without opening a checkpoint.

    Attributes:
        samples: Rows of every snapshot, of the metadata and of the sprite.
        fingerprint: Hash of the samples; runs that share it recorded the same ones.
        layers: The recorded layers.
        steps: Finished snapshots, in ascending order.
        columns: The fields of the metadata, in the file's order.
        sprite: None where no images were recorded.
        outputs: None where the model's outputs were not recorded.
        recording: True until the training that writes this run has ended properly.
        label: The column that is the label, None where there is none; empty where the recorder
            did not say.
    """

    samples: int
    fingerprint: str
    layers: tuple[Layer, ...]
    steps: tuple[Step, ...]
    columns: tuple[ColumnInfo, ...]
    sprite: SpriteInfo | None
    outputs: OutputsInfo | None
    recording: bool
    label: str | None = None

    def with_step(self, step: Step) -> Self:
        """Returns the manifest with `step` added, in place of one of the same number."""
        others = tuple(s for s in self.steps if s.step != step.step)
        return replace(self, steps=tuple(sorted((*others, step), key=lambda s: s.step)))

    def to_json(self) -> bytes:
        """Returns the file's content."""
        content = {"format_version": FORMAT_VERSION, **asdict(self)}
        content["columns"] = [{"name": c.name, "type": c.type} for c in self.columns]
        return json.dumps(content, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parses the file's content.

        Raises:
            UnreadableError: It is no manifest, or one of a newer format.
        """
        try:
            content = json.loads(data)
            version = content["format_version"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UnreadableError(
                "expected a manifest in JSON with a format_version; "
                f"received {data[:40]!r}; delete the run or record it again"
            ) from error
        if version != FORMAT_VERSION:
            raise UnreadableError(
                f"expected a manifest of format version {FORMAT_VERSION}; received "
                f"version {version!r}; update tb-embed-plugin to read this run"
            )
        try:
            return cls._parse(content)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
            raise UnreadableError(
                f"expected a manifest as docs/run_format.md describes it; received one "
                f"that lacks or misuses {error}; record the run again"
            ) from error

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> Self:
        sprite, outputs = content["sprite"], content["outputs"]
        columns = tuple(
            ColumnInfo(_text(entry["name"]), _one_of(entry["type"], get_args(ColumnType)))
            for entry in content["columns"]
        )
        return cls(
            samples=_natural(content["samples"], at_least=1),
            fingerprint=_text(content["fingerprint"]),
            layers=tuple(
                Layer(_text(entry["name"]), _natural(entry["units"], at_least=1))
                for entry in content["layers"]
            ),
            steps=tuple(sorted((_step(entry) for entry in content["steps"]), key=_number)),
            columns=columns,
            sprite=None if sprite is None else _sprite(sprite),
            outputs=None if outputs is None else _outputs(outputs),
            recording=bool(content["recording"]),
            # Runs of the first releases have no such key.
            label=_one_of(content.get("label", ""), ("", None, *(c.name for c in columns))),
        )


def _number(step: Step) -> int:
    return step.step


def _step(entry: dict[str, Any]) -> Step:
    return Step(
        step=_natural(entry["step"]),
        unit=_one_of(entry["unit"], get_args(StepUnit)),
        epoch=_natural_or_none(entry["epoch"]),
        batch=_natural_or_none(entry["batch"]),
        wall_time=_finite(entry["wall_time"]),
        iterations=_natural_or_none(entry["iterations"]),
        not_finite=tuple(_text(name) for name in entry["not_finite"]),
        name=_text_or_none(entry.get("name")),  # older runs have no such key
    )


def _outputs(entry: dict[str, Any]) -> OutputsInfo:
    # Runs of the first releases have neither of the last two keys.
    head, names = entry.get("head"), entry.get("names")
    classes = _natural(entry["classes"], at_least=1)
    if names is not None and len(names) != classes:
        raise ValueError(f"{len(names)} names where those of {classes} classes go")
    return OutputsInfo(
        classes,
        _one_of(entry["kind"], get_args(OutputsKind)),
        None if head is None else _text(head),
        None if names is None else tuple(_text(name) for name in names),
    )


def _sprite(entry: dict[str, Any]) -> SpriteInfo:
    pages = entry.get("pages")  # runs of the first releases have no such key
    return SpriteInfo(
        cell=_cell(entry["cell"]),
        columns=_natural(entry["columns"], at_least=1),
        channels=_one_of(entry["channels"], (1, 3, 4)),
        pages=None if pages is None else _sprite_pages(pages),
    )


def _sprite_pages(entry: dict[str, Any]) -> SpritePages:
    return SpritePages(
        count=_natural(entry["count"], at_least=1),
        cell=_cell(entry["cell"]),
        columns=_natural(entry["columns"], at_least=1),
    )


def _cell(sides: Any) -> tuple[int, int]:
    width, height = sides
    return _natural(width, at_least=1), _natural(height, at_least=1)


def _natural(value: object, at_least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} where a whole number goes")
    if not at_least <= value <= _LARGEST:
        raise ValueError(f"{value!r} where a number from {at_least} to {_LARGEST} goes")
    return value


def _finite(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"{value!r} where a time in seconds goes")
    return number


def _natural_or_none(value: object) -> int | None:
    return None if value is None else _natural(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a string goes")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _one_of(value: Any, choices: tuple[Any, ...]) -> Any:
    if value not in choices:
        raise ValueError(f"{value!r} where one of {choices} goes")
    return value
