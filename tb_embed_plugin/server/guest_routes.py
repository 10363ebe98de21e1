"""The route of guests: samples that were not recorded, placed by the models that were kept.

docs/http_api.md is the contract. No model runs here: `tb-embed place` has computed them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.jobs.kept_guests import GuestsAt, KeptGuests
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
    there = {} if linear is None else _at(kept, steps)
    frames = (
        []
        if linear is None
        else [linear.place(step, found.activations) for step, found in there.items()]
    )
    # Others may be placed at any moment, which changes nothing of the run.
    return binary_answer(
        _encode(frames, there, components),
        {"names": kept.names, "shown": linear is not None},
        version=None,
    )


def _at(kept: KeptGuests, steps: Sequence[int]) -> dict[int, GuestsAt]:
    found = ((step, kept.at(step)) for step in (steps if kept.names else ()))
    return {step: guests for step, guests in found if guests is not None}


def _encode(
    frames: Sequence[NDArray[np.float32]], there: Mapping[int, GuestsAt], components: int
) -> dict[str, NDArray[np.generic]]:
    none = (np.zeros((0, 1, components), np.float32), np.zeros((0, 1, 1), np.int32))
    near = [guests.neighbors for guests in there.values()]
    return {
        **wire.quantize(np.stack(frames) if frames else none[0]),
        "neighbors": np.stack(near) if near else none[1],
        "steps": np.array(list(there), np.int32),
    }
