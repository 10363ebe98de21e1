"""The route of guests: samples that were not recorded, placed by the models that were kept.

docs/http_api.md is the contract. No model runs here: `tb-embed place` has computed them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.jobs.kept_guests import KeptGuests
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.jobs.projector import read_projector
from tb_embed_plugin.server.response import Answer, Service, binary_answer, bound


def guests(service: Service, arguments: Arguments) -> Answer:
    """Answers where guests lie in the frames of some steps, as `projection` answers samples."""
    projector = read_projector(service.logdir, arguments, service.computed)
    steps = arguments.members("steps", projector.cache.steps)
    kept = KeptGuests(projector.layer.run, projector.layer.facts)
    components = projector.projection.components
    bound(len(steps) * len(kept.names) * components * 2, "steps")
    linear = projector if isinstance(projector, LinearProjector) else None
    frames = {} if linear is None else _place(linear, kept, steps)
    # Others may be placed at any moment, which changes nothing of the run.
    return binary_answer(
        _encode(frames, components),
        {"names": kept.names, "shown": linear is not None},
        version=None,
    )


def _place(
    projector: LinearProjector, kept: KeptGuests, steps: Sequence[int]
) -> dict[int, NDArray[np.float32]]:
    rows = ((step, kept.rows(step)) for step in (steps if kept.names else ()))
    return {step: projector.place(step, new) for step, new in rows if new is not None}


def _encode(
    frames: dict[int, NDArray[np.float32]], components: int
) -> dict[str, NDArray[np.generic]]:
    found = list(frames.values())
    stacked = np.stack(found) if found else np.zeros((0, 1, components), np.float32)
    return {**wire.quantize(stacked), "steps": np.array(list(frames), np.int32)}
