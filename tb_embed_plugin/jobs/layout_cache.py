"""The cached part of a projection: the frames of an iterative engine, the quality of any.

Things are found by the content of their snapshots. To find them without reading that content
again, a record beside them says which content each step had, and a stamp by which a change of
it is seen. So a request costs a small file and its frames, whatever the layer's size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.cache import Cache, cache_of
from tb_embed_plugin.projection import Projection
from tb_embed_plugin.projections import engines, landmarks
from tb_embed_plugin.projections.engine import Codes, Engine, Settings
from tb_embed_plugin.projections.landmarks import landmark_count, landmark_rows
from tb_embed_plugin.runs.labels import read_classes
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run, short_hash
from tb_embed_plugin.snapshot import Snapshot, row_blocks
from tb_embed_plugin.wording import no_such

_SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class LayoutCache:
    """What the cache holds of a projection.

    Attributes:
        projection: The projection.
        run: The run of its layer.
        layer: What is known of its layer.
        origins: Keys of what else the frames follow from, where that is more.
    """

    projection: Projection
    run: Run
    layer: LayerFacts
    origins: tuple[str, ...] = ()

    @property
    def engine(self) -> Engine:
        """Facts of the engine."""
        return engines.FACTS[self.projection.engine]

    @property
    def components(self) -> int:
        """Coordinates of a sample."""
        return self.projection.components

    @property
    def settings(self) -> Settings:
        """The engine's, complete and checked."""
        return self.projection.settings

    @cached_property
    def cache(self) -> Cache:
        """Where the run's layouts are kept."""
        return cache_of(self.run.path)

    @cached_property
    def name(self) -> str:
        """The layout's name in the cache; equal for equal samples, engine and settings.

        The order in which frames are laid out is no part of it: all frames of one layout lie
        in one coordinate system in whatever order they came, and what was laid out while the
        training ran need not be laid out again when it has ended.
        """
        column = self.projection.column
        facts: dict[str, Any] = {
            "layer": self.layer.name,
            "samples": self.layer.fingerprint,
            "engine": self.engine.name,
            "version": self.engine.version,
            "components": self.components,
            "settings": dict(self.settings),
            "column": self.layer.samples_version if column else None,
            "origins": self.origins,
        }
        if self.landmark_count is not None:
            label = self.layer.label
            samples = self.layer.samples_version if label else None
            facts["landmarks"] = [landmarks.VERSION, label, samples]
        return self.cache.layout(facts)

    @property
    def key(self) -> str:
        """The name with the folder: runs of the same samples have layouts of the same name."""
        return str(self.cache.folder / self.name)

    @property
    def is_iterative(self) -> bool:
        """Whether its frames are kept; those of a linear engine are made when needed."""
        return self.engine.name in engines.LAYOUT

    @property
    def steps(self) -> list[int]:
        """The steps that a complete layout has, ascending."""
        return self.layer.drawable

    @property
    def landmark_count(self) -> int | None:
        """How many samples are laid out where the others are placed; None for all of them."""
        return landmark_count(len(self.layer.shown), self.settings)

    @property
    def title(self) -> str:
        """The engine's, and by how many landmarks: `UMAP by 20,000 landmarks`."""
        count = self.landmark_count
        by = "" if count is None else f" by {count:,} landmarks"
        return f"{self.engine.title}{by}"

    @property
    def landmarks(self) -> NDArray[np.intp] | None:
        """Which samples of those shown these are, (n_landmarks,); None for all of them."""
        count = self.landmark_count
        if count is None:
            return None
        samples, seed = len(self.layer.shown), int(self.settings["seed"])
        return landmark_rows(samples, count, seed, self.landmark_labels)

    @cached_property
    def landmark_labels(self) -> Codes | None:
        """The classes that landmarks are drawn from, of the samples shown; None for none.

        They are those of the layer's own label, whichever is looked at: another one would be
        another layout.

        Raises:
            EmbedError: The metadata cannot be read.
        """
        if self.landmark_count is None or self.layer.label is None:
            return None
        codes = read_classes(self.run, self.layer.name, self.layer.label).codes
        return self.layer.only_shown(codes)

    def finished(self) -> dict[int, str]:
        """Returns the digests of the steps that have a frame."""
        there = self.cache.frames(self.name)
        return {step: name for step, name in self.known_digests().items() if name in there}

    def frames(self, steps: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Returns the finished frames among `steps`, float32 (n_shown, components)."""
        finished = self.finished()
        self.cache.use(self.name)
        shape = (len(self.layer.shown), self.components)
        frames = {}
        for step in steps:
            if step in finished:
                frame = self.cache.frame(self.name, finished[step], shape)
                if frame is not None:
                    frames[step] = frame
        return frames

    def snapshot(self, step: int) -> NDArray[np.float32]:
        """Returns the activations of the samples that are shown, float32 (n_shown, n_units).

        Raises:
            EmbedError: They cannot be read.
        """
        return np.asarray(self.rows(step))

    def rows(self, step: int) -> Snapshot:
        """Returns what `snapshot` does, of which rows are read where they are asked for.

        Raises:
            EmbedError: They cannot be read.
        """
        return self.layer.shown_rows(self.run.snapshot(self.layer.name, step))

    @property
    def origin(self) -> str | None:
        """Names the coordinate system of the frames that there are, None where there is none.

        A layout that is laid out anew, after its files were deleted say, gets another one.
        """
        origin = self.cache.record(self.name, _SNAPSHOTS).get("origin")
        return origin if isinstance(origin, str) else None

    def known_digests(self) -> dict[int, str]:
        """Returns the digests of the steps whose snapshots are what they were."""
        known = self.cache.record(self.name, _SNAPSHOTS)
        entries = {step: known.get(str(step)) for step in self.steps}
        return {
            step: str(entry[1])
            for step, entry in entries.items()
            if isinstance(entry, list) and len(entry) == 2 and entry[0] == self._stamp(step)
        }

    def read_digests(self, steps: Sequence[int]) -> dict[int, str]:
        """Returns the digests of `steps`, and reads the snapshots that are new.

        Raises:
            EmbedError: A snapshot cannot be read.
        """
        known = self.known_digests()
        return known | {s: self.digest_of(s) for s in steps if s not in known}

    def digest_of(self, step: int) -> str:
        """Reads a snapshot, and returns its digest.

        Raises:
            EmbedError: It cannot be read.
        """
        return _digest_of(self.rows(step))

    def keep_digests(self, digests: Mapping[int, str], origin: str | None = None) -> None:
        """Notes which content each step has, and in which coordinate system the frames lie.

        Raises:
            OSError: The disk is full and the like.
        """
        entries = {str(step): [self._stamp(step), name] for step, name in digests.items()}
        self.cache.keep_record(self.name, _SNAPSHOTS, {**entries, "origin": origin})

    def codes(self) -> Codes | None:
        """Returns the categories of the column that the settings name, None for none.

        Raises:
            NotRecordedError: The samples have no such column of categories.
        """
        column = self.projection.column
        if not column:
            return None
        columns = {
            c.name: c
            for c in self.run.columns(self.layer.name)
            if c.type == "category" and not c.info.by_step
        }
        if column not in columns:
            raise NotRecordedError(no_such("column of categories", column, columns))
        return self.layer.only_shown(columns[column].categories()[0])

    def _stamp(self, step: int) -> str:
        hidden = [self.layer.hidden] if self.layer.hidden else []
        return short_hash(self.run.stamp(self.layer.name, step), *hidden)


def _digest_of(snapshot: Snapshot) -> str:
    """Returns the digest of a snapshot's bytes, as `cache.digest` of all of them."""
    content = hashlib.blake2b(digest_size=16)
    for _, block in row_blocks(snapshot):
        content.update(np.ascontiguousarray(block).data)
    return content.hexdigest()
