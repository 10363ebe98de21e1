"""Quality of a layout's frames: the numbers kept beside them, and a summary in words.

What measures them (`measure_quality`) is a worker's business and slow to import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, get_args

from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.time_estimate import JobSize
from tb_embed_plugin.runs.run import short_hash

VERSION = 3
"""Raised when the same frame would be measured otherwise; part of the records' names."""

AT_FLOOR = 1.5
"""Motion of at most so many times the engine's own is taken for the engine's own."""

FAITHFUL = 0.3
"""Below this rank correlation with the motion in the layer, motion on screen tells nothing."""

FRAME_NUMBERS = ("trustworthiness", "continuity", "neighbors_kept")
PLACED_NUMBERS = ("placed_trustworthiness", "placed_neighbors_kept")
"""Of the samples that were placed among landmarks alone; nothing where all were laid out."""

LABEL_NUMBERS = ("label_accuracy",)
MOTION_NUMBERS = ("motion", "motion_p95", "motion_fidelity")
NUMBERS = (
    "variance_shown",
    *FRAME_NUMBERS,
    *PLACED_NUMBERS,
    *LABEL_NUMBERS,
    *MOTION_NUMBERS,
)
"""All numbers of a frame; the first is known of linear frames alone."""

REASONS = {
    "too_few": "too few samples to judge neighborhoods",
    "alike": "too many identical samples to judge neighborhoods",
}
"""Why there are no numbers of a frame that was measured, in words."""

_FLOOR = "floor"

Numbers = dict[str, float | None]

Kind = Literal["frame", "motion", "label"]
"""What is measured of a step: what its frame keeps, the motion to it, how it tells labels."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class QualityRecords:
    """The records of a layout's quality.

    Attributes:
        layout: The layout.
        digests: Its snapshots' digests by step; only of those there can be records.
        label: The column by which label accuracy is measured, None for no label.
    """

    layout: LayoutCache
    digests: Mapping[int, str]
    label: str | None

    def of_frame(self, step: int) -> Numbers | None:
        """Returns what a frame keeps, None where it was not measured."""
        return self._read(self._frame_name(step), FRAME_NUMBERS)

    def of_placed(self, step: int) -> Numbers | None:
        """Returns what a frame keeps of those that were placed, None where there are none."""
        return self._read(self._frame_name(step), PLACED_NUMBERS)

    def of_label(self, step: int) -> Numbers | None:
        """Returns how well a frame tells the label, None where it was not measured."""
        return self._read(self._label_name(step), LABEL_NUMBERS)

    def reason(self, step: int) -> str | None:
        """Returns why there are no numbers of a frame that was measured, None where not."""
        record = self.layout.cache.record(self.layout.name, self._frame_name(step))
        return REASONS.get(str(record.get("reason")))

    def of_motion(self, step: int) -> Numbers | None:
        """Returns how samples move from the step before to this one, None as above."""
        return self._read(self._motion_name(step), MOTION_NUMBERS)

    def of_frames(self, steps: Sequence[int]) -> list[dict[str, Any]]:
        """Returns the numbers of frames with their steps, None where one was not measured."""
        nothing: Numbers = dict.fromkeys(NUMBERS)
        return [
            {
                "step": step,
                **nothing,
                **(self.of_frame(step) or {}),
                **(self.of_placed(step) or {}),
                **(self.of_label(step) or {}),
                **(self.of_motion(step) or {}),
                "reason": self.reason(step),
            }
            for step in steps
        ]

    def floor(self) -> Numbers | None:
        """Returns how far the engine moves samples where nothing has changed, None as above."""
        return self._read(_FLOOR, ("motion", "motion_p95"))

    def lacks_floor(self) -> bool:
        """Whether the engine's own motion is still to be measured; linear ones have none."""
        return self.layout.is_iterative and self.floor() is None

    def before(self, step: int) -> int | None:
        """Returns the step before among those of the layout."""
        steps = self.layout.steps
        at = steps.index(step)
        return steps[at - 1] if at else None

    def missing(self, steps: Sequence[int]) -> list[int]:
        """Returns those of `steps` that were not measured, the last one first."""
        return [step for step in reversed(steps) if self.missing_of(step)]

    def missing_of(self, step: int) -> list[Kind]:
        """Returns what was not measured of a step."""
        missing: dict[Kind, bool] = {
            "frame": self.of_frame(step) is None,
            "motion": self.before(step) is not None and self.of_motion(step) is None,
            "label": self.label is not None and self.of_label(step) is None,
        }
        return [kind for kind in KINDS if missing[kind]]

    def keep_frame(self, step: int, numbers: Numbers, reason: str = "") -> None:
        """Keeps what a frame keeps, and why it is nothing, one of `REASONS`.

        Raises:
            OSError: The cache cannot be written.
        """
        self._keep(self._frame_name(step), {**numbers, "reason": reason})

    def keep_label(self, step: int, numbers: Numbers) -> None:
        """Keeps how well a frame tells the label.

        Raises:
            OSError: The cache cannot be written.
        """
        self._keep(self._label_name(step), numbers)

    def keep_motion(self, step: int, numbers: Numbers) -> None:
        """Keeps how samples move from the step before to this one.

        Raises:
            OSError: The cache cannot be written.
        """
        self._keep(self._motion_name(step), numbers)

    def keep_floor(self, numbers: Numbers) -> None:
        """Keeps how far the engine moves samples where nothing has changed.

        Raises:
            OSError: The cache cannot be written.
        """
        self._keep(_FLOOR, numbers)

    def _frame_name(self, step: int) -> str:
        return f"{self.digests.get(step)}-quality-{VERSION}"

    def _label_name(self, step: int) -> str:
        column = short_hash(self.label, self.layout.layer.samples_version)
        return f"{self.digests.get(step)}-label-{VERSION}-{column}"

    def _motion_name(self, step: int) -> str:
        before = self.before(step)
        from_ = None if before is None else self.digests.get(before)
        return f"{self.digests.get(step)}-motion-{VERSION}-{from_}"

    def _read(self, name: str, numbers: Sequence[str]) -> Numbers | None:
        record = self.layout.cache.record(self.layout.name, name)
        if not all(_is_number(record.get(key, "missing")) for key in numbers):
            return None
        return {key: record[key] for key in numbers}

    def _keep(self, name: str, numbers: Mapping[str, float | str | None]) -> None:
        self.layout.cache.keep_record(self.layout.name, name, numbers)


