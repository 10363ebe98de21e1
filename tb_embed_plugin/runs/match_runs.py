"""The samples and the steps that two runs share.

Nothing is guessed: runs match by what they say of themselves, or are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.runs.run import Run

ID_COLUMN = "id"
"""The column that names a sample wherever it was recorded. `index`, which counts the rows of
what was given to the callback, says nothing of another training's data."""

StepRule = Literal["epoch", "step", "last"]


@dataclass(frozen=True)
class SampleMatch:
    """The samples that two layers share.

    Attributes:
        by: What says so.
        rows: Their rows in the one layer, int64 (n_shared,); None where all rows are the same.
        onto_rows: Their rows in the other.
    """

    by: Literal["fingerprint", "id"]
    rows: NDArray[np.int64] | None = None
    onto_rows: NDArray[np.int64] | None = None


def match_samples(run: Run, layer: str, onto: Run, onto_layer: str) -> SampleMatch:
    """Returns the samples that a layer of one run shares with a layer of another.

    Raises:
        NotRecordedError: There is no such layer.
        UnsuitableDataError: Their fingerprints differ, and no column `id` names each sample
            of both once, or those share none.
        UnreadableError: A run's metadata is damaged.
    """
    if run.layer(layer).fingerprint == onto.layer(onto_layer).fingerprint:
        return SampleMatch("fingerprint")
    rows, onto_rows = _rows_by_id(run, layer), _rows_by_id(onto, onto_layer)
    shared = [name for name in onto_rows if name in rows]
    if not shared:
        raise UnsuitableDataError(
            f"no {ID_COLUMN} of {run.name!r} occurs in {onto.name!r}; record both over the "
            "same samples"
        )
    return SampleMatch(
        "id",
        np.array([rows[name] for name in shared], np.int64),
        np.array([onto_rows[name] for name in shared], np.int64),
    )


def match_steps(
    run: Run, layer: str, onto: Run, onto_layer: str, rule: StepRule
) -> list[tuple[int, int]]:
    """Returns the drawable steps that belong together, `(step, onto_step)`, ascending.

    Args:
        run: The one run.
        layer: One of its layers, with a drawable step.
        onto: The other run.
        onto_layer: One of its layers, with a drawable step.
        rule: `epoch`: both at the end of the same epoch; `step`: of the same number; `last`:
            the last of both alone.

    Raises:
        NotRecordedError: There is no such layer.
        UnsuitableDataError: No two belong together.
    """
    steps, onto_steps = run.layer(layer).drawable, onto.layer(onto_layer).drawable
    if rule == "last":
        return [(max(steps), max(onto_steps))]
    keys, onto_keys = _keys(run, steps, rule), _keys(onto, onto_steps, rule)
    pairs = sorted((keys[key], onto_keys[key]) for key in keys if key in onto_keys)
    if not pairs:
        raise UnsuitableDataError(
            f"{run.name!r} has {_summary(keys)} and {onto.name!r} has "
            f"{_summary(onto_keys)}, so no {rule} is common; match them by "
            f"{'step' if rule == 'epoch' else 'epoch'}, or by last"
        )
    return pairs


def _rows_by_id(run: Run, layer: str) -> dict[str, int]:
    cells = next((c.cells for c in run.columns(layer) if c.name == ID_COLUMN), None)
    if cells is None or "" in cells or len(set(cells)) < len(cells):
        what = (
            f"no column {ID_COLUMN!r}"
            if cells is None
            else f"a column {ID_COLUMN!r} with missing or repeated values"
        )
        raise UnsuitableDataError(
            f"run {run.name!r} has other samples and {what}; record both over the same "
            f"samples, or with a column {ID_COLUMN!r} that names each sample once"
        )
    return {cell: row for row, cell in enumerate(cells)}


def _keys(run: Run, steps: Sequence[int], rule: StepRule) -> dict[int, int]:
    """Returns the steps by what matches them."""
    if rule == "step":
        return {step: step for step in steps}
    wanted = set(steps)
    return {
        facts.epoch: facts.step
        for facts in run.step_facts
        if facts.step in wanted and facts.epoch is not None and facts.batch is None
    }


def _summary(keys: dict[int, int]) -> str:
    if not keys:
        return "none"
    return str(sorted(keys)) if len(keys) <= 12 else f"{min(keys)} to {max(keys)}"
