"""Guests in the run's cache: what a step's model yields for samples that were not recorded.

    <cache>/<guests>/<snapshot>.safetensors   activations float32 (n_guests, n_units)
                                              neighbors int32 (n_guests, 5)
    <cache>/<guests>/guests.json              names, and which placing they are of

The record comes last: without it, or of another placing, a step has no guests.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import TooMuchAskedError
from tb_embed_plugin.jobs.cache import MAX_BYTES, Cache, cache_of
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run, short_hash

VERSION = 2

MAX_GUESTS = 1000
"""Guests of a run: more are better recorded."""

MAX_NAME = 200
"""Characters of a guest's name."""

NEIGHBORS = 5
"""Recorded samples that are kept with a guest as those nearest to it."""

_RECORD = "guests"
_MOST_BYTES = 4 * MAX_GUESTS * (MAX_UNITS + NEIGHBORS) + (1 << 12)


@dataclass(frozen=True)
class GuestsAt:
    """The guests of a layer at a step.

    Attributes:
        activations: What the step's model yields for them, float32 (n_guests, n_units).
        neighbors: The recorded samples nearest in the layer's own space, the nearest first,
            int32 (n_guests, k); k is `NEIGHBORS`, or all that are shown.
    """

    activations: NDArray[np.float32]
    neighbors: NDArray[np.int32]


@dataclass(frozen=True)
class KeptGuests:
    """The guests of a layer.

    Attributes:
        run: The run.
        layer: The layer.
    """

    run: Run
    layer: LayerFacts

    def keep_at(self, step: int, guests: GuestsAt, placing: str) -> None:
        """Keeps all guests at a step, which are shown once `keep_names` has named them.

        Args:
            step: The step.
            guests: They.
            placing: A word of this placing alone, as `new_placing` returns it.

        Raises:
            OSError: The cache cannot be written.
        """
        kept: dict[str, NDArray[np.generic]] = {
            "activations": guests.activations.astype(np.float32, copy=False),
            "neighbors": guests.neighbors.astype(np.int32, copy=False),
        }
        self._cache.keep_tensors(self._folder, self._file(step), kept, {"of": placing})

    def keep_names(self, names: Sequence[str], placing: str) -> None:
        """Keeps the name of each guest of a placing, after its steps.

        Raises:
            TooMuchAskedError: There are more than `MAX_GUESTS`.
            OSError: The cache cannot be written.
        """
        check_number(len(names))
        shown = [name[:MAX_NAME] for name in names]
        self._cache.keep_record(self._folder, _RECORD, {"names": shown, "of": placing})

    def forget(self) -> None:
        """Removes the guests."""
        self._cache.forget(self._folder)

    @property
    def names(self) -> list[str]:
        """The names of the guests, empty where there are none."""
        return self._record[0]

    def at(self, step: int) -> GuestsAt | None:
        """Returns the guests at a step, None where there are none."""
        names, placing = self._record
        found = self._cache.tensors(self._folder, self._file(step), _MOST_BYTES)
        if found is None or not names or found[1].get("of") != placing:
            return None
        rows, near = found[0].get("activations"), found[0].get("neighbors")
        most = min(NEIGHBORS, len(self.layer.shown))
        if rows is None or rows.shape != (len(names), self.layer.units):
            return None
        if near is None or near.shape != (len(names), most):
            return None
        return GuestsAt(rows.astype(np.float32, copy=False), near.astype(np.int32, copy=False))

    @cached_property
    def _cache(self) -> Cache:
        return cache_of(self.run.path)

    @cached_property
    def _folder(self) -> str:
        facts: Mapping[str, object] = {
            "guests": VERSION,
            "layer": self.layer.name,
            "samples": self.layer.fingerprint,
        }
        return self._cache.layout(facts)

    @cached_property
    def _record(self) -> tuple[list[str], str]:
        match self._cache.record(self._folder, _RECORD):
            case {"names": list(names), "of": str(placing)} if len(names) <= MAX_GUESTS:
                self._cache.use(self._folder)
                return [str(name)[:MAX_NAME] for name in names], placing
        return [], ""

    def _file(self, step: int) -> str:
        return short_hash(self.layer.name, repr(self.run.stamp(self.layer.name, step)))


def new_placing() -> str:
    """Returns a word that no other placing has."""
    return secrets.token_hex(8)


def check_number(count: int) -> None:
    """Refuses more guests than are kept.

    Raises:
        TooMuchAskedError: There are more than `MAX_GUESTS`.
    """
    if count > MAX_GUESTS:
        raise TooMuchAskedError(
            f"{count} new samples are more than {MAX_GUESTS} guests; place fewer, or record "
            "them with the others"
        )


def check_room(count: int, shown: Sequence[tuple[LayerFacts, int]]) -> None:
    """Refuses guests that would push each other out of the cache.

    Args:
        count: Number of guests.
        shown: Their layers, each with the number of its steps.

    Raises:
        TooMuchAskedError: They take more than a quarter of the cache.
    """
    most = MAX_BYTES // 4
    each = sum(4 * (layer.units + NEIGHBORS) * n_steps for layer, n_steps in shown)
    if count * each > most:
        raise TooMuchAskedError(
            f"{count} new samples take {count * each} bytes at all layers and steps, more than "
            f"{most}, a quarter of the cache; place at most {most // each}"
        )
