"""The columns of very many samples, kept in the run's cache as the tensors that the page gets.

A table of a million rows takes seconds to be cut into cells, and Python's lock meanwhile; its
tensors are read at the disk's speed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.metadata import METADATA_FILE
from tb_embed_plugin.runs.file_stamps import stamp_of
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.manifest import ColumnInfo
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.tables.metadata_table import MAX_TABLE_BYTES, Column
from tb_embed_plugin.server.columns import pack_columns

LEAST_SAMPLES = 20_000
"""Fewer samples are read from their table faster than they are looked for."""

VERSION = 1
"""Of what `pack_columns` makes of a table."""

Packed = tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]
"""What each column is, and the tensors, as `pack_columns` returns them."""


def packed_columns(run: Run, layer: LayerFacts, read: Callable[[], Sequence[Column]]) -> Packed:
    """Returns the packed metadata of a layer's samples.

    Those of our own runs are kept as long as the table stays as it is; a cache that cannot be
    written costs the next server the time, and nothing else.

    Args:
        run: The run.
        layer: The layer.
        read: Reads the columns from their table.

    Raises:
        EmbedError: As `read`.
    """
    if not isinstance(run, RecordedRun) or layer.samples < LEAST_SAMPLES:
        return pack_columns(read())
    cache = cache_of(run.path)
    described = [asdict(column) for column in layer.columns]
    stamp = stamp_of(run.path / METADATA_FILE)
    facts = {"metadata": VERSION, "columns": described, "rows": layer.samples, "table": stamp}
    folder, most = cache.layout(facts), MAX_TABLE_BYTES + 16 * layer.samples * len(described)
    kept = cache.tensors(folder, "columns", most)
    if kept is not None and stamp is not None:
        columns, tensors = kept[1].get("columns"), dict(kept[0])
        if _fits(columns, tensors, layer.columns, layer.samples):
            cache.use(folder)
            return columns, tensors
    packed = pack_columns(read())
    with contextlib.suppress(OSError):
        cache.keep_tensors(folder, "columns", packed[1], {"columns": packed[0]})
    return packed


def _fits(
    described: Any,
    tensors: Mapping[str, NDArray[Any]],
    columns: Sequence[ColumnInfo],
    rows: int,
) -> TypeGuard[list[dict[str, Any]]]:
    """Whether something is what `pack_columns` makes of such columns."""
    return (
        isinstance(described, list)
        and len(described) == len(columns)
        and all(
            isinstance(facts, Mapping)
            and asdict(column).items() <= facts.items()
            and _has_values(f"{i}", column, facts, tensors, rows)
            for i, (column, facts) in enumerate(zip(columns, described, strict=True))
        )
    )


def _has_values(
    prefix: str,
    column: ColumnInfo,
    facts: Mapping[str, Any],
    tensors: Mapping[str, NDArray[Any]],
    rows: int,
) -> bool:
    if column.type == "category":
        codes = tensors.get(f"{prefix}.codes")
        return _is(codes, "i", rows) and _has_strings(f"{prefix}.vocabulary", tensors, None)
    if column.type == "number" and isinstance(facts.get("first"), float):
        return True
    values = column.type == "text" or _is(tensors.get(f"{prefix}.values"), "f", rows)
    texts = column.type == "number" or _has_strings(f"{prefix}.text", tensors, rows)
    return values and texts


def _has_strings(prefix: str, tensors: Mapping[str, NDArray[Any]], count: int | None) -> bool:
    """Whether there are strings as `wire.encode_strings` writes them."""
    content, offsets = tensors.get(f"{prefix}.bytes"), tensors.get(f"{prefix}.offsets")
    if content is None or offsets is None or not len(offsets):
        return False
    return (
        content.dtype == np.uint8
        and _is(offsets, "u", len(offsets) if count is None else count + 1)
        and bool((offsets[:-1] <= offsets[1:]).all())
        and (int(offsets[0]), int(offsets[-1])) == (0, content.size)
    )


def _is(tensor: NDArray[Any] | None, kind: str, rows: int) -> bool:
    return tensor is not None and tensor.dtype.kind == kind and tensor.shape == (rows,)
