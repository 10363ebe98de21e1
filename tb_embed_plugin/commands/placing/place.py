"""New samples as guests of a run: each step's model computes them, the cache keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError, NotRecordedError
from tb_embed_plugin.jobs.kept_guests import NEIGHBORS, GuestsAt, KeptGuests, check_number
from tb_embed_plugin.linear_projection import LayerData
from tb_embed_plugin.local_paths import local_path
from tb_embed_plugin.projections.neighbor_parts import Space
from tb_embed_plugin.runs.kept_models import steps_with_models
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
        TooMuchAskedError: There are more than 1,000.
        OSError: The cache cannot be written.
    """
    return place_in(open_kept(local_path(logdir, "logdir"), run), inputs, names)


def remove_guests(logdir: Path, run: str) -> None:
    """Lets the guests of a run go.

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

    steps = steps_with_models(run)
    computed: dict[int, dict[str, NDArray[np.float32]]] = {}
    for step in steps:
        computed[step] = activations_of(run, step, inputs)
        _check(computed[step], names)
        tell(step)
    first = next(iter(computed[steps[0]].values()))
    called = [str(number) for number in range(len(first))] if names is None else names
    for name in computed[steps[0]]:
        layer = run.layer(name)
        shown = [step for step in steps if step in layer.drawable]
        among = LayerData(run, name)
        KeptGuests(run, layer).keep(
            called, ((step, _among(among, step, computed[step][name])) for step in shown)
        )
    missing = [step for step in run.steps if step not in steps]
    return Placed(len(first), tuple(computed[steps[0]]), tuple(steps), tuple(missing))


def _among(layer: LayerData, step: int, rows: NDArray[np.float32]) -> GuestsAt:
    near = Space.of(layer.snapshot(step)).nearest_to(rows.astype(np.float64), NEIGHBORS)
    return GuestsAt(rows, layer.facts.shown[near.indices].astype(np.int32))


def _check(found: dict[str, NDArray[np.float32]], names: Sequence[str] | None) -> None:
    broken = [name for name, rows in found.items() if not np.isfinite(rows).all()]
    if broken:
        raise MisuseError(
            f"the model yields NaN or infinity at {listed(broken)}, which has no place; leave "
            "those samples out"
        )
    count = len(next(iter(found.values())))
    check_number(count)
    if names is not None and len(names) != count:
        raise MisuseError(
            f"names has {len(names)} entries but there are {count} new samples; pass one for "
            "each"
        )
