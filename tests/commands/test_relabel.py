"""Decisions about labels, and the labels that they correct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_embed_plugin import EmbedError, open_run, relabeled
from tb_embed_plugin.cli import main
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.planted import write_run

LABELS = ["cat", "dog", "=bird", "cat"]
TABLE = "id,old,new,decided\r\n1,dog,cat,fix\r\n3,cat,dog,keep\r\n2,'=bird,dog,fix\r\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "decisions.csv"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        (LABELS, None, ["cat", "cat", "dog", "cat"]),
        ([0, 1, 2, 0], ["cat", "dog", "=bird"], [0, 0, 1, 0]),
    ],
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_only_what_is_to_be_fixed_is_changed(
    tmp_path: Path,
    labels: list[Any],
    names: list[str] | None,
    expected: list[Any],
    separator: str,
) -> None:
    before = np.array(labels)
    after = relabeled(before, written(tmp_path, TABLE.replace(",", separator)), names)
    assert after.tolist() == expected
    assert before.tolist() == labels


@pytest.mark.parametrize(
    ("table", "labels", "message"),
    [
        ("id,old,new\n1,a,b\n", LABELS, "lacks the column decided"),
        ("id,old,new,decided\n1,cat,dog,fix\n", LABELS, "has the label 'dog'"),
        ("id,old,new,decided\n9,cat,dog,fix\n", LABELS, "there are 4 labels"),
        ("id,old,new,decided\n-1,cat,dog,fix\n", LABELS, "sample's number, not '-1'"),
        ("id,old,new,decided\n1,dog,cat,yes\n", LABELS, "fix"),
        ("id,old,new,decided\n1,7,dog,fix\n", [1, 7], "labels are numbers"),
        ("id,old,new,decided\n0,1,2,fix\n", [[1], [7]], "one a sample"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, table: str, labels: list[Any], message: str
) -> None:
    with pytest.raises(EmbedError, match=message):
        relabeled(labels, written(tmp_path, table))


def test_of_several_layers_those_that_know_no_labels_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.arange(200) % 4
    column = Column("label", "category", [str(one) for one in labels])
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(200, 4)).astype(np.float32)
    known = noise + 9 * np.eye(4, dtype=np.float32)[labels]
    write_run(tmp_path / "run", {"blind": [noise] * 2, "seeing": [known] * 2}, column)
    assert main(["label-errors", str(tmp_path)]) == 0
    blind, seeing = capsys.readouterr().out.splitlines()[:2]
    assert "wrong labels cannot be told apart in layer 'blind'" in blind
    assert "labels are probably wrong" in seeing
    assert main(["label-errors", str(tmp_path), "--layer", "blind"]) == 1


@pytest.mark.parametrize("form", ["labels.npy", "labels.txt"])
def test_from_a_run_to_corrected_labels(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command finds the one wrong label of five clusters; decided, it is corrected."""
    right = np.arange(100) % 5
    wrong = right.copy()
    wrong[7] = 0
    column = Column("label", "category", [str(one) for one in wrong])
    rng = np.random.default_rng(0)
    centers = 9 * rng.normal(size=(5, 8))
    snapshots = [(centers[right] + rng.normal(size=(100, 8))).astype(np.float32)] * 3
    write_run(tmp_path / "logs" / "run", {"fc1": snapshots}, column)
    table = tmp_path / "errors.csv"
    assert main(["label-errors", str(tmp_path / "logs"), "--output", str(table)]) == 0
    found = open_run(tmp_path / "logs", "run").layer().label_errors()
    assert found.sentence() in capsys.readouterr().out
    assert table.read_text().splitlines()[1].startswith("7,0,2,,")

    table.write_text(table.read_text().replace("7,0,2,,", "7,0,2,fix,"))
    labels, corrected = tmp_path / form, tmp_path / f"corrected-{form}"
    if form.endswith(".npy"):
        np.save(labels, wrong)
    else:
        labels.write_text("".join(f"{one}\n" for one in wrong))
    kept = labels.read_bytes()
    assert main(["relabel", str(table), str(labels), "--output", str(labels)]) == 1
    assert main(["relabel", str(table), str(labels), "--output", str(corrected)]) == 0
    assert labels.read_bytes() == kept
    assert "1 label changed" in capsys.readouterr().out
    now = np.load(corrected) if form.endswith(".npy") else np.loadtxt(corrected, int)
    assert now.tolist() == right.tolist()
