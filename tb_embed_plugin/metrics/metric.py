"""The description of a metric: its name, title, unit and meaning, and what measures it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tb_embed_plugin.metrics.step_data import StepData


@dataclass(frozen=True)
class Metric:
    """One kind of number.

    Attributes:
        name: How programs call it.
        title: How people call it.
        unit: What 1 of it is; empty for a bare number.
        meaning: One sentence.
    """

    name: str
    title: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Measurement:
    """Metrics of a step that are measured together.

    Attributes:
        metrics: What they are.
        measure: Returns their values by name; what is undefined is NaN or left out.
    """

    metrics: tuple[Metric, ...]
    measure: Callable[[StepData], Mapping[str, float]]


@dataclass(frozen=True)
class SampleMetric(Metric):
    """One kind of number that each sample has, and how it can be shown.

    Attributes:
        kind: "class" for the place of a class, "share" for what lies between 0 and 1, "truth"
            for 0 or 1, else "number".
        over_run: One number over the whole run; else one a step.
        needs_outputs: It is computed from the model's outputs.
        needs_label: It is computed from the labels.
        words: What 0 and 1 of a truth mean; empty of all others.
    """

    kind: Literal["class", "share", "number", "truth"] = "number"
    over_run: bool = False
    needs_outputs: bool = False
    needs_label: bool = False
    words: tuple[str, ...] = ()
