"""Samples that two runs share, by a column `id`; what is no name of each is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.runs.match_runs import match_samples
from tb_embed_plugin.runs.run import Run
from tests.harness import read_run


def run_of(folder: Path, ids: Sequence[str] | None) -> Run:
    """Returns a run of other samples than any other, with a column `id` or without."""
    values = np.random.default_rng(len(folder.name)).normal(size=(4, 2)).astype(np.float32)
    metadata = {} if ids is None else {"id": list(ids)}
    record(folder, 0, {"fc1": values}, metadata=metadata)
    return read_run(folder)


def test_rows_of_the_same_id_belong_together(tmp_path: Path) -> None:
    one, other = run_of(tmp_path / "a", "wxyz"), run_of(tmp_path / "bb", "zyvx")
    match = match_samples(one, "fc1", other, "fc1")
    assert match.rows is not None
    assert match.onto_rows is not None
    assert match.by == "id"
    assert (match.rows.tolist(), match.onto_rows.tolist()) == ([3, 2, 1], [0, 1, 3])


@pytest.mark.parametrize(
    ("ids", "received"),
    [
        (None, "no column 'id'"),
        (["w", "", "y", "z"], "with missing or repeated values"),
        (["w", "w", "y", "z"], "with missing or repeated values"),
        (["", "", "y", "z"], "with missing or repeated values"),
        (["1", "2", "3", "4"], "no id of"),
    ],
)
def test_ids_that_name_no_sample_once_match_nothing(
    tmp_path: Path, ids: Sequence[str] | None, received: str
) -> None:
    one, other = run_of(tmp_path / "a", ids), run_of(tmp_path / "bb", "wxyz")
    with pytest.raises(UnsuitableDataError, match=received):
        match_samples(one, "fc1", other, "fc1")
    with pytest.raises(UnsuitableDataError, match=received if ids and ids[0] != "1" else "id"):
        match_samples(other, "fc1", one, "fc1")
