"""The manifest of a run: what TensorFlow's own files cannot say.

It is written last of all files of a snapshot, so whatever it lists is complete on disk. It
names no paths: every file name follows from `metadata.py`, so a manifest cannot point a
reader outside of its run.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import Any, Literal, Self, get_args

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import (
    FORMAT_VERSION,
    OWN_CHECKPOINT_FOLDER,
    READABLE_VERSIONS,
    OutputsKind,
    checkpoint_name,
)
from tb_embed_plugin.runs.json_fields import natural, one_of, text
from tb_embed_plugin.runs.steps import LeftOut, Phase, Step, left_out_of, phase_of, steps_of

__all__ = ["ColumnInfo", "Layer", "Manifest", "OutputsInfo", "Phase", "SpriteInfo", "Step"]

MAX_MANIFEST_BYTES = 16 << 20
"""Some 50,000 snapshots; larger ones are not read."""

LARGE_MANIFEST = "record fewer snapshots into one run"
"""What to do about a larger one."""

ColumnType = Literal["category", "number", "date", "text"]


@dataclass(frozen=True)
class Layer:
    """One recorded tensor name and the width of its snapshots."""

    name: str
    units: int


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
        channels: 1 gray, 3 RGB, 4 RGBA.
        pages: Where the thumbnails stand in full size, None where the sheet has them so.
        scaling: How the samples' values were made pixels, in words; empty where they were
            pixels.
    """

    cell: tuple[int, int]
    columns: int
    channels: int
    pages: SpritePages | None = None
    scaling: str = ""


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
        phases: What happened to the training, in order.
        apart: Whether the checkpoints lie in a folder of their own, because others' do in
            the run's.
        left_out: Steps that are missing, since a worker recorded no part of them.
        attempt: The nonce of the training whose parts were joined into it last, None where
            one process alone recorded it.
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
    phases: tuple[Phase, ...] = ()
    apart: bool = False
    left_out: tuple[LeftOut, ...] = ()
    attempt: str | None = None

    @property
    def live_steps(self) -> tuple[Step, ...]:
        """The snapshots of the training as it went on, without the superseded ones."""
        return tuple(s for s in self.steps if not s.superseded)

    @property
    def newest_live(self) -> Step | None:
        """The last of these, None where there is none."""
        return next((s for s in reversed(self.steps) if not s.superseded), None)

    def checkpoint(self, step: int) -> str:
        """Returns the file name prefix of a step's checkpoint, relative to the run."""
        name = checkpoint_name(step)
        return f"{OWN_CHECKPOINT_FOLDER}/{name}" if self.apart else name

    def with_step(self, step: Step) -> Self:
        """Returns the manifest with `step` added, in place of one of the same number."""
        place = bisect_left(self.steps, step.step, key=attrgetter("step"))
        rest = self.steps[place:]
        if rest and rest[0].step == step.step:
            rest = rest[1:]
        left_out = tuple(one for one in self.left_out if one.step != step.step)
        return replace(self, steps=(*self.steps[:place], step, *rest), left_out=left_out)

    def to_json(self) -> bytes:
        """Returns the file's content."""
        content = {"format_version": FORMAT_VERSION, **asdict(replace(self, steps=()))}
        content["columns"] = [{"name": c.name, "type": c.type} for c in self.columns]
        del content["steps"]
        head = json.dumps(content, indent=1, ensure_ascii=False).removesuffix("\n}").encode()
        if not self.steps:
            return head + b',\n "steps": []\n}'
        # One join of all: of a long run's megabytes each further copy costs as much again.
        entries = [step.json for step in self.steps]
        entries[0] = head + b',\n "steps": [\n  ' + entries[0]
        entries[-1] += b"]\n}"
        return b",\n  ".join(entries)

    @classmethod
    def from_json(cls, data: bytes, known: Sequence[Step] = ()) -> Self:
        """Parses the file's content.

        Args:
            data: The content.
            known: Steps of an earlier version; those that are the same are taken as they are,
                with what was made of them.

        Raises:
            UnreadableError: It is no manifest, or one of a newer format.
        """
        try:
            content = json.loads(data)
            version = content["format_version"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UnreadableError(
                "the manifest is not JSON with a format_version but begins with "
                f"{data[:40]!r}; delete the run or record it again"
            ) from error
        if version not in READABLE_VERSIONS:
            raise UnreadableError(
                f"the manifest has format version {version!r}, but this tb-embed-plugin "
                f"reads version {FORMAT_VERSION}; update tb-embed-plugin to read this run"
            )
        try:
            return cls._parse(content, known)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
            raise UnreadableError(
                f"the manifest lacks or misuses {error} (see docs/run_format.md); record "
                "the run again"
            ) from error

    @classmethod
    def _parse(cls, content: dict[str, Any], known: Sequence[Step]) -> Self:
        sprite, outputs = content["sprite"], content["outputs"]
        columns = tuple(
            ColumnInfo(text(entry["name"]), one_of(entry["type"], get_args(ColumnType)))
            for entry in content["columns"]
        )
        return cls(
            samples=natural(content["samples"], at_least=1),
            fingerprint=text(content["fingerprint"]),
            layers=tuple(
                Layer(text(entry["name"]), natural(entry["units"], at_least=1))
                for entry in content["layers"]
            ),
            steps=steps_of(content["steps"], known),
            columns=columns,
            sprite=None if sprite is None else _sprite(sprite),
            outputs=None if outputs is None else _outputs(outputs),
            recording=bool(content["recording"]),
            # Runs of the first releases have no such key.
            label=one_of(content.get("label", ""), ("", None, *(c.name for c in columns))),
            phases=tuple(phase_of(entry) for entry in content.get("phases", ())),
            apart=bool(content.get("apart", False)),
            left_out=tuple(left_out_of(entry) for entry in content.get("left_out", ())),
            attempt=None if content.get("attempt") is None else text(content["attempt"]),
        )


def _outputs(entry: dict[str, Any]) -> OutputsInfo:
    # Runs of the first releases have neither of the last two keys.
    head, names = entry.get("head"), entry.get("names")
    classes = natural(entry["classes"], at_least=1)
    if names is not None and len(names) != classes:
        raise ValueError(f"{len(names)} names where those of {classes} classes go")
    return OutputsInfo(
        classes,
        one_of(entry["kind"], get_args(OutputsKind)),
        None if head is None else text(head),
        None if names is None else tuple(text(name) for name in names),
    )


def _sprite(entry: dict[str, Any]) -> SpriteInfo:
    pages = entry.get("pages")  # runs of the first releases have no such key
    return SpriteInfo(
        cell=_cell(entry["cell"]),
        columns=natural(entry["columns"], at_least=1),
        channels=one_of(entry["channels"], (1, 3, 4)),
        pages=None if pages is None else _sprite_pages(pages),
        scaling=text(entry.get("scaling", "")),
    )


def _sprite_pages(entry: dict[str, Any]) -> SpritePages:
    return SpritePages(
        count=natural(entry["count"], at_least=1),
        cell=_cell(entry["cell"]),
        columns=natural(entry["columns"], at_least=1),
    )


def _cell(sides: Any) -> tuple[int, int]:
    width, height = sides
    return natural(width, at_least=1), natural(height, at_least=1)