def work_left(layout: LayoutCache, label: str | None) -> JobSize:
    """Returns how much is left to do of a layout, by a label column or none."""
    finished = layout.finished()
    measures = QualityRecords(layout, layout.known_digests(), label)
    return JobSize(
        engine=layout.engine,
        samples=layout.layer.samples,
        units=layout.layer.units,
        frames=len(layout.steps) - len(finished) if layout.is_iterative else 0,
        from_nothing=not finished,
        measures=len(measures.missing(layout.steps)) + measures.lacks_floor(),
        refine=int(layout.settings.get("refine", 0)),
        landmarks=layout.landmark_count,
    )


def words(frames: Sequence[Mapping[str, Any]]) -> str:
    """Returns the quality of a layout in a few plain words, none where it was not measured."""
    kept = _known(frames, "neighbors_kept")
    if not kept:
        reasons = [reason for frame in frames if (reason := frame.get("reason"))]
        return str(reasons[-1]) if reasons else ""
    said = f"{100 * median(kept):.0f} % of nearest neighbors preserved"
    fidelity = _known(frames, "motion_fidelity")
    if not fidelity:
        return said
    if median(fidelity) < FAITHFUL:
        return f"{said}, movement: within noise"
    return f"{said}, movement matches the layer's (rank correlation {median(fidelity):.2f})"


def warning(
    frames: Sequence[Mapping[str, Any]], floor: float | None, engine: str, step_unit: str
) -> str | None:
    """Returns a warning where samples move no further than the engine moves them by itself.

    Args:
        frames: The frames' numbers, each with its `step`.
        floor: The engine's own motion, None where there is none or it is not known.
        engine: The engine's title.
        step_unit: The word for a step, such as `epoch`.
    """
    if floor is None:
        return None
    limit = AT_FLOOR * floor
    moving = [f for f in frames if f.get("motion") is not None]
    still = [f["step"] for f in moving if f["motion"] <= limit]
    if not still:
        return None
    which = (
        f"every {step_unit}"
        if len(still) == len(moving)
        else f"{len(still)} of {len(moving)} {step_unit}s"
    )
    return (
        f"At {which} the movement is too small to tell from {engine}'s own noise "
        f"({100 * floor:.1f} % of the cloud's radius)."
    )


def _known(frames: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [value for frame in frames if (value := frame.get(name)) is not None]


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)
