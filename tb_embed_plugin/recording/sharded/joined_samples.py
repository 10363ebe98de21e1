"""The samples of all workers as those of one run, in the order of ranks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples.metadata_columns import MAX_CATEGORIES
from tb_embed_plugin.runs.label_column import is_quantity
from tb_embed_plugin.runs.manifest import ColumnInfo, ColumnType, Layer, OutputsInfo
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.wording import listed

_WHOLE = re.compile(r"-?[0-9]+")


@dataclass(frozen=True)
class JoinedSamples:
    """What a run begins with, joined of all parts.

    Attributes:
        layers: The recorded layers.
        columns: The metadata of all samples.
        fingerprint: Hash of the parts' fingerprints.
        outputs: What is recorded of the model's outputs.
    """

    layers: tuple[Layer, ...]
    columns: tuple[Column, ...]
    fingerprint: str
    outputs: OutputsInfo | None


def join_samples(parts: Sequence[RecordedPart]) -> JoinedSamples:
    """Returns the samples of all parts.

    Raises:
        MisuseError: The workers recorded other layers, outputs or columns than the chief, or in
            another dtype.
        UnreadableError: The metadata of a part cannot be read.
    """
    for part in parts[1:]:
        _check_alike(parts[0], part)
    chief = parts[0].manifest
    digest = hashlib.sha256("".join(p.manifest.fingerprint for p in parts).encode())
    return JoinedSamples(
        layers=chief.layers,
        columns=_join_columns(parts),
        # The same samples, spread over as many workers in the same way, have the same one.
        fingerprint=chief.fingerprint if len(parts) == 1 else digest.hexdigest()[:32],
        outputs=chief.outputs,
    )


def _check_alike(chief: RecordedPart, part: RecordedPart) -> None:
    ours, theirs = chief.manifest, part.manifest
    for what, of_chief, of_part in (
        ("shard=(rank, world) for a world of", chief.facts.world, part.facts.world),
        (
            "the layers",
            listed(x.name for x in ours.layers),
            listed(x.name for x in theirs.layers),
        ),
        ("the layers and units", ours.layers, theirs.layers),
        ("the dtype", chief.facts.dtype, part.facts.dtype),
        ("the outputs", ours.outputs, theirs.outputs),
        ("the columns", _names(ours.columns), _names(theirs.columns)),
    ):
        if of_chief != of_part:
            raise MisuseError(
                f"worker {part.rank} records {what} {of_part}, but worker 0 {of_chief}; "
                "record the same in all workers, each of its own samples"
            )


def _names(columns: Sequence[ColumnInfo]) -> str:
    return listed(column.name for column in columns)


def _join_columns(parts: Sequence[RecordedPart]) -> tuple[Column, ...]:
    tables = [part.columns() for part in parts]
    # The first column is the row in what was given, as one process that was given all says it.
    starts = accumulate((part.facts.rows for part in parts[:-1]), initial=0)
    index = [
        str(int(cell) + start)
        for table, start in zip(tables, starts, strict=True)
        for cell in table[0].cells
    ]
    others = list(zip(*(table[1:] for table in tables), strict=True))
    return (replace(tables[0][0], cells=index), *map(_join_column, others))


def _join_column(same: Sequence[Column]) -> Column:
    cells = [cell for column in same for cell in column.cells]
    kind = _type_of(same, cells)
    known = [cell for cell in cells if cell]
    if kind == "number" and same[0].name == "label" and all(map(_WHOLE.fullmatch, known)):
        # What are classes and what is a quantity, all labels together say.
        kind = "number" if is_quantity(map(int, known), len(known)) else "category"
    elif kind == "number":
        cells = [
            # One process that knows of fractions writes whole labels as these, too.
            str(float(cell)) if cell and column.type == "category" else cell
            for column in same
            for cell in column.cells
        ]
    return Column(same[0].name, kind, cells)


def _type_of(same: Sequence[Column], cells: Sequence[str]) -> ColumnType:
    """Returns the type that one process would have given the column."""
    # A part without a value says nothing.
    types = {column.type for column in same if any(column.cells)} or {"category"}
    if same[0].name == "label" and types <= {"category", "number"}:
        labels = (cell for column in same if column.type == "category" for cell in column.cells)
        are_numbers = "number" in types and all(map(_WHOLE.fullmatch, filter(None, labels)))
        return "number" if are_numbers else "category"
    if len(types) == 1 and types != {"category"}:
        return types.pop()
    return "text" if len(set(cells)) > MAX_CATEGORIES else "category"
