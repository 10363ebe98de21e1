"""Neighbors of samples that are placed among landmarks, searched by workers.

Each task reads its own rows of the snapshot. Which cell a sample is in comes back as a number;
what is found for a group of cells goes through the run's cache, under a name that follows from
its content, and is deleted once it is read: of 5,000,000 samples it is 1.3 GB, too much for a
scheduler.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.distribution import tasks
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import WorkerLostError
from tb_embed_plugin.jobs.cache import digest
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.projections.cell_question import CellNeighbors, CellQuestion, OfGroup
from tb_embed_plugin.projections.cells import Cells, Pivots, assigned_parts
from tb_embed_plugin.projections.group_search import search_group
from tb_embed_plugin.snapshot import SharedRows

_CELLS = "cells"
_MOST_BYTES = 1 << 30
"""Of a file that is read back: many times what any has."""


@dataclass(frozen=True)
class StepSearch:
    """The search among the samples of a step, as it is handed to workers.

    Attributes:
        job: A line of JSON, as `JobSpec` makes it.
        version: Of the layer's data, so that a worker notices where they have changed.
        step: The step.
        shift: As in `CellQuestion`.
        k: Neighbors wanted.
        anchors: Nearest landmarks wanted.
    """

    job: str
    version: str
    step: int
    shift: int
    k: int
    anchors: int


@dataclass(frozen=True)
class CellsByWorkers:
    """The search of a step's samples, by workers.

    Attributes:
        workers: The workers.
        layout: The layout.
        job: As in `StepSearch`.
        step: The step.
    """

    workers: Workers
    layout: LayoutCache
    job: str
    step: int

    def assign(self, question: CellQuestion, pivots: Pivots) -> Iterator[NDArray[np.uint16]]:
        """Yields the cells of samples, part by part."""
        search = self._search(question)
        parts = assigned_parts(len(question.snapshot))
        wanted = [(search, part.start, part.stop) for part in parts]
        return self.workers.in_order(assign_part, wanted)

    def search(
        self, question: CellQuestion, cells: Cells, own: NDArray[np.uint16], groups: int
    ) -> Iterator[OfGroup]:
        """Yields the neighbors of samples, group by group.

        Raises:
            WorkerLostError: The workers keep their numbers elsewhere.
        """
        search = self._search(question)
        cache = self.layout.cache
        folder = cache.layout({"cells": digest(own), "of": self.layout.name, "k": question.k})
        wanted = [(search, folder, group) for group in range(groups)]
        try:
            cache.keep_tensors(folder, _CELLS, {"own": own}, {})
            for group, _ in self.workers.results(search_cells, wanted):
                kept = cache.tensors(folder, str(group), _MOST_BYTES)
                if kept is None:
                    raise WorkerLostError(_not_seen(self.layout))
                cache.remove(folder, str(group))
                found = {name: np.asarray(values) for name, values in kept[0].items()}
                yield found.pop("samples"), CellNeighbors(**found)
        finally:
            cache.forget(folder)

    def _search(self, question: CellQuestion) -> StepSearch:
        version = self.layout.run.layer_version(self.layout.layer.name)
        return StepSearch(
            self.job, version, self.step, question.shift, question.k, question.anchors
        )


def assign_part(search: StepSearch, start: int, stop: int) -> NDArray[np.uint16]:
    """Returns the cells of some samples, those of one of `assigned_parts`.

    Raises:
        EmbedError: They cannot be read.
    """
    return _pivots(search).assign(_question(search).snapshot, slice(start, stop))


def search_cells(search: StepSearch, folder: str, group: int) -> None:
    """Searches for the neighbors of a group of cells, and keeps what it finds.

    Args:
        search: Of which step.
        folder: Where the cells are kept, and what is found; its name in the run's cache.
        group: Which one of `Cells.groups`.

    Raises:
        EmbedError: The rows cannot be read.
        WorkerLostError: The cells are kept elsewhere.
        OSError: The cache cannot be written.
    """
    samples, found = search_group(_question(search), _cells(search, folder), group)
    tensors = {"samples": samples, **vars(found)}
    _layout(search).cache.keep_tensors(folder, str(group), tensors, {})


def _layout(search: StepSearch) -> LayoutCache:
    return tasks.opened(search.job, search.version).projector.cache


@lru_cache(maxsize=2)
def _question(search: StepSearch) -> CellQuestion:
    layout = _layout(search)
    landmarks = layout.landmarks
    if landmarks is None:
        raise ValueError("expected a layout by landmarks, but all samples are laid out")
    return CellQuestion.of(
        SharedRows(layout.rows(search.step)),
        landmarks,
        layout.settings,
        search.shift,
        search.k,
        search.anchors,
    )


@lru_cache(maxsize=2)
def _pivots(search: StepSearch) -> Pivots:
    return _question(search).pivots


@lru_cache(maxsize=1)
def _cells(search: StepSearch, folder: str) -> Cells:
    layout = _layout(search)
    kept = layout.cache.tensors(folder, _CELLS, _MOST_BYTES)
    if kept is None:
        raise WorkerLostError(_not_seen(layout))
    own = kept[0]["own"].astype(np.uint16, copy=False)
    return Cells.of(_pivots(search), own, _question(search).landmarks)


def _not_seen(layout: LayoutCache) -> str:
    return (
        f"the command and its workers do not see each other's files in the cache of run "
        f"{layout.run.name!r}; let all use the same log directory, and see that its disk is "
        "not full"
    )
