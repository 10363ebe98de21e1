"""The samples' metadata as tensors: as they lie in exported files, and smaller for the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.runs.tables.metadata_table import Column


def describe_columns(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Returns what each column is; where it has a value a step, what all steps hold."""
    described = []
    for column in columns:
        facts: dict[str, Any] = asdict(column.info)
        if column.over_steps is not None and column.type == "category":
            counts = column.over_steps.counts
            facts["counts"] = [counts.get(word, 0) for word in column.categories()[1]]
        if column.over_steps is not None and column.type in {"number", "date"}:
            facts["limits"] = column.over_steps.limits
        if column.over_steps is not None and column.type == "number":
            facts["values"] = list(column.over_steps.values.items())
        described.append(facts)
    return described


def pack_columns(columns: Sequence[Column]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Returns what each column is, and tensors whose values take no more bytes than needed.

    Row numbers, which are most tables' first column, are said in one: `first`, and no tensor.
    """
    described, tensors = describe_columns(columns), encode_columns(columns)
    for i, column in enumerate(columns):
        if column.type == "category":
            tensors[f"{i}.codes"] = _narrowed(tensors[f"{i}.codes"])
        elif column.type == "number":
            values = tensors.pop(f"{i}.values")
            if _counts_rows(values):
                described[i]["first"] = float(values[0])
            else:
                tensors[f"{i}.values"] = _halved(values)
    return described, tensors


def _narrowed(codes: NDArray[np.int32]) -> NDArray[np.signedinteger[Any]]:
    """Returns codes, of which -1 is one, in the narrowest type that holds them all."""
    most = int(codes.max(initial=0))
    fitting = next(kind for kind in (np.int8, np.int16, np.int32) if most <= np.iinfo(kind).max)
    return codes.astype(fitting, copy=False)


def _halved(values: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Returns the same numbers as float32 where all are numbers of it."""
    with np.errstate(over="ignore"):
        halved = values.astype(np.float32)
    return halved if np.array_equal(halved, values, equal_nan=True) else values


def _counts_rows(values: NDArray[np.float64]) -> bool:
    return len(values) > 0 and np.array_equal(values, values[0] + np.arange(len(values)))


def encode_columns(columns: Sequence[Column]) -> dict[str, Any]:
    """Returns tensors, each named by its column's number; docs/http_api.md describes them."""
    tensors: dict[str, Any] = {}
    for i, column in enumerate(columns):
        tensors.update(_encode(f"{i}", column))
    return tensors


def _encode(prefix: str, column: Column) -> dict[str, Any]:
    if column.type == "number":
        return {f"{prefix}.values": column.numbers()}
    if column.type == "date":
        text = wire.encode_strings(f"{prefix}.text", column.cells)
        return {f"{prefix}.values": column.dates(), **text}
    if column.type == "text":
        return wire.encode_strings(f"{prefix}.text", column.cells)
    codes, words = column.categories()
    vocabulary = wire.encode_strings(f"{prefix}.vocabulary", words)
    return {f"{prefix}.codes": codes, **vocabulary}
