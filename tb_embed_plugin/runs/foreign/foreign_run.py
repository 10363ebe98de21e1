"""A run that others wrote: tensors in files, with whatever tables and sheets go with them.

The readers (`readers`) find `FolderContents`; this module makes a run of them. A file that
cannot be read becomes a problem of the run, and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.runs.finite import Rows, divided, not_finite_rows
from tb_embed_plugin.runs.foreign.folder_contents import (
    FolderContents,
    ForeignLayer,
    StoredTensor,
)
from tb_embed_plugin.runs.foreign.foreign_sprites import read_sheet
from tb_embed_plugin.runs.foreign.layer_samples import LayerSamples
from tb_embed_plugin.runs.label_column import with_classes
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.run import Run, not_finite_problems, short_hash
from tb_embed_plugin.runs.tables.metadata_inference import read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.snapshot import Snapshot
from tb_embed_plugin.wording import listed

MAX_PROBLEMS = 30
"""Problems listed of a run, besides those that say which snapshots are not finite."""


class ForeignRun(Run):
    """A run that others wrote.

    Args:
        name: TensorBoard's name of it.
        path: Its directory, symbolic links resolved; no file outside of it is read.
        found: What it holds.
        finite: Which rows of the snapshot of a stamp were found not to be finite when it was
            read; shared by all runs, so that a run read anew knows it still.
    """

    recording = False

    def __init__(
        self, name: str, path: Path, found: FolderContents, finite: dict[Hashable, Rows]
    ) -> None:
        super().__init__(name, path)
        self.writer = found.writer
        self._found = {layer.name: layer for layer in found.layers}
        self._finite = finite
        self._told = dict.fromkeys(found.problems)
        self._damaged: set[tuple[str, int]] = set()
        self._samples = LayerSamples()
        self._facts = [self._layer_facts(layer) for layer in found.layers]
        self._tell(_unfit_tables(found.layers, self._facts))

    @property
    def layers(self) -> Sequence[LayerFacts]:
        """The tensors, those that the configuration names first."""
        return self._facts

    @cached_property
    def step_facts(self) -> tuple[Step, ...]:
        """All steps; it is not known what they count."""
        times: dict[int, float] = {}
        written: dict[int, list[str]] = {}
        for layer in self._found.values():
            for step, tensor in layer.tensors.items():
                times.setdefault(step, tensor.wall_time)
                word = layer.written.get(step, str(step))
                if word not in written.setdefault(step, []):
                    written[step].append(word)
        names = {step: " / ".join(words) for step, words in written.items()}
        return tuple(
            Step(
                step,
                "step",
                epoch=None,
                batch=None,
                wall_time=time,
                iterations=None,
                name=None if names[step] == str(step) else names[step],
            )
            for step, time in sorted(times.items())
        )

    @property
    def problems(self) -> list[str]:
        """What could not be read, and which snapshots cannot be drawn."""
        shown = list(self._told)[:MAX_PROBLEMS]
        if len(self._told) > MAX_PROBLEMS:
            rest = len(self._told) - MAX_PROBLEMS
            shown.append(f"there are {rest} more damaged files like these")
        return [*shown, *not_finite_problems(self)]

    def stamp(self, layer: str, step: int) -> Hashable:
        """Returns what the file's stamp and the tensor's place in it are."""
        return self._tensor(layer, step).stamp

    def snapshot(self, layer: str, step: int) -> Snapshot:
        """Returns a snapshot, whose rows are read when they are asked for.

        Whether it can be read and its values are finite is found on this occasion; a layer
        is shown without a step that cannot be read.
        """
        tensor = self._tensor(layer, step)
        try:
            values = tensor.read()
            known = tensor.stamp in self._finite
            rows = self._finite[tensor.stamp] if known else not_finite_rows(values)
        except UnreadableError as error:
            if (layer, step) not in self._damaged:
                self._damaged.add((layer, step))
                self._told[f"{layer} at {self.step_words(step)}: {error}"] = None
                self._tell_anew()
            raise
        self._finite[tensor.stamp] = rows
        if not known and rows != ():
            self._tell_anew()
        return values

    def learn(self, layer: str, steps: Sequence[int]) -> None:
        """Reads those snapshots that nobody has read yet; damaged ones become problems."""
        for step in steps:
            if self._tensor(layer, step).stamp not in self._finite:
                with suppress(UnreadableError):
                    self.snapshot(layer, step)

    def columns(self, layer: str, step: int | None = None) -> list[Column]:
        """Returns the metadata of a layer's samples, none where there is no table."""
        facts, found = self.layer(layer), self._found[layer]
        table = found.table
        if found.step_tables is not None:
            columns, problems = found.step_tables.read(step)
            self._tell([f"{layer}, {problem}" for problem in problems])
            return with_classes(columns)
        if table is None or not facts.columns:
            return []
        columns = with_classes(read_inferred_table(table, facts.samples).columns)
        if tuple(column.info for column in columns) != facts.columns:
            raise UnreadableError(
                f"the columns of {table.name} have changed since they were listed; reload "
                "the page"
            )
        return columns

    def layer_version(self, name: str) -> str:
        """Changes when the data of the layer `name` do, its tables of single steps too."""
        version, tables = super().layer_version(name), self._found[name].step_tables
        return version if tables is None else short_hash(version, tables.stamps())

    def sprite(self, layer: str, page: int) -> tuple[bytes, str]:
        """Returns the sheet of a layer's samples as the file it is, and its media type."""
        facts = self.layer(layer)
        found = self._found[layer]
        if facts.sprite is None or found.sheet is None or page != 0:
            raise NotRecordedError(
                f"{layer!r} in run {self.name!r} has {int(facts.sprite is not None)} pages "
                f"of thumbnails, not a page {page}"
            )
        sheet = read_sheet(found.sheet, found.cell, facts.samples)
        return sheet.read(), sheet.media_type

    def _tell(self, problems: Sequence[str]) -> None:
        known = len(self._told)
        self._told |= dict.fromkeys(problems)
        self.revision += len(self._told) > known

    def _tell_anew(self) -> None:
        self._facts = [self._as_known(facts) for facts in self._facts]
        self.revision += 1

    def _tensor(self, layer: str, step: int) -> StoredTensor:
        facts = self.layer(layer)
        tensor = self._found[layer].tensors.get(step)
        if tensor is None:
            raise NotRecordedError(
                f"{layer!r} in run {self.name!r} has no step {step}; its steps: "
                f"{listed(facts.steps)}"
            )
        return tensor

    def _layer_facts(self, layer: ForeignLayer) -> LayerFacts:
        rows, units = layer.shape
        samples = self._samples.of(layer)
        for problem in samples.problems:
            self._told.setdefault(problem, None)
        facts = LayerFacts(
            name=layer.name,
            samples=rows,
            units=units,
            steps=tuple(sorted(layer.tensors)),
            not_finite=frozenset(),
            columns=samples.columns,
            sprite=samples.sprite,
            # Nothing else says which samples they are: one table, one set of samples.
            fingerprint=short_hash(samples.table_digest or (self.path, layer.name), rows),
            samples_version=samples.version,
            label=samples.label,
            notes=(*layer.notes, *samples.notes),
        )
        return self._as_known(facts)

    def _as_known(self, facts: LayerFacts) -> LayerFacts:
        """Returns a layer's facts with what reading has found out so far."""
        tensors = self._found[facts.name].tensors
        steps = tuple(s for s in facts.steps if (facts.name, s) not in self._damaged)
        rows = {step: self._finite.get(tensors[step].stamp, ()) for step in steps}
        wrong = {step: found for step, found in rows.items() if found != ()}
        left_out, hidden = divided(wrong, facts.samples)
        return replace(facts, steps=steps, not_finite=left_out, hidden_at=hidden)


def _unfit_tables(layers: Sequence[ForeignLayer], facts: Sequence[LayerFacts]) -> list[str]:
    """Says which tables that are meant for every tensor have as many rows as none of them."""
    fits: dict[Path, bool] = {}
    for layer, fact in zip(layers, facts, strict=True):
        if layer.table is not None and layer.table_for_all:
            fits[layer.table] = fits.get(layer.table, False) or bool(fact.columns)
    rows = ", ".join(sorted({str(fact.samples) for fact in facts})[:5])
    return [
        f"the tensor has {rows} rows, but {table.name}, which the configuration gives to "
        "all tensors, has another number; correct the table"
        for table, fitting in fits.items()
        if not fitting
    ]
