"""The route of decision regions: where the model decides for which class.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.projection_arguments import read_projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.server.response import Answer, Service, binary_answer, bound


def regions(service: Service, arguments: Arguments) -> Answer:
    """Answers the model's logits on the plane of a linear projection, affine there."""
    asked = read_projection(service.logdir, arguments, engines.LINEAR)
    projector = LinearProjector(asked, service.logdir, service.computed)
    steps = arguments.members("steps", projector.layer.facts.drawable)
    planes = []
    for step in steps:
        planes.append(projector.logits_on_plane(step))
        bound(len(steps) * planes[0].nbytes, "steps")
    tensors: dict[str, NDArray[Any]] = {
        "logits": np.stack(planes),
        "steps": np.array(steps, np.int32),
    }
    info = _describe(service, arguments, projector.layer, len(planes[0]))
    return binary_answer(tensors, info, projector.layer.version)


def _describe(
    service: Service, arguments: Arguments, layer: LayerData, n_classes: int
) -> dict[str, Any]:
    """Returns which class each of the logits is of, its number where that is not known."""
    measures = LayerMetrics(layer.run, layer.name, service.metrics_cache, arguments.label())
    labels = measures.labels
    names = labels.names if labels.are_outputs else [""] * n_classes
    classes = [name or str(number) for number, name in enumerate(names)]
    return {"label": measures.label, "classes": classes}
