"""The parts of a linear projection: the arrays of layers, axes, and alignments.

`runs` and `projections` never see each other; here an engine is handed the arrays of a run.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import alignment, classes, groups, pca
from tb_embed_plugin.projections.alignment import LayerMap
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.moments import Moments
from tb_embed_plugin.projections.row_sums import RowSums
from tb_embed_plugin.projections.step_moments import StepMoments
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.match_runs import SampleMatch, StepRule, match_samples, match_steps
from tb_embed_plugin.runs.run import Run, short_hash
from tb_embed_plugin.snapshot import ChosenRows, Snapshot


@dataclass(frozen=True)
class LayerData:
    """A layer of a run that is open.

    Attributes:
        run: The run.
        name: Name of the layer.
    """

    run: Run
    name: str

    @classmethod
    def of(cls, logdir: Logdir, ref: LayerRef) -> LayerData:
        """Opens a layer.

        Raises:
            EmbedError: There is no such run, or it cannot be read.
        """
        return cls(logdir.run(ref.run), ref.layer)

    @cached_property
    def facts(self) -> LayerFacts:
        """What is known of the layer."""
        return self.run.layer(self.name)

    @property
    def version(self) -> str:
        """Changes when the layer's data do."""
        return self.run.layer_version(self.name)

    def snapshot(self, step: int) -> Snapshot:
        """Returns the activations of the samples that are shown, (n_shown, n_units)."""
        return self.facts.shown_rows(self.run.snapshot(self.name, step))

    def key(self, steps: Sequence[int]) -> str:
        """Changes when one of these snapshots does, or what is known of their samples."""
        stamps = [self.run.stamp(self.name, step) for step in steps]
        return short_hash(*self.place[:2], tuple(steps), stamps, *self.place[2:])

    @cached_property
    def place(self) -> tuple[Hashable, ...]:
        """What its snapshots are of: the layer, the samples, and which of them are hidden."""
        samples = self.facts.fingerprint, self.facts.samples_version
        hidden = [self.facts.hidden] if self.facts.hidden else []
        return str(self.run.path), self.name, samples, *hidden


def first_projection(run: Run, layer: str) -> Projection:
    """Returns what the page asks for first: the PCA of all steps."""
    return Projection(
        LayerRef(run.name, layer),
        pca.ENGINE.name,
        pca.ENGINE.settings({}),
        components=3,
        basis_steps=tuple(run.layer(layer).drawable),
    )


def basis_key(projection: Projection, home: LayerData) -> str:
    """Returns what is equal for projections that share a basis."""
    settings = sorted((k, v) for k, v in projection.settings.items() if k != "basis_steps")
    return short_hash(home.key(projection.basis_steps), projection.engine, settings)


def fit(
    projection: Projection,
    home: LayerData,
    known: StepMoments | Moments | None = None,
    sums: RowSums | None = None,
) -> Basis:
    """Returns the axes of a projection.

    Args:
        projection: Of a linear engine.
        home: Its home, open.
        known: The sums of its basis steps, where they are known (`pca.fit`).
        sums: Who makes sums over rows; this process if left out.

    Raises:
        EmbedError: A snapshot or the metadata cannot be read or used this way.
    """
    steps, settings = projection.basis_steps, projection.settings
    if projection.engine == pca.ENGINE.name:
        return pca.fit(home.snapshot, steps, settings, known, sums)
    if settings["kind"] == "groups":
        places = [_places(home.facts, group) for group in projection.groups]
        pairs = zip(places[::2], places[1::2], strict=True)
        contrasts = [groups.contrast(len(home.facts.shown), *pair) for pair in pairs]
        return groups.fit(home.snapshot, steps, np.stack(contrasts, axis=1), settings)
    codes = read_classes(home.run, home.name, projection.class_column).codes
    return classes.fit(home.snapshot, steps, home.facts.only_shown(codes), settings, sums)


@dataclass(frozen=True)
class AlignedLayer:
    """How a layer is aligned to another.

    Attributes:
        samples: Which samples both share.
        alignment: The map, and how near it comes.
    """

    samples: SampleMatch
    alignment: LayerMap


def align_layer(layer: LayerData, there: LayerData, match: StepRule) -> AlignedLayer:
    """Returns the map that carries a layer onto another.

    Raises:
        EmbedError: The layers share no samples or steps, or cannot be aligned.
    """
    pairs = match_steps(layer.run, layer.name, there.run, there.name, match)
    samples = _shown_by_both(
        match_samples(layer.run, layer.name, there.run, there.name), layer, there
    )

    def shared(side: LayerData, step: int, rows: NDArray[np.int64] | None) -> Snapshot:
        snapshot = side.run.snapshot(side.name, step)
        return snapshot if rows is None else ChosenRows(snapshot, rows)

    found = alignment.map_layer(
        pairs,
        lambda step: shared(layer, step, samples.rows),
        lambda step: shared(there, step, samples.onto_rows),
    )
    return AlignedLayer(samples, found)


def _shown_by_both(samples: SampleMatch, layer: LayerData, there: LayerData) -> SampleMatch:
    if not (layer.facts.hidden or there.facts.hidden):
        return samples
    rows, onto_rows = samples.rows, samples.onto_rows
    rows = np.arange(layer.facts.samples) if rows is None else rows
    onto_rows = np.arange(there.facts.samples) if onto_rows is None else onto_rows
    kept = np.isin(rows, layer.facts.shown) & np.isin(onto_rows, there.facts.shown)
    return replace(samples, rows=rows[kept], onto_rows=onto_rows[kept])


def _places(facts: LayerFacts, side: Sequence[int]) -> NDArray[np.int64]:
    """Returns where the samples of a group are among those that are shown."""
    places = np.flatnonzero(np.isin(facts.shown, side))
    if not len(places):
        raise ArgumentError("all samples of one group hold NaN or infinity; choose others")
    return places
