"""The list of runs as JSON; each is described once until it changes, and each step once.

A page polls the listing every few seconds; a thousand runs of fifty steps are megabytes, and
`Logdir` hands out the same object for a run until its files change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from weakref import WeakKeyDictionary

from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.label_column import label_reason
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.run import Run


class Listing:
    """Describes runs, and remembers the description of each."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Run | BrokenRun, tuple[int, bytes]] = WeakKeyDictionary()
        self._steps: WeakKeyDictionary[Step, str] = WeakKeyDictionary()

    def describe(
        self, runs: Iterable[Run | BrokenRun], problems: Sequence[str], unread: int
    ) -> bytes:
        """Returns the JSON of the route `runs`, see docs/http_api.md."""
        told = json.dumps(problems).encode()
        listed = b", ".join(map(self._one, runs))
        return b'{"runs": [%b], "problems": %b, "unread": %d}' % (listed, told, unread)

    def _one(self, run: Run | BrokenRun) -> bytes:
        revision = run.revision if isinstance(run, Run) else 0
        known = self._known.get(run)
        if known is not None and known[0] == revision:
            return known[1]
        # NaN is no JSON; a number that can be missing is null.
        rest = json.dumps(_describe(run), allow_nan=False).removesuffix("}")
        steps = ", ".join(map(self._step, run.step_facts if isinstance(run, Run) else ()))
        text = f'{rest}, "steps": [{steps}]}}'.encode()
        self._known[run] = (revision, text)
        return text

    def _step(self, step: Step) -> str:
        text = self._steps.get(step)
        if text is None:
            text = self._steps[step] = json.dumps(_describe_step(step), allow_nan=False)
        return text


def _describe(run: Run | BrokenRun) -> dict[str, Any]:
    if isinstance(run, BrokenRun):
        return {
            "run": run.name,
            "source": "tb_embed",
            "recording": False,
            "layers": [],
            "superseded": 0,
            "all_steps": None,
            "phases": [],
            "problems": [run.problem],
        }
    return {
        "run": run.name,
        "source": run.writer,
        "recording": run.recording,
        "layers": [_describe_layer(run, layer) for layer in run.layers],
        "superseded": run.superseded,
        "all_steps": None if run.with_superseded is None else run.with_superseded.name,
        "phases": [
            {"kind": phase.kind, "step": phase.step, "wall_time": phase.wall_time}
            for phase in run.phases
        ],
        "problems": run.problems,
    }


def _describe_layer(run: Run, layer: LayerFacts) -> dict[str, Any]:
    return {
        "name": layer.name,
        "samples": layer.samples,
        "units": layer.units,
        "steps": layer.drawable,
        "hidden": layer.hidden,
        "version": run.layer_version(layer.name),
        "columns": [asdict(column) for column in layer.columns],
        "label": layer.label,
        "label_reason": label_reason(layer.label, layer.columns),
        "notes": layer.notes,
        "sprite": layer.sprite and asdict(layer.sprite),
        "fingerprint": layer.fingerprint,
        "samples_version": layer.samples_version,
    }


def _describe_step(step: Step) -> dict[str, Any]:
    return {
        "step": step.step,
        "unit": step.unit,
        "epoch": step.epoch,
        "batch": step.batch,
        "wall_time": step.wall_time,
        "iterations": step.iterations,
        "not_finite": step.not_finite,
        "name": step.name,
        "end": step.end,
        "phase": step.phase,
        "superseded": step.superseded,
    }
