"""The route of guests: samples that were not recorded, placed by the models that were kept.

docs/http_api.md is the contract. No model runs here: `tb-embed place` has computed them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    found = [] if linear is None else list(_place(linear, kept, steps))
    # Others may be placed at any moment, which changes nothing of the run.
    return binary_answer(
        _encode(found, components),
        {"names": kept.names, "shown": linear is not None},
        version=None,
    )


@dataclass(frozen=True)
class _Placed:
    step: int
    frame: NDArray[np.float32]
    neighbors: NDArray[np.int32]


def _place(
    projector: LinearProjector, kept: KeptGuests, steps: Sequence[int]
) -> Iterator[_Placed]:
    """Yields guests step by step, so that the activations of one step at a time are held."""
    for step in steps if kept.names else ():
        found = kept.at(step)
        if found is not None:
            yield _Placed(step, projector.place(step, found.activations), found.neighbors)


def _encode(found: Sequence[_Placed], components: int) -> dict[str, NDArray[np.generic]]:
    none = _Placed(0, np.zeros((1, components), np.float32), np.zeros((1, 1), np.int32))
    filled = found or [none]
    frames = np.stack([one.frame for one in filled])[: len(found)]
    near = np.stack([one.neighbors for one in filled])[: len(found)]
    return {
        **wire.quantize(frames),
        "neighbors": near,
        "steps": np.array([one.step for one in found], np.int32),
    }
