"""What a linear picture is made of: a layer, axes, and what is carried onto whose axes.

`runs` and `projections` never see each other; here an engine is handed the arrays of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections import alignment, axes, classes, groups, pca
from tb_embed_plugin.projections.alignment import Alignment
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.matching import SampleMatch, StepRule, match_samples, match_steps
from tb_embed_plugin.runs.run import LayerFacts, Run, short_hash

ENGINES = (pca.ENGINE, axes.ENGINE)
"""The engines that have a basis and answer at once."""

CLASS_KINDS = ("class_means", "lda")
"""The kinds of axes that are made from the classes of a column."""


@dataclass(frozen=True)
class Source:
    """A layer of a run.

    Attributes:
        run: The run.
        layer: Name of the layer.
    """

    run: Run
    layer: str

    @cached_property
    def facts(self) -> LayerFacts:
        """What is known of the layer."""
        return self.run.layer(self.layer)

    def snapshot(self, step: int) -> NDArray[np.float32]:
        """Returns the activations of the samples that are shown, float32 (n_shown, n_units)."""
        return self.facts.only_shown(self.run.snapshot(self.layer, step))

    def key(self, steps: Sequence[int]) -> str:
        """Changes when one of these snapshots does, or what is known of their samples."""
        stamps = [self.run.stamp(self.layer, step) for step in steps]
        samples = self.facts.fingerprint, self.facts.samples_version
        hidden = [self.facts.hidden] if self.facts.hidden else []
        return short_hash(
            str(self.run.path), self.layer, tuple(steps), stamps, samples, *hidden
        )


@dataclass(frozen=True)
class Onto:
    """What a layer is carried onto before it is projected.

    Attributes:
        source: The other layer, whose coordinate system it then shares.
        rule: Which steps belong together.
    """

    source: Source
    rule: StepRule


@dataclass(frozen=True)
class View:
    """One coordinate system, and the layer that is shown in it.

    Attributes:
        source: The layer that is shown.
        engine: Name of one of `ENGINES`.
        settings: The engine's, complete and checked.
        basis_steps: The steps that the axes are made from, of `home`.
        components: Number of coordinates.
        sides: Samples of `home` between which the axes run, `(left, right)` or `(left,
            right, down, up)`; empty where the settings name none.
        onto: What the layer is carried onto first, None where it stays in its own space.
    """

    source: Source
    engine: str
    settings: Settings
    basis_steps: tuple[int, ...]
    components: int
    sides: tuple[tuple[int, ...], ...] = ()
    onto: Onto | None = None

    @property
    def home(self) -> Source:
        """The layer whose snapshots the axes are made from."""
        return self.source if self.onto is None else self.onto.source

    @property
    def label(self) -> str | None:
        """The column whose classes the axes are made from, None where they are made of none."""
        if self.settings.get("kind") not in CLASS_KINDS:
            return None
        return str(self.settings["column"])

    @cached_property
    def key(self) -> str:
        """Equal for views that share a basis."""
        settings = sorted((k, v) for k, v in self.settings.items() if k != "basis_steps")
        return short_hash(self.home.key(self.basis_steps), self.engine, settings)

    def fit(self) -> Basis:
        """Returns the axes.

        Raises:
            EmbedError: A snapshot or the metadata cannot be read or used this way.
        """
        home = self.home
        if self.engine == pca.ENGINE.name:
            return pca.fit(home.snapshot, self.basis_steps, self.settings)
        if self.settings["kind"] == "groups":
            sides = [_places(home.facts, side) for side in self.sides]
            pairs = zip(sides[::2], sides[1::2], strict=True)
            contrasts = [groups.contrast(len(home.facts.shown), *pair) for pair in pairs]
            return groups.fit(
                home.snapshot, self.basis_steps, np.stack(contrasts, axis=1), self.settings
            )
        codes = read_classes(home.run, home.layer, self.label).codes
        codes = home.facts.only_shown(codes)
        return classes.fit(home.snapshot, self.basis_steps, codes, self.settings)


def first_view(source: Source) -> View:
    """Returns what the page asks for first: the PCA of all steps."""
    steps = tuple(source.facts.drawable)
    return View(source, pca.ENGINE.name, pca.ENGINE.settings({}), steps, components=3)


@dataclass(frozen=True)
class Carried:
    """How a layer was carried onto another.

    Attributes:
        samples: Which samples both share.
        alignment: The map, and how near it comes.
    """

    samples: SampleMatch
    alignment: Alignment


def carry(source: Source, onto: Onto) -> Carried:
    """Returns the map that carries a layer onto another.

    Raises:
        EmbedError: The layers share no samples or steps, or cannot be aligned.
    """
    there = onto.source
    pairs = match_steps(source.run, source.layer, there.run, there.layer, onto.rule)
    samples = _shown_by_both(
        match_samples(source.run, source.layer, there.run, there.layer), source, there
    )

    def shared(side: Source, step: int, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
        snapshot = side.run.snapshot(side.layer, step)
        return snapshot if rows is None else snapshot[rows]

    found = alignment.align(
        pairs,
        lambda step: shared(source, step, samples.rows),
        lambda step: shared(there, step, samples.onto_rows),
    )
    return Carried(samples, found)


def _shown_by_both(samples: SampleMatch, source: Source, there: Source) -> SampleMatch:
    if not (source.facts.hidden or there.facts.hidden):
        return samples
    rows, onto_rows = samples.rows, samples.onto_rows
    rows = np.arange(source.facts.samples) if rows is None else rows
    onto_rows = np.arange(there.facts.samples) if onto_rows is None else onto_rows
    kept = np.isin(rows, source.facts.shown) & np.isin(onto_rows, there.facts.shown)
    return replace(samples, rows=rows[kept], onto_rows=onto_rows[kept])


def _places(facts: LayerFacts, side: Sequence[int]) -> NDArray[np.int64]:
    """Returns where the samples of a group are among those that are shown."""
    places = np.flatnonzero(np.isin(facts.shown, side))
    if not len(places):
        raise ArgumentError(
            "expected a group with a sample that is shown; all of one group hold NaN or "
            "infinity; name others"
        )
    return places
