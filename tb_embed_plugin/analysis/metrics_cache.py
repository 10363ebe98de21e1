"""Metrics measured before: in memory while the process lasts, on disk beyond it.

What is kept follows from the snapshot, the samples and their labels alone, and is found by
them; it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.subsampling import MAX_STEPS
from tb_embed_plugin.lru_cache import LruCache, Memory
from tb_embed_plugin.metrics.catalog import DEFINITIONS
from tb_embed_plugin.metrics.sample_catalog import SAMPLE_METRICS
from tb_embed_plugin.metrics.similarity import Cka
from tb_embed_plugin.metrics.step_data import Labels
from tb_embed_plugin.metrics.step_metrics import Change, K, StepMetrics, neighbors_of

VERSION = 2
"""Raised whenever the same snapshot would be measured otherwise than before, and no metric's
meaning says so."""

Value = TypeVar("Value")

_NUMBERS = 1 << 17

Tensors = Mapping[str, NDArray[np.generic]]


class CacheBackend(Protocol):
    """Where files are kept, a folder for all that follows from the same facts.

    What is not there, or is damaged, is None or empty.
    """

    def layout(self, facts: Mapping[str, Any]) -> str:
        """Returns the name of the folder that follows from `facts`."""

    def use(self, layout: str) -> None:
        """Notes that a folder is looked at."""

    def tensors(
        self, layout: str, name: str, most: int
    ) -> tuple[Tensors, Mapping[str, Any]] | None:
        """Returns the tensors kept under a name, at most `most` bytes, and what else was."""

    def keep_tensors(
        self, layout: str, name: str, tensors: Tensors, info: Mapping[str, Any]
    ) -> None:
        """Keeps tensors; may raise `OSError`."""

    def record(self, layout: str, name: str) -> Mapping[str, Any]:
        """Returns the numbers kept under a name."""

    def keep_record(self, layout: str, name: str, content: Mapping[str, Any]) -> None:
        """Keeps numbers; may raise `OSError`."""


@dataclass(frozen=True)
class MetricsCache:
    """What was measured before, by what it was measured of.

    A step of 10,000 samples takes 1.2 MB.

    Attributes:
        backend_of: Gives the backend of a run's directory; None where nothing is kept.
        turn: In which is measured what is not known yet.
    """

    backend_of: Callable[[Path], CacheBackend] | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext
    labels: LruCache[tuple[Labels, Labels]] = field(
        default_factory=lambda: LruCache[tuple[Labels, Labels]](16)
    )
    step_metrics: LruCache[StepMetrics] = field(
        default_factory=lambda: LruCache[StepMetrics](2 * MAX_STEPS)
    )
    changes: LruCache[Change] = field(default_factory=lambda: LruCache[Change](2 * MAX_STEPS))
    products: LruCache[float] = field(default_factory=lambda: LruCache[float](_NUMBERS))
    similarities: LruCache[Cka] = field(default_factory=lambda: LruCache[Cka](_NUMBERS))

    @classmethod
    def within(cls, memory: Memory, backend_of: Callable[[Path], CacheBackend]) -> Self:
        """Returns nothing measured yet, to be remembered within some memory."""
        return cls(
            backend_of,
            labels=LruCache(16, memory),
            step_metrics=LruCache(2 * MAX_STEPS, memory),
            changes=LruCache(2 * MAX_STEPS, memory),
            products=LruCache(_NUMBERS, memory),
            similarities=LruCache(_NUMBERS, memory),
        )

    def measured(
        self, known: LruCache[Value], key: Hashable, measure: Callable[[], Value]
    ) -> Value:
        """Returns what is remembered under a key; what is not is measured in a turn."""
        if key in known:
            return known.get(key, measure)
        with self.turn():
            return known.get(key, measure)


class KeptMetrics:
    """What is kept of one layer with one label.

    A file that cannot be written is measured again by the next process, and nothing else.

    Args:
        backend: The run's; None where nothing is kept.
        facts: What all of it follows from, beside the snapshots; JSON values.
        samples: Samples that are measured.
        units: Width of the layer.
        classes: Labels that there are.
    """

    def __init__(
        self,
        backend: CacheBackend | None,
        facts: Mapping[str, Any],
        samples: int,
        units: int,
        classes: int,
    ) -> None:
        self._backend = backend
        self._samples, self._units, self._classes = samples, units, classes
        self._folder = ""
        if backend is not None:
            # A metric that is new, or means something else, is in no file kept before it.
            made_by = {"measures": VERSION, "k": K, "metrics": DEFINITIONS}
            self._folder = backend.layout({**made_by, **facts})
            backend.use(self._folder)

    def step_metrics(self, name: str, observe: Callable[[], StepMetrics]) -> StepMetrics:
        """Returns what is kept under a name, else what `observe` returns, which is kept."""
        kept = self._read(name)
        found = None if kept is None else self._step_metrics(*kept)
        if found is None:
            found = observe()
            tensors = {f"samples.{key}": values for key, values in found.samples.items()}
            tensors |= {key: getattr(found, key) for key in _OBSERVED}
            self._keep(name, tensors, {"numbers": dict(found.numbers)})
        return found

    def has_step(self, name: str) -> bool:
        """Whether a step's metrics are kept under a name."""
        kept = self._read(name)
        return kept is not None and self._step_metrics(*kept) is not None

    def change(self, name: str, compare: Callable[[], Change]) -> Change:
        """Returns what is kept under a name, else what `compare` returns, which is kept."""
        kept = self._read(name)
        if kept is not None and _fit(kept[0], dict.fromkeys(_CHANGED, (self._samples,))):
            displacement, churn = (kept[0][key] for key in _CHANGED)
            return Change(displacement.astype(np.float64), churn.astype(np.float32))
        found = compare()
        self._keep(name, {key: getattr(found, key) for key in _CHANGED}, {})
        return found

    def cka(self, row: str, column: str, compute: Callable[[], Cka]) -> Cka:
        """Returns what is kept of two snapshots, else what `compute` returns, which is kept.

        What is undefined is not kept.
        """
        if self._backend is None:
            return compute()
        name = f"cka-{row}"
        known = self._backend.record(self._folder, name)
        match known.get(column):
            case [float(debiased), float(biased)]:
                return Cka(debiased, biased)
        found = compute()
        if np.isfinite(found.debiased):
            pair = [found.debiased, found.biased]
            with contextlib.suppress(OSError):
                self._backend.keep_record(self._folder, name, {**known, column: pair})
        return found

    def _read(self, name: str) -> tuple[Tensors, Mapping[str, Any]] | None:
        if self._backend is None:
            return None
        per_sample = 4 * (len(SAMPLE_METRICS) + K + 1)
        most = per_sample * self._samples + 2 * self._units + 8 * self._classes**2 + (1 << 20)
        found = self._backend.tensors(self._folder, name, most)
        # A file that somebody has put in another one's place says whose it is.
        return found if found is not None and found[1].get("of") == name else None

    def _keep(self, name: str, tensors: Tensors, info: Mapping[str, Any]) -> None:
        if self._backend is not None:
            with contextlib.suppress(OSError):
                self._backend.keep_tensors(self._folder, name, tensors, {"of": name, **info})

    def _step_metrics(self, tensors: Tensors, info: Mapping[str, Any]) -> StepMetrics | None:
        """Returns what was kept, None where it is not what we keep."""
        n = self._samples
        mixed = tensors["mixing"].shape if "mixing" in tensors else ()
        near = tensors["neighbors"].shape if "neighbors" in tensors else ()
        shapes: dict[str, tuple[int, ...]] = {
            "agreement": (n,),
            "neighbors": near if near in {(n, 0), (n, neighbors_of(n))} else (-1,),
            "dead": (self._units,),
            "saturated": (self._units,),
            "dead_by_class": (self._classes,),
            "mixing": mixed if mixed in {(0, 0), (self._classes, self._classes)} else (-1,),
        }
        names = {metric.name for metric in SAMPLE_METRICS}
        of_samples = {
            key.removeprefix("samples."): values
            for key, values in tensors.items()
            if key.startswith("samples.")
        }
        numbers = info.get("numbers")
        if not (
            _fit(tensors, shapes)
            and _fit(of_samples, dict.fromkeys(of_samples, (n,)))
            and of_samples.keys() <= names
            and isinstance(numbers, dict)
            and all(isinstance(value, float) for value in numbers.values())
        ):
            return None
        neighbors = tensors["neighbors"].astype(np.int32)
        if neighbors.size and not (neighbors.min() >= 0 and neighbors.max() < n):
            return None
        return StepMetrics(
            numbers=numbers,
            samples={key: values.astype(np.float32) for key, values in of_samples.items()},
            agreement=tensors["agreement"].astype(np.float32),
            neighbors=neighbors,
            dead=tensors["dead"].astype(bool),
            saturated=tensors["saturated"].astype(bool),
            dead_by_class=tensors["dead_by_class"].astype(np.float64),
            mixing=tensors["mixing"].astype(np.float64),
        )


_OBSERVED = [f.name for f in fields(StepMetrics) if f.name not in {"numbers", "samples"}]
_CHANGED = [f.name for f in fields(Change)]


def _fit(tensors: Tensors, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether there is a tensor of numbers or truth values of each shape."""
    return all(
        name in tensors and tensors[name].shape == shape and tensors[name].dtype.kind in "fib"
        for name, shape in shapes.items()
    )
