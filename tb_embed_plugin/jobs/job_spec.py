"""The specification of a worker's job, as data that fits into a line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from tb_embed_plugin.projection import Projection


@dataclass(frozen=True)
class JobSpec:
    """One job of a worker: the frames of an engine that iterates, and their quality.

    Of a linear engine it is the quality alone, since its frames are no cost.

    Attributes:
        roots: TensorBoard's log directories, each its path and what its runs' names begin with.
        projection: What is laid out and measured.
        steps: The steps wanted.
        order: Which frame is laid out first, `backwards` or `outwards` (`sequence.order`).
        label: The column by which label accuracy is measured, None for no label.
    """

    roots: tuple[tuple[str, str], ...]
    projection: Projection
    steps: tuple[int, ...]
    order: Literal["backwards", "outwards"]
    label: str | None

    def to_line(self) -> str:
        """Returns the job as a line of JSON."""
        return json.dumps({**vars(self), "projection": self.projection.to_json()}) + "\n"

    @classmethod
    def from_line(cls, line: str) -> JobSpec:
        """Returns the job that a line of JSON describes, as `to_line` made it."""
        fields: dict[str, Any] = json.loads(line)
        return cls(
            roots=tuple((path, name) for path, name in fields["roots"]),
            projection=Projection.from_json(fields["projection"]),
            steps=tuple(fields["steps"]),
            order=fields["order"],
            label=fields["label"],
        )
