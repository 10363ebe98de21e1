"""`tb-embed project`: lays runs out ahead of time, into the cache that the page reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.commands.progress_bar import BAR
from tb_embed_plugin.commands.workers_argument import roots_of
from tb_embed_plugin.distribution.projecting import StepsByWorkers
from tb_embed_plugin.distribution.workers import Workers
from tb_embed_plugin.errors import (
    ArgumentError,
    BrokenInstallationError,
    NotRecordedError,
)
from tb_embed_plugin.jobs import job_execution
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.layout_cache import LayoutCache
from tb_embed_plugin.jobs.projector import Projector, projector_of
from tb_embed_plugin.jobs.quality_records import QualityRecords, words, work_left
from tb_embed_plugin.projection_arguments import read_projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.labels import label_of, read_classes
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import listed, must_be_one_of, no_such


@dataclass(frozen=True)
class Wish:
    """What is to be laid out.

    Attributes:
        logdir: TensorBoard's log directory.
        run: One run alone, None for all.
        layer: One layer alone, None for all.
        engine: Name of the engine.
        components: Coordinates of a sample, None for the engine's first choice.
        settings: Settings of the engine, as text; the rest stays at its defaults.
        label: The column that is the label, empty for none, None for each layer's own.
    """

    logdir: Path
    run: str | None
    layer: str | None
    engine: str
    components: int | None
    settings: Mapping[str, str]
    label: str | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """What a linear view is read from, beside run, layer, engine and components."""
        return {**self.settings, **({} if self.label is None else {"label": self.label})}


@dataclass(frozen=True)
class Projected:
    """A layer's projection, complete.

    Attributes:
        projector: The projection, open.
        label: The column by which its label accuracy is measured, None for no label.
    """

    projector: Projector
    label: str | None

    @property
    def layout(self) -> LayoutCache:
        """What the cache knows of it."""
        return self.projector.cache

    def frame_of(self, step: int) -> NDArray[np.float32] | None:
        """Returns a frame, float32 (n_samples, components), None where there is none."""
        return self.projector.frames([step]).get(step)

    @property
    def quality(self) -> list[dict[str, Any]]:
        """The numbers of each frame, with its step."""
        return self.projector.quality(self.layout.steps, self.label)

    @property
    def noise_floor(self) -> float | None:
        """How far the engine moves samples where nothing has changed."""
        return self.projector.noise_floor

    @property
    def sentence(self) -> str:
        """Its quality in one plain sentence."""
        layout = self.layout
        records = QualityRecords(layout, layout.known_digests(), self.label)
        measured = words(records.of_frames(layout.steps))
        return f"{layout.title}: {measured or 'not measured'}."


def project(wish: Wish, workers: Workers | None = None) -> Iterator[Projected]:
    """Yields the projection of each layer once it is complete, with a bar while it is not.

    Args:
        wish: What is to be laid out.
        workers: By whom; None for this process.

    Raises:
        EmbedError: There is no such run, layer or engine, or a layer cannot be laid out.
        OSError: The cache cannot be written.
    """
    for projected in _wanted(wish):
        _fill(projected, wish, workers)
        yield projected


def project_one(wish: Wish) -> Projected:
    """Returns the projection of the only layer that is wanted, as `project` does.

    Raises:
        ArgumentError: Several are.
        EmbedError: As `project`.
        OSError: As `project`.
    """
    wanted = _wanted(wish)
    if len(wanted) > 1:
        names = [f"{p.layout.run.name}, {p.layout.layer.name}" for p in wanted]
        raise ArgumentError(
            f"--run and --layer match {len(names)} layers ({'; '.join(names[:10])}); name "
            "one of them"
        )
    _fill(wanted[0], wish)
    return wanted[0]


def _wanted(wish: Wish) -> list[Projected]:
    if wish.engine not in engines.FACTS:
        raise ArgumentError(must_be_one_of("--engine", wish.engine, engines.FACTS))
    reason = engines.FACTS[wish.engine].unavailable()
    if reason is not None:
        raise BrokenInstallationError(reason)
    logdir = Logdir(wish.logdir, list)
    return [_open(logdir, run, layer, wish) for run, layer in _find(logdir, wish)]


def _find(logdir: Logdir, wish: Wish) -> list[tuple[Run, LayerFacts]]:
    if wish.run is not None:
        runs = [logdir.run(wish.run)]
    else:
        # One that is broken hides no other.
        runs = [run for run in logdir.list_runs() if not isinstance(run, BrokenRun)]
    found = [
        (run, layer)
        for run in runs
        for layer in run.layers
        if layer.drawable and wish.layer in {None, layer.name}
    ]
    if not found:
        layers = sorted({layer.name for run in runs for layer in run.layers})
        reasons = list(logdir.problems)
        if wish.layer is not None and layers:
            reasons.insert(0, no_such("layer", wish.layer, layers, str(wish.logdir)))
        if not reasons:
            reasons = [f"there is no layer to project below {wish.logdir}; record one"]
        raise NotRecordedError("; ".join(reasons))
    return found


def _open(logdir: Logdir, run: Run, layer: LayerFacts, wish: Wish) -> Projected:
    engine = engines.FACTS[wish.engine]
    components = engine.components[0] if wish.components is None else wish.components
    if components not in engine.components:
        raise ArgumentError(
            f"{engine.title} has {listed(engine.components, 'or')} components, not "
            f"{components}; pass one of these"
        )
    engine.settings(wish.settings)  # refuses a name that is no setting
    run.learn(layer.name, layer.drawable)
    layer = run.layer(layer.name)
    label = label_of(layer, wish.label)
    read_classes(run, layer.name, label)
    named = {"run": run.name, "layer": layer.name, "engine": engine.name}
    query = {**wish.arguments, **named, "components": str(components)}
    asked = read_projection(logdir, Arguments(query))
    return Projected(projector_of(asked, logdir), label)


def _fill(projected: Projected, wish: Wish, workers: Workers | None = None) -> None:
    """Does what is left to do, with a bar."""
    layout = projected.layout
    left = work_left(layout, projected.label)
    spec = JobSpec(
        roots=roots_of(wish.logdir),
        projection=layout.projection,
        steps=tuple(layout.steps),
        order="backwards",
        label=projected.label,
    )
    name = f"{layout.run.name}, {layout.layer.name}"
    total = left.frames + left.measures
    with tqdm(total=total, desc=name, bar_format=BAR, disable=total == 0) as bar:

        def tell(progress: job_execution.Progress) -> None:
            before = left.frames if progress.stage == "quality" else 0
            bar.set_postfix_str(progress.message, refresh=False)
            bar.update(min(before + progress.done, total) - bar.n)

        steps = None if workers is None else StepsByWorkers(workers, spec.roots)
        job_execution.execute(spec, tell, steps)
        bar.update(total - bar.n)
