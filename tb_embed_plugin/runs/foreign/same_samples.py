"""The steps of one tag that show the same samples, judged by their tables and thumbnails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.step_tables import some_of
from tb_embed_plugin.runs.foreign.table_facts import are_same_samples, table_facts
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.runs.tables.metadata_inference import MAX_TABLE_BYTES


class Logged(Protocol):
    """The files of one step of a tag."""

    @property
    def file(self) -> TensorFile:
        """The tensor."""

    @property
    def table(self) -> Path | None:
        """Its metadata."""

    @property
    def sheet(self) -> Path | None:
        """Its thumbnails."""


def of_the_same_samples(
    tensors: Mapping[int, Logged], groups: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Joins groups of steps that are known to show the same samples.

    Where a shape has more tables than are looked at (`some_of`), all of them are joined if
    those are.

    Args:
        tensors: What was logged, by step.
        groups: Steps of one shape and one table each, those of the newest first.

    Returns:
        Steps, ascending; those of the newest first.
    """
    by_shape: dict[tuple[int, int], list[Sequence[int]]] = {}
    for group in groups:
        by_shape.setdefault(tensors[group[-1]].file.shape, []).append(group)
    joined = [one for some in by_shape.values() for one in _joined(tensors, some)]
    return sorted(joined, key=max, reverse=True)


def _joined(tensors: Mapping[int, Logged], groups: Sequence[Sequence[int]]) -> list[list[int]]:
    by_table = {table: g for g in groups if (table := tensors[g[-1]].table) is not None}
    looked_at = [by_table[table] for table in some_of(list(by_table))]
    if len(looked_at) < len(by_table):
        newest = tensors[looked_at[0][-1]]
        if all(_are_same(newest, tensors[group[-1]]) for group in looked_at[1:]):
            untold = [list(g) for g in groups if tensors[g[-1]].table is None]
            return [sorted(step for g in by_table.values() for step in g), *untold]
        return [list(group) for group in groups]
    joined: list[list[int]] = []
    for group in groups:
        for other in joined:
            if _are_same(tensors[max(other)], tensors[group[-1]]):
                other.extend(group)
                break
        else:
            joined.append(list(group))
    return [sorted(steps) for steps in joined]


def _are_same(one: Logged, other: Logged) -> bool:
    if one.table is None or other.table is None:
        return bool(_same_images(one, other))
    rows, _ = one.file.shape
    facts, others = table_facts(one.table, rows), table_facts(other.table, rows)
    if facts is None or others is None:
        return False
    return are_same_samples(facts, others, lambda: _same_images(one, other))


def _same_images(one: Logged, other: Logged) -> bool | None:
    if one.sheet is None or other.sheet is None:
        return None
    return content_digest(one.sheet) == content_digest(other.sheet) != _UNREADABLE


def content_digest(file: Path) -> str:
    """Returns a hash of a file's content; remembered as long as its stamp stays."""
    return _content_digest(file, stamp_of(file))


_UNREADABLE = "unreadable"


@lru_cache(maxsize=1 << 16)
def _content_digest(file: Path, stamp: Stamp) -> str:
    if stamp is None or stamp[1] > MAX_TABLE_BYTES:
        return _UNREADABLE
    try:
        with open_file(file) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, UnreadableError):
        return _UNREADABLE
