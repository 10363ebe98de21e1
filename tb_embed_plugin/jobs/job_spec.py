"""What a worker is told to do, as data that fits into a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class JobSpec:
    """One job of a worker: the frames of an engine that iterates, and their quality.

    Of a linear engine it is the quality alone, since its frames are no cost.

    Attributes:
        roots: TensorBoard's log directories, each its path and what its runs' names begin with.
        run: Name of the run.
        layer: Name of the layer.
        engine: Name of the engine.
        components: Coordinates of a sample.
        settings: The engine's, complete and checked; of a linear one also the other arguments
            that say what it shows.
        steps: The steps wanted.
        order: Which frame is laid out first, `backwards` or `outwards` (`sequence.order`).
        label: The column by which label accuracy is measured, None for no label.
    """

    roots: tuple[tuple[str, str], ...]
    run: str
    layer: str
    engine: str
    components: int
    settings: Mapping[str, int | float | str | bool]
    steps: tuple[int, ...]
    order: Literal["backwards", "outwards"]
    label: str | None

    def to_line(self) -> str:
        """Returns the job as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> JobSpec:
        """Returns the job that a line of JSON describes, as `to_line` made it."""
        fields: dict[str, Any] = json.loads(line)
        roots = tuple((path, name) for path, name in fields["roots"])
        return cls(**(fields | {"roots": roots, "steps": tuple(fields["steps"])}))
