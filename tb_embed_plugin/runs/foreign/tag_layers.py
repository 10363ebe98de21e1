"""The layers of a tag of `add_embedding`: one, or several where its rows are other samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tb_embed_plugin.runs.foreign.folder_contents import ForeignLayer
from tb_embed_plugin.runs.foreign.same_samples import content_digest, of_the_same_samples
from tb_embed_plugin.runs.foreign.step_tables import StepTables
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile


@dataclass(frozen=True)
class TaggedTensor:
    """The files of an entry, all inside of the run."""

    file: TensorFile
    table: Path | None
    sheet: Path | None
    cell: tuple[int, ...]


def layers_of_tag(
    tag: str,
    tensors: Mapping[int, TaggedTensor],
    written: Mapping[int, str],
    problems: list[str],
) -> list[ForeignLayer]:
    """Returns a tag as one layer, or as several where its rows are not the same samples.

    The newest keeps the name; the others are named by their steps.
    """
    groups: dict[tuple[tuple[int, int], str], list[int]] = {}
    for step in sorted(tensors, reverse=True):
        tensor = tensors[step]
        key = tensor.file.shape, "" if tensor.table is None else content_digest(tensor.table)
        groups.setdefault(key, []).insert(0, step)
    order = sorted(tensors)
    layers: list[ForeignLayer] = []
    for steps in of_the_same_samples(tensors, list(groups.values())):
        newest = tensors[steps[-1]]
        tables = {step: tensors[step].table for step in steps}
        differ = any(steps != same for same in groups.values() if steps[-1] in same)
        layers.append(
            ForeignLayer(
                name=f"{tag} ({_span(steps, order, written)})" if layers else tag,
                tensors={step: tensors[step].file for step in steps},
                table=newest.table,
                sheet=newest.sheet,
                cell=newest.cell,
                written={step: written[step] for step in steps if step in written},
                step_tables=StepTables(tables, newest.file.shape[0], written)
                if differ
                else None,
            )
        )
    if len(layers) > 1:
        shapes = list(dict.fromkeys(layer.shape for layer in layers))
        problems.append(_difference(tag, shapes, [layer.name for layer in layers]))
    return layers


def _difference(tag: str, shapes: Sequence[tuple[int, int]], names: Sequence[str]) -> str:
    """Says why a tag's steps are shown apart."""
    received = "tables of metadata that differ, with no column that shows the same samples"
    if len(shapes) > 1:
        some = ", ".join(f"{rows} x {columns}" for rows, columns in shapes[:3])
        received = f"tensors of {some}{' and others' * (len(shapes) > 3)}"
    shown = ", ".join(names[:3]) + " and others" * (len(names) > 3)
    return (
        f"{tag} has different samples at its steps ({received}): they are shown "
        f"separately, as {shown}; pass the same samples and metadata to add_embedding at "
        "every step"
    )


def _span(steps: Sequence[int], order: Sequence[int], written: Mapping[int, str]) -> str:
    """Returns some of a tag's steps in words: those that follow one another as a range."""
    places = {step: place for place, step in enumerate(order)}
    ranges = []
    for _, pairs in groupby(enumerate(steps), key=lambda pair: places[pair[1]] - pair[0]):
        row = [written.get(step, str(step)) for _, step in pairs]
        ranges.append(row[0] if len(row) == 1 else f"{row[0]}-{row[-1]}")
    some = ranges if len(ranges) < 5 else [*ranges[:3], "…", ranges[-1]]
    return f"step{'s' * (len(steps) > 1)} {', '.join(some)}"
