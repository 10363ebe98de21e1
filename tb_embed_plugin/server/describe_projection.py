"""The description of a projection beside its frames: axes, settings, alignment."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.jobs.projector import Projector
from tb_embed_plugin.linear_projection import AlignedLayer, LayerData
from tb_embed_plugin.runs.match_runs import StepRule


def describe(projector: Projector) -> dict[str, Any]:
    """Returns what a projection is, as answers say it."""
    content = {
        "engine": projector.projection.engine,
        "components": projector.projection.components,
        "hidden": projector.layer.facts.hidden,
    }
    if isinstance(projector, LinearProjector):
        return content | _describe_axes(projector) | _describe_alignment(projector)
    return content | {
        "settings": dict(projector.projection.settings),
        "landmarks": projector.cache.landmark_count,
    }


def _describe_axes(projector: LinearProjector) -> dict[str, Any]:
    basis, projection = projector.basis, projector.projection
    # Where the samples are all alike there is nothing to share.
    differ = basis.total_variance > 0
    return {
        "basis_steps": projection.basis_steps,
        "leading": min(basis.leading, projection.components),
        "variance": basis.shares(projection.components).tolist() if differ else None,
        "label": projection.class_column,
        "unit": basis.unit,
    }


def _describe_alignment(projector: LinearProjector) -> dict[str, Any]:
    onto, aligned = projector.projection.aligned_to, projector.aligned
    if onto is None or aligned is None:
        return {}
    return {"onto": _describe_onto(projector.layer, projector.home, onto.match, aligned)}


def _describe_onto(
    layer: LayerData, home: LayerData, match: StepRule, aligned: AlignedLayer
) -> dict[str, Any]:
    found, rows = aligned.alignment, aligned.samples.rows
    n_samples = layer.facts.samples if rows is None else len(rows)
    there = f"{home.name} of {home.run.name}"
    units = layer.facts.units, home.facts.units
    if found.method == "procrustes":
        how = f"rotated onto {there} in {units[0]} dimensions"
    else:
        how = (
            f"mapped onto {there} through {found.dimensions} shared dimensions of "
            f"{units[0]} and {units[1]}"
        )
    warning = ""
    if n_samples <= max(units):
        warning = (
            f" {n_samples} samples in {max(units)} dimensions can be aligned to any "
            "others, so the residual says little."
        )
    return {
        "run": home.run.name,
        "layer": home.name,
        "match": match,
        "samples": n_samples,
        "samples_by": aligned.samples.by,
        "method": found.method,
        "dimensions": found.dimensions,
        "correlations": None if found.correlations is None else found.correlations.tolist(),
        "steps": [asdict(step) for step in found.steps],
        "sentence": f"{layer.name} of {layer.run.name} is {how}."
        f"{_distance(layer, aligned)}{warning}",
    }


def _distance(layer: LayerData, aligned: AlignedLayer) -> str:
    last = aligned.alignment.steps[-1]
    if last.residual is None or last.cka is None:
        return ""
    return (
        f" At {layer.run.step_words(last.step)} it then differs by "
        f"{100 * last.residual:.0f} % of that layer's size; CKA {last.cka:.2f}."
    )
