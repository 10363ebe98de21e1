"""What a worker is told to do, as data that fits into a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["layout", "quality"]
"""`layout`: the frames of an iterative engine and their quality; `quality`: that alone."""


@dataclass(frozen=True)
class Task:
    """One job of a worker.

    Attributes:
        kind: What is wanted.
        logdir: TensorBoard's log directory.
        run: The run below it.
        layer: Name of the layer.
        engine: Name of the engine.
        components: Coordinates of a sample.
        settings: The engine's, complete and checked.
        steps: The steps wanted.
        order: Which frame is laid out first, `backwards` or `outwards` (`sequence.order`).
    """

    kind: Kind
    logdir: str
    run: str
    layer: str
    engine: str
    components: int
    settings: Mapping[str, int | float | str | bool]
    steps: tuple[int, ...]
    order: Literal["backwards", "outwards"]

    def to_line(self) -> str:
        """Returns the task as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Task:
        """Returns the task that a line of JSON describes, as `to_line` made it."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**(fields | {"steps": tuple(fields["steps"])}))
