"""`add_embedding` with predictions in the metadata: tables that differ from step to step."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboardX import SummaryWriter

from tb_embed_plugin import wire
from tb_embed_plugin.commands.check import check
from tb_embed_plugin.commands.export import export
from tb_embed_plugin.commands.project import Wish, project_one
from tb_embed_plugin.notebook import open_run
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.foreign import step_tables
from tb_embed_plugin.runs.run import Run
from tests.harness import client_for, find_run

BASE = "/data/plugin/tb_embed/"
SAMPLES = 24
LABELS = [f"class {i % 3}" for i in range(SAMPLES)]
SAMPLE_NAMES = [f"image-{i}.png" for i in range(SAMPLES)]
STEPS = (0, 5, 10)

Rows = Sequence[Sequence[object]]


def predictions(step: int) -> list[str]:
    """Class 2 is predicted at the last step alone."""
    words = LABELS if step == STEPS[-1] else [f"class {(i + step) % 2}" for i in range(SAMPLES)]
    return list(words)


def confidences(step: int) -> list[float]:
    return [round(0.5 + 0.01 * i + 0.02 * step, 3) for i in range(SAMPLES)]


def write(folder: Path, tables: dict[int, tuple[list[str], Rows]], **more: Any) -> Run:
    rng = np.random.default_rng(0)
    with SummaryWriter(str(folder)) as writer:
        for step, (header, rows) in tables.items():
            mat = rng.standard_normal((SAMPLES, 4)).astype(np.float32)
            writer.add_embedding(
                mat, metadata=rows, metadata_header=header, global_step=step, **more
            )
    return find_run(folder)


def table(*columns: tuple[str, Sequence[object]]) -> tuple[list[str], Rows]:
    return [name for name, _ in columns], list(
        zip(*(cells for _, cells in columns), strict=True)
    )


def with_predictions(step: int) -> tuple[list[str], Rows]:
    return table(
        ("label", LABELS),
        ("prediction", predictions(step)),
        ("confidence", confidences(step)),
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return write(tmp_path, {step: with_predictions(step) for step in STEPS})


def cells(run: Run, step: int | None, name: str) -> list[str]:
    (layer,) = run.layers
    return next(list(c.cells) for c in run.columns(layer.name, step) if c.name == name)


def test_predictions_in_the_metadata_keep_one_layer_with_all_its_steps(run: Run) -> None:
    (layer,) = run.layers
    assert (layer.name, layer.steps, run.problems) == ("default", STEPS, [])
    assert [(c.name, c.type, c.by_step) for c in layer.columns] == [
        ("label", "category", False),
        ("prediction", "category", True),
        ("confidence", "number", True),
    ]
    for step in STEPS:
        assert cells(run, step, "label") == LABELS
        assert cells(run, step, "prediction") == predictions(step)
        assert cells(run, step, "confidence") == [str(c) for c in confidences(step)]
    assert cells(run, None, "prediction") == predictions(STEPS[-1])


def test_a_step_is_answered_with_the_words_and_the_range_of_all_steps(run: Run) -> None:
    client = client_for(run.path, EmbeddingsPlugin)
    (layer,) = client.get(BASE + "runs").get_json()["runs"][0]["layers"]
    assert [c["by_step"] for c in layer["columns"]] == [False, True, True]
    query = BASE + "metadata?run=.&layer=default"
    first = client.get(f"{query}&step=0&v={layer['version']}")
    assert "max-age=31536000" in first.headers["Cache-Control"]
    tensors, info = wire.decode(first.data)
    assert [c["name"] for c in info["columns"]] == ["prediction", "confidence"]
    # The colour of a word is its place in the vocabulary: "class 2" has one at step 0 too.
    words = ["class 0", "class 1", "class 2"]
    offsets = tensors["0.vocabulary.offsets"]
    text = tensors["0.vocabulary.bytes"].tobytes().decode()
    assert [text[a:b] for a, b in pairwise(offsets)] == words
    assert [words[code] for code in tensors["0.codes"]] == predictions(0)
    assert info["columns"][0]["counts"] == [
        sum(predictions(step).count(word) for step in STEPS) for word in words
    ]
    low, high = info["columns"][1]["limits"]
    assert low == pytest.approx(np.quantile(confidences(0), 0.02))
    assert high == pytest.approx(np.quantile(confidences(10), 0.98))
    assert tensors["1.values"].tolist() == confidences(0)

    whole = client.get(f"{query}&v={layer['samples_version']}")
    # The last step's values are no part of what stays while a run goes on.
    assert "max-age=31536000" not in whole.headers["Cache-Control"]
    _, info = wire.decode(whole.data)
    assert [c["name"] for c in info["columns"]] == ["label", "prediction", "confidence"]
    assert client.get(f"{query}&step=7").status_code == 404


def test_dates_and_whole_numbers_by_step_have_the_range_of_all_steps(tmp_path: Path) -> None:
    def votes(step: int) -> list[int]:
        return [step + i % 20 for i in range(SAMPLES)]

    def days(step: int) -> list[str]:
        return [f"2024-02-{1 + step + i % 9:02}" for i in range(SAMPLES)]

    tables = {
        step: table(("id", SAMPLE_NAMES), ("seen", days(step)), ("votes", votes(step)))
        for step in STEPS
    }
    write(tmp_path, tables)
    client = client_for(tmp_path, EmbeddingsPlugin)
    answers = [client.get(BASE + f"metadata?run=.&layer=default&step={step}") for step in STEPS]
    facts = [wire.decode(answer.data)[1]["columns"] for answer in answers]
    assert facts[0] == facts[1] == facts[2], "colors do not jump from step to step"
    seen, voted = facts[0]
    assert (seen["type"], voted["type"]) == ("date", "number")
    day = np.datetime64("2024-02-01").astype("datetime64[s]").astype(int)
    first, last = (np.array([int(d[-2:]) - 1 for d in days(step)]) for step in (0, 10))
    expected = day + 86400 * np.array([np.quantile(first, 0.02), np.quantile(last, 0.98)])
    np.testing.assert_allclose(seen["limits"], expected)
    values, counts = np.unique([votes(step) for step in STEPS], return_counts=True)
    assert voted["values"] == np.stack([values, counts], axis=1).tolist()


def test_a_prediction_is_nobodys_label(tmp_path: Path) -> None:
    tables = {
        step: table(("id", range(SAMPLES)), ("prediction", predictions(step))) for step in STEPS
    }
    write(tmp_path, tables)
    layer = open_run(tmp_path).layer("default")
    assert layer.classes == ()
    client = client_for(tmp_path, EmbeddingsPlugin)
    query = "projection?run=.&layer=default&engine=axes&kind=lda&components=2&column=prediction"
    answer = client.get(BASE + query)
    assert answer.status_code == 400
    assert "is not a column of classes" in answer.text


@pytest.mark.parametrize(
    "kind", ["permuted", "other samples of the same labels", "nothing same"]
)
def test_other_samples_are_not_taken_for_changing_metadata(tmp_path: Path, kind: str) -> None:
    def rows(step: int) -> tuple[list[str], Rows]:
        turn = step % 7
        if kind == "permuted":
            order = [(i + turn) % SAMPLES for i in range(SAMPLES)]
            return table(("id", order), ("label", [LABELS[i] for i in order]))
        if kind == "nothing same":
            return table(("guess", predictions(step)), ("sure", confidences(step)))
        files = [f"image-{i + 100 * step}.png" for i in range(SAMPLES)]
        return table(("file", files), ("label", sorted(LABELS)))

    run = write(tmp_path, {step: rows(step) for step in (0, 5)})
    assert [layer.steps for layer in run.layers] == [(5,), (0,)]
    (problem,) = run.problems
    assert "tables of metadata that differ, with no column that shows the same" in problem
    assert not any(column.by_step for layer in run.layers for column in layer.columns)


def test_the_same_thumbnails_say_that_samples_are_the_same(tmp_path: Path) -> None:
    images = np.random.default_rng(1).random((SAMPLES, 3, 5, 5)).astype(np.float32)
    tables = {
        step: table(("guess", predictions(step)), ("sure", [1] * SAMPLES)) for step in STEPS
    }
    run = write(tmp_path, tables, label_img=images)
    (layer,) = run.layers
    assert layer.steps == STEPS
    assert cells(run, 0, "guess") == predictions(0)


def test_a_column_that_only_some_steps_have_is_missing_at_the_others(tmp_path: Path) -> None:
    tables = {0: table(("id", SAMPLE_NAMES), ("label", LABELS)), 5: with_ids(5)}
    run = write(tmp_path, tables)
    (layer,) = run.layers
    assert {c.name: c.by_step for c in layer.columns} == {
        "id": False,
        "label": False,
        "prediction": True,
    }
    assert cells(run, 0, "prediction") == [""] * SAMPLES
    assert cells(run, 5, "prediction") == predictions(5)


def with_ids(step: int) -> tuple[list[str], Rows]:
    return table(("id", SAMPLE_NAMES), ("label", LABELS), ("prediction", predictions(step)))


def test_of_very_many_tables_some_are_looked_at_and_each_is_checked_when_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_tables, "MAX_COMPARED", 3)
    tables = {step: with_ids(step) for step in (0, 1, 10)}
    tables |= {step: with_predictions_of_step(step) for step in (2, 3, 4, 5, 6, 7)}
    # Not among those that are looked at: 0, 10 and the one in the middle.
    tables[3] = table(
        ("id", SAMPLE_NAMES[::-1]), ("label", LABELS), ("prediction", predictions(0))
    )
    run = write(tmp_path, dict(sorted(tables.items())))
    (layer,) = run.layers
    assert layer.steps == (0, 1, 2, 3, 4, 5, 6, 7, 10)
    assert cells(run, 3, "prediction") == [""] * SAMPLES
    assert cells(run, 3, "id") == SAMPLE_NAMES
    (problem,) = run.problems
    assert (
        "metadata of step 3: columns differ from those at the other steps (id, label)"
        in problem
    )
    assert "prediction of that step are not shown" in problem
    assert cells(run, 2, "prediction") == predictions_of(2)

    (report,) = check(tmp_path)
    assert problem in report.problems


def predictions_of(step: int) -> list[str]:
    return [f"class {(i * step) % 3}" for i in range(SAMPLES)]


def with_predictions_of_step(step: int) -> tuple[list[str], Rows]:
    return table(("id", SAMPLE_NAMES), ("label", LABELS), ("prediction", predictions_of(step)))


def test_what_the_headers_were_taken_for_is_said_once_and_not_once_a_step(
    tmp_path: Path,
) -> None:
    write(tmp_path, {step: with_ids(step) for step in STEPS})
    for step, line in ((5, 3), (10, 2)):
        file = tmp_path / f"{step:05}" / "default" / "metadata.tsv"
        lines = file.read_text().split("\n")
        lines[line] += "\tby hand" * (step == 5)
        lines.insert(line, "# made by hand")
        file.write_text("\n".join(lines))
    (layer,) = find_run(tmp_path).layers
    assert layer.steps == STEPS

    header = "line 1, 'id\\tlabel\\tprediction', of metadata.tsv is taken for its header"
    assert list(layer.notes) == [header]
    problems = find_run(tmp_path).problems
    (remark_5,) = [p for p in problems if "metadata of step 5: " in p and "line 4" in p]
    (remark_10,) = [p for p in problems if "metadata of step 10: " in p]
    assert "'# made by hand'" in remark_5
    assert "'# made by hand'" in remark_10
    assert any(
        "metadata of step 5: metadata.tsv has 3 cells in most rows" in p for p in problems
    )

    (report,) = check(tmp_path)
    assert report.lines.count(f"layer default: {header}") == 1
    assert sum("made by hand" in problem for problem in report.problems) == 2


def test_a_table_that_was_not_looked_at_says_what_is_wrong_once_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_tables, "MAX_COMPARED", 2)
    write(tmp_path, {step: with_ids(step) for step in STEPS})
    file = tmp_path / "00005" / "default" / "metadata.tsv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    run = find_run(tmp_path)
    assert run.problems == []
    assert cells(run, 5, "prediction") == [""] * SAMPLES
    (problem,) = run.problems
    assert "metadata of step 5: metadata.tsv has 23 rows" in problem


def test_words_among_numbers_are_left_out_and_told(tmp_path: Path) -> None:
    tables = {step: with_predictions(step) for step in STEPS}
    run = write(tmp_path, tables)
    file = tmp_path / "00005" / "default" / "metadata.tsv"
    lines = file.read_text().split("\n")
    lines[1] = lines[1].rsplit("\t", 1)[0] + "\tunsure"
    file.write_text("\n".join(lines))
    run = find_run(tmp_path)
    (layer,) = run.layers
    kinds = {c.name: c.type for c in layer.columns}
    assert kinds["confidence"] in ("category", "text")  # not all of them are numbers
    assert cells(run, 5, "confidence")[0] == "unsure"


def test_two_entries_of_one_tensor_with_different_tables_are_told(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "t.tsv", np.eye(3), delimiter="\t")
    for name in "ab":
        (tmp_path / f"{name}.tsv").write_text("".join(f"{name}{i}\n" for i in range(3)))
    entry = 'embeddings {{ tensor_name: "t" tensor_path: "t.tsv" metadata_path: "{}.tsv" }}'
    config = "\n".join(entry.format(name) for name in "ab")
    (tmp_path / "projector_config.pbtxt").write_text(config)
    run = find_run(tmp_path)
    assert [c.cells[0] for c in run.columns("t")] == ["a0"]
    (problem,) = run.problems
    assert "the configuration has two entries for t" in problem
    assert "a.tsv" in problem
    assert "b.tsv" in problem


def test_a_notebook_and_an_export_have_each_steps_own_values(run: Run) -> None:
    layer = open_run(run.path).layer("default")
    assert layer.metadata_at(5)["prediction"].tolist() == predictions(5)
    assert layer.metadata["prediction"].tolist() == predictions(STEPS[-1])

    wish = Wish(run.path, None, None, "pca", 2, {})
    projected = project_one(wish)
    file = run.path.with_name("out")
    export(projected, "csv", file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    for step in STEPS:
        at = [row for row in rows if row["step"] == str(step)]
        assert [row["prediction"] for row in at] == predictions(step)
        assert [row["label"] for row in at] == LABELS
    export(projected, "npz", file)
    arrays = np.load(file)
    assert arrays["metadata.prediction"].tolist() == [predictions(step) for step in STEPS]
    assert arrays["metadata.label"].tolist() == LABELS
    export(projected, "html", file)
    (data,) = re.findall(r'<script type="application/json".*?>(.*?)</script>', file.read_text())
    columns = {column["name"]: column for column in json.loads(data)["columns"]}
    assert [column["by_step"] for column in columns.values()] == [False, True, True]
    words, codes = columns["prediction"]["words"], columns["prediction"]["codes"]
    assert [[words[code] for code in at] for at in codes] == [predictions(s) for s in STEPS]
    assert columns["confidence"]["cells"][1] == [str(value) for value in confidences(5)]
    assert len(columns["label"]["codes"]) == 1
