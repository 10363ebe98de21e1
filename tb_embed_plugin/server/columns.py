"""The samples' metadata as tensors, as they cross the wire and lie in exported files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

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
