"""New samples as guests of a run: each step's model computes them, the cache keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError, NotRecordedError
from tb_embed_plugin.jobs.kept_guests import (
    NEIGHBORS,
    GuestsAt,
    KeptGuests,
    check_number,
    check_room,
    new_placing,
)
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.local_paths import local_path
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.runs.kept_models import kept_pass, steps_with_models
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import listed


@dataclass(frozen=True)
class Placed:
    """What was placed.

    Attributes:
        guests: Number of new samples.
        layers: The layers among whose samples they lie.
        steps: The steps at which they lie there.
        without_model: The steps whose models were not kept.
    """

    guests: int
    layers: tuple[str, ...]
    steps: tuple[int, ...]
    without_model: tuple[int, ...]


def place(
    logdir: str | Path, run: str, inputs: Any, names: Sequence[str] | None = None
) -> Placed:
    """Places new samples among those of a run, at every step whose model was kept.

    They take the place of those that were placed before; the page shows them
    once it is loaded again. The models compute in this process.

    Args:
        logdir: TensorBoard's log directory.
        run: The run's name.
        inputs: As `x` of `EmbeddingCheckpoint`, prepared as the recorded samples were; at most
            1,000.
        names: What each is called; by default its number.

    Raises:
        MisuseError: The inputs do not fit the model or the names.
        NotRecordedError: There is no such run, or no model was kept with it.
        UnreadableError: A model cannot be loaded in Keras' safe mode.
        TooMuchAskedError: There are more than 1,000, or they would take more than a quarter of
            the cache.
        OSError: The cache cannot be written.
    """
    return place_in(open_kept(local_path(logdir, "logdir"), run), inputs, names)


def remove_guests(logdir: Path, run: str) -> None:
    """Removes the guests of a run.

    Raises:
        NotRecordedError: There is no such run.
    """
    found = Logdir(logdir, list).run(run)
    for layer in found.layers:
        KeptGuests(found, layer).forget()


def open_kept(logdir: Path, name: str) -> Run:
    """Returns a run with which a model was kept.

    Raises:
        NotRecordedError: There is no such run, or none was kept.
    """
    run = Logdir(logdir, list).run(name)
    if not steps_with_models(run):
        raise NotRecordedError(
            f"no model was kept with run {name!r}; record it with "
            "EmbeddingCheckpoint(..., keep_model=True)"
        )
    return run


def place_in(
    run: Run,
    inputs: Any,
    names: Sequence[str] | None,
    tell: Callable[[int], None] = lambda _: None,
) -> Placed:
    """Does what `place` does in a run that is open.

    Args:
        run: The run.
        inputs: The new samples.
        names: What each is called.
        tell: Told each step once it is computed.
    """
    # Keras and its backend take seconds to import.
    from tb_embed_plugin.recording.kept_model.kept_pass import activations_of
    from tb_embed_plugin.recording.samples.batched_inputs import read_inputs

    steps = steps_with_models(run)
    first = kept_pass(run, steps[0])
    called = _called(read_inputs(inputs, first.floatx).count, names)
    layers = [_Layer.of(run, name, steps) for name in first.pooling]
    check_room(len(called), [(layer.data.facts, len(layer.shown)) for layer in layers])
    placing = new_placing()
    for step in steps:
        found = activations_of(run, step, inputs)
        _check(found)
        for layer in layers:
            if step == steps[0]:
                layer.kept.forget()
            if step in layer.shown:
                layer.kept.keep_at(
                    step, _among(layer.data, step, found[layer.data.name]), placing
                )
        tell(step)
    for layer in layers:
        layer.kept.keep_names(called, placing)
    missing = [step for step in run.steps if step not in steps]
    return Placed(len(called), tuple(first.pooling), tuple(steps), tuple(missing))


@dataclass(frozen=True)
class _Layer:
    """A layer, its guests, and the steps with a model at which it is drawn."""

    data: LayerData
    kept: KeptGuests
    shown: frozenset[int]

    @classmethod
    def of(cls, run: Run, name: str, steps: Sequence[int]) -> _Layer:
        layer = run.layer(name)
        shown = frozenset(steps).intersection(layer.drawable)
        return cls(LayerData(run, name), KeptGuests(run, layer), shown)


def _among(layer: LayerData, step: int, rows: NDArray[np.float32]) -> GuestsAt:
    near = Space.of(layer.snapshot(step)).nearest_to(rows.astype(np.float64), NEIGHBORS)
    return GuestsAt(rows, layer.facts.shown[near.indices].astype(np.int32))


def _check(found: Mapping[str, NDArray[np.float32]]) -> None:
    broken = [name for name, rows in found.items() if not np.isfinite(rows).all()]
    if broken:
        raise MisuseError(
            f"the model yields NaN or infinity at {listed(broken)}, which has no place; leave "
            "those samples out"
        )


def _called(count: int, names: Sequence[str] | None) -> Sequence[str]:
    """Returns the name of each sample."""
    check_number(count)
    if names is None:
        return [str(number) for number in range(count)]
    if len(names) != count:
        raise MisuseError(
            f"names has {len(names)} entries but there are {count} new samples; pass one for "
            "each"
        )
    return names
