"""A run and a layer as a program reads them: docs/json_output.md is the contract."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.missing import why_unranked
from tb_embed_plugin.commands.reporting.view_address import view_address
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.warning_rules import WARNING_RULES
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run


def described_run(name: str, run: Run | None, url: str) -> dict[str, Any]:
    """Returns what a run holds; of one that cannot be read, None, nothing but its name."""
    return {
        "run": name,
        "writer": None if run is None else run.writer,
        "recording": None if run is None else run.recording,
        "step_unit": None if run is None else run.step_unit,
        "steps": [] if run is None else run.steps,
        "layers": [] if run is None else [_described_facts(layer) for layer in run.layers],
        "link": view_address(name, url=url)[0],
    }


def described_layer(measures: LayerMetrics, label: str | None, url: str) -> dict[str, Any]:
    """Returns what of a layer is measured.

    Args:
        measures: The layer's.
        label: The column that was asked for as the label, None for the layer's own.
        url: TensorBoard's address, or empty.
    """
    run, layer = measures.run, measures.facts
    return {
        "run": run.name,
        "layer": layer.name,
        "label": measures.label,
        "samples": layer.samples,
        "samples_measured": len(measures.samples),
        "units": layer.units,
        "step_unit": run.step_unit,
        "steps": measures.steps,
        "trained": measures.trained,
        "link": view_address(run.name, layer.name, label=label, url=url)[0],
    }


def not_judged(measures: LayerMetrics, judged: Collection[str]) -> list[dict[str, str]]:
    """Returns the rules that could not be applied to a layer, each with the reason."""
    if not measures.trained:
        titles = {name: rule.title for name, rule in WARNING_RULES.items()}
        titles |= {name: rule.title for name, rule in RULES.items()}
        reasons = {
            name: f"{title} needs a snapshot after the training began"
            for name, title in titles.items()
        }
    else:
        samples = len(measures.samples)
        reasons = {
            name: f"{rule.title} needs {rule.least_samples} samples, but {samples} are measured"
            for name, rule in WARNING_RULES.items()
            if samples < rule.least_samples
        } | {
            name: why_unranked(measures, name, rule.title)
            for name, rule in RULES.items()
            if name not in judged
        }
    return [{"rule": name, "sentence": reason} for name, reason in reasons.items()]


def _described_facts(layer: LayerFacts) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "samples": layer.samples,
        "units": layer.units,
        "label": layer.label,
        "steps": list(layer.steps),
        "notes": list(layer.notes),
    }
