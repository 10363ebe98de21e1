"""What workers say of their samples and values, as one process would say it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import PARTS_FOLDER
from tb_embed_plugin.recording.samples.labels import label_columns
from tb_embed_plugin.recording.sharded.joined_samples import join_samples
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.label_column import with_classes
from tb_embed_plugin.runs.manifest import Layer
from tb_embed_plugin.runs.parts import PartFacts, read_attempt, write_part
from tb_embed_plugin.runs.recorded_part import RecordedPart
from tb_embed_plugin.runs.tables.metadata_table import index_column
from tb_embed_plugin.runs.writer import RunWriter
from tests.harness import wait_until


def part_with(folder: Path, rank: int, labels: list[object]) -> RecordedPart:
    part, count = made(folder / f"{rank}-{'0' * 16}"), len(labels)
    write_part(part, PartFacts(world=2, rows=count, dtype="float32"))
    RunWriter.begin(
        part,
        layers=[Layer("fc1", 3)],
        columns=[index_column(count), *label_columns(labels, count, None)],
        fingerprint="",
        outputs=None,
        is_part=True,
    )
    found = RecordedPart.read(part)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.0, 1.0, -2.0, 1e20], [0.5, 0.25]),
        ([0.5, float("nan")], [float("nan"), 3.0]),
        ([0.0, 1.0], [2.0, 1.0]),
        ([*range(100)] * 3, [*range(100, 200)] * 3),
        ([*range(25, 125)], [7, 7, 7]),
        ([*range(25, 125)] * 4, [*range(25, 125)] * 4),
        (["a", "b"], [0.5, 0.25]),
        ([dt.date(2024, 1, 5)], [0.5]),
    ],
)
def test_labels_are_those_of_one_process(
    tmp_path: Path, first: list[object], second: list[object]
) -> None:
    parts = [part_with(tmp_path, rank, labels) for rank, labels in enumerate((first, second))]
    together = [*first, *second]
    if not all(isinstance(label, float) for label in together):
        together = np.array(together, object)  # type: ignore[assignment] # else all become words
    (expected,) = label_columns(together, len(together), None)
    (_, label) = join_samples(parts).columns
    assert label == expected
    assert with_classes([label]) == with_classes([expected])


def test_workers_that_store_in_another_dtype_are_named(tmp_path: Path) -> None:
    log_dir, values = tmp_path / "run", np.full((4, 3), 1e6, np.float32)
    for rank, dtype in enumerate(("float16", "float32")):
        record(log_dir, 0, {"fc1": values * rank}, shard=(rank, 2), dtype=dtype)
    parts = log_dir / PARTS_FOLDER
    wait_until(lambda: (attempt := read_attempt(parts)) is not None and attempt.has_failed)
    with pytest.raises(
        UnwritableError, match="worker 1 records the dtype float32, but worker 0 float16"
    ):
        record(log_dir, 1, {"fc1": values}, shard=(0, 2), dtype="float16")
