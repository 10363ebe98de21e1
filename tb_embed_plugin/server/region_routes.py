"""The route of decision regions: where the model decides for which class.

docs/http_api.md is the contract.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.measure import LayerMeasures
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.server.response import Answer, Service, binary_answer, bound
from tb_embed_plugin.view_arguments import read_view
from tb_embed_plugin.views import View


def regions(service: Service, arguments: Arguments) -> Answer:
    """Answers the model's logits on the plane of a linear view, which are affine there."""
    view = read_view(service.logdir, arguments)
    facts = view.source.facts
    steps = arguments.members("steps", facts.drawable)
    planes = []
    for step in steps:
        planes.append(service.frames.logits_on_plane(view, step))
        bound(len(steps) * planes[0].nbytes, "steps")
    tensors: dict[str, NDArray[Any]] = {
        "logits": np.stack(planes),
        "steps": np.array(steps, np.int32),
    }
    info = _describe(service, arguments, view, len(planes[0]))
    return binary_answer(tensors, info, view.source.run.layer_version(facts.name))


def _describe(
    service: Service, arguments: Arguments, view: View, n_classes: int
) -> dict[str, Any]:
    """Returns which class each of the logits is of, its number where that is not known."""
    run, layer = view.source.run, view.source.layer
    measures = LayerMeasures(run, layer, service.measured, arguments.label())
    labels = measures.labels
    names = labels.names if labels.are_outputs else [""] * n_classes
    classes = [name or str(number) for number, name in enumerate(names)]
    return {"label": measures.label, "classes": classes}
