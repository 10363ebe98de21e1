"""Which column is the label: one answer, which everything that is told of classes follows."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score
from werkzeug.test import Client

from tb_embed_plugin import cli, record
from tb_embed_plugin.notebook import open_run
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.label_column import RANKS, choose_label, with_classes
from tb_embed_plugin.runs.manifest import ColumnType
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.clusters import BASE, get, wait_for
from tests.harness import client_for, find_run
from tests.planted import Head, write_run

SAMPLES = 100
CLASSES = np.array(["ant", "bee", "cow", "dog", "eel"])
CODES = np.arange(SAMPLES) % 5
SEXES = np.array(["f", "m"])[np.random.default_rng(1).integers(2, size=SAMPLES)]
WRONG = 7
"""A sample whose class is written down wrong."""
WORDS = [str(CLASSES[0 if i == WRONG else code]) for i, code in enumerate(CODES)]
FC1 = {"run": ".", "layer": "fc1"}


def clusters(step: int) -> NDArray[np.float32]:
    """Returns five clean clusters by `CODES`, which know nothing of `SEXES`."""
    rng = np.random.default_rng(step)
    centres = np.random.default_rng(9).normal(size=(5, 6)) * 20
    return (centres[CODES] + rng.normal(size=(SAMPLES, 6))).astype(np.float32)


def write(logdir: Path, metadata: Mapping[str, Sequence[object]]) -> Path:
    for step in range(3):
        first = metadata if step == 0 else None
        record(logdir, step, {"fc1": clusters(step)}, metadata=first, epoch=step)
    return logdir


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five clean clusters by `class`; `sex` stands before it."""
    folder = tmp_path_factory.mktemp("labels")
    return write(folder / "logs", {"sex": list(SEXES), "class": WORDS})


@pytest.fixture(scope="module")
def client(logdir: Path) -> Client:
    return client_for(logdir, EmbeddingsPlugin)


def ask(client: Client, route: str, **query: Any) -> Any:
    for _ in range(50):
        answer = get(client, route, {**FC1, **query})
        assert answer.status_code == 200, answer.text
        told = answer.get_json() if answer.is_json else info_of(answer.data)
        if told.get("state", "done") == "done":
            return told
    raise AssertionError(f"{route} is never done")


def info_of(body: bytes) -> Any:
    (size,) = struct.unpack("<Q", body[:8])
    return json.loads(json.loads(body[8 : 8 + size])["__metadata__"]["json"])


def metric(client: Client, name: str, **query: Any) -> list[Any]:
    found = ask(client, "metrics", **query)["metrics"]
    return next(entry["values"] for entry in found if entry["name"] == name)


def quality(client: Client, **query: Any) -> list[Any]:
    asked = {**FC1, **query}
    get(client, "quality", asked, start=True)
    told = wait_for(client, "quality", asked, "done")
    assert told["label"] == (query.get("label", "class") or None)
    return [frame["label_accuracy"] for frame in told["frames"]]


def test_five_clusters_by_class_are_measured_by_class_though_sex_comes_first(
    client: Client,
) -> None:
    (run,) = get(client, "runs", {}).get_json()["runs"]
    assert run["layers"][0]["label"] == "class"
    assert run["problems"] == []

    assert min(metric(client, "knn_accuracy")) >= 0.95
    expected = silhouette_score(clusters(2), WORDS)
    assert metric(client, "silhouette")[2] == pytest.approx(expected, abs=1e-3)
    wrong = ask(client, "samples", rule="label_error")["samples"]
    assert wrong[0]["sample"] == WRONG
    assert wrong[0]["score"] > 0.8
    assert min(quality(client)) >= 0.95


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_class_means_and_lda_are_those_of_class(client: Client, kind: str) -> None:
    def positions(**query: Any) -> bytes:
        answer = get(
            client,
            "projection",
            {**FC1, "engine": "axes", "kind": kind, "components": 10, **query},
        )
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)

    own = positions()
    assert info_of(own)["label"] == "class"
    assert info_of(own)["leading"] == 4  # of five classes
    assert own == positions(column="class")
    assert info_of(positions(label="sex"))["label"] == "sex"
    assert info_of(positions(label="sex"))["leading"] == 1
    assert positions(label="sex") == positions(column="sex") != own


ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("quality", {}),
    ("metrics", {}),
    ("sample_metrics", {"name": "agreement"}),
    ("sample_metrics", {"name": "label_error"}),
    ("samples", {"rule": "neighborhood_flipping"}),
    ("findings", {}),
    ("similarity", {}),
    ("units", {"step": 2}),
    ("neighbor_history", {"sample": 1}),
]
OF_OUTPUTS: list[tuple[str, dict[str, Any]]] = [
    ("confusion", {"step": 1}),
    ("sample_history", {"sample": 1}),
    ("class_pair", {"first": "0", "second": "1"}),
    ("regions", {"engine": "pca"}),
    ("comparison", {"with_layer": "fc2"}),
]


@pytest.mark.parametrize(("route", "query"), ROUTES)
@pytest.mark.parametrize("label", ["class", "sex"])
def test_every_answer_says_of_which_label_it_is(
    client: Client, route: str, query: dict[str, Any], label: str
) -> None:
    own = get(client, route, {**FC1, **query}).get_data()
    assert b'"label": "class"' in own.replace(b"\\", b"")
    chosen = get(client, route, {**FC1, **query, "label": label}).get_data()
    assert f'"label": "{label}"'.encode() in chosen.replace(b"\\", b"")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A run with the model's outputs, and columns `sex`, `Class` of its classes."""
    folder = tmp_path_factory.mktemp("judged")
    snapshots = [clusters(step) for step in range(3)]
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(6, 5)).astype(np.float32) for _ in snapshots]
    columns = {"sex": list(SEXES), "Class": [str(code) for code in CODES]}
    write_run(
        folder,
        {"fc1": snapshots, "fc2": snapshots[::-1]},
        *(Column(name, "category", cells) for name, cells in columns.items()),
        head=Head(kernels, [np.zeros(5, np.float32)] * 3),
    )
    return client_for(folder, EmbeddingsPlugin)


@pytest.mark.parametrize(("route", "query"), OF_OUTPUTS)
def test_so_does_every_answer_that_holds_the_model_against_it(
    judged: Client, route: str, query: dict[str, Any]
) -> None:
    answer = get(judged, route, {**FC1, **query}).get_data()
    assert b'"label": "Class"' in answer.replace(b"\\", b"")


def test_without_a_label_the_model_is_not_judged(judged: Client) -> None:
    assert set(metric(judged, "accuracy")) != {None}
    assert set(metric(judged, "accuracy", label="")) == {None}
    assert ask(judged, "metrics", label="")["classes_are_outputs"] is False
    for route, query in OF_OUTPUTS[:3]:
        refused = get(judged, route, {**FC1, **query, "label": ""})
        assert refused.status_code in {400, 404}
    rules = [rule["rule"] for rule in ask(judged, "findings", label="")["rules"]]
    assert rules == ["duplicate", "outlier", "flipping", "moved", "churned"]


def test_another_label_has_other_numbers_and_each_keeps_its_own(
    client: Client, logdir: Path
) -> None:
    by_class, by_sex = metric(client, "silhouette"), metric(client, "silhouette", label="sex")
    assert by_sex[2] == pytest.approx(silhouette_score(clusters(2), SEXES), abs=1e-3)
    kept, kept_by_sex = quality(client), quality(client, label="sex")
    assert max(kept_by_sex) < 0.8 < min(kept)

    # In another order, and from what is kept on disk alone.
    again = client_for(logdir, EmbeddingsPlugin)
    told = [ask(again, "quality", label=label) for label in ("sex", "class")]
    assert [told[0]["state"], told[1]["state"]] == ["done", "done"]
    assert [f["label_accuracy"] for f in told[0]["frames"]] == kept_by_sex
    assert [f["label_accuracy"] for f in told[1]["frames"]] == kept
    assert metric(again, "silhouette", label="sex") == by_sex
    assert metric(again, "silhouette") == by_class


def test_what_was_measured_of_no_label_is_not_told_of_one(client: Client) -> None:
    assert quality(client, label="") == [None] * 3
    assert min(quality(client)) >= 0.95


def nothing_is_claimed(client: Client, **query: Any) -> None:
    told = ask(client, "metrics", **query)
    assert told["label"] is None
    assert told["classes"] == []
    values = {entry["name"]: entry["values"] for entry in told["metrics"]}
    for name in ("accuracy", "knn_accuracy", "probe_accuracy", "silhouette", "nc1"):
        assert set(values[name]) == {None}
    rules = [rule["rule"] for rule in ask(client, "findings", **query)["rules"]]
    assert rules == ["duplicate", "outlier", "moved", "churned"]
    refused = get(client, "projection", {**FC1, "engine": "axes", **query})
    assert refused.status_code == 400
    assert "Choose a label column" in refused.text


def test_no_label_is_a_choice(client: Client) -> None:
    nothing_is_claimed(client, label="")


def test_a_column_that_holds_no_classes_is_no_label(client: Client) -> None:
    for route in ("metrics", "quality", "findings"):
        refused = get(client, route, {**FC1, "label": "index"})
        assert refused.status_code == 400
        assert "words or few whole numbers" in refused.text
        assert get(client, route, {**FC1, "label": "sx"}).status_code == 400


def test_without_a_label_nothing_is_claimed_and_it_is_said_why(tmp_path: Path) -> None:
    smokers = ["yes" if i % 3 else "no" for i in range(SAMPLES)]
    client = client_for(
        write(tmp_path, {"sex": list(SEXES), "smoker": smokers}), EmbeddingsPlugin
    )
    (layer,) = get(client, "runs", {}).get_json()["runs"][0]["layers"]
    assert layer["label"] is None
    assert layer["label_reason"].startswith("There is no label: no column with classes is")
    nothing_is_claimed(client)
    told = ask(client, "metrics", label="smoker")
    assert told["classes"] == ["no", "yes"]


def test_a_price_is_no_class(tmp_path: Path) -> None:
    prices = [100 + i / 7 for i in range(SAMPLES)]
    client = client_for(
        write(tmp_path, {"label": prices, "sex": list(SEXES)}), EmbeddingsPlugin
    )
    (layer,) = get(client, "runs", {}).get_json()["runs"][0]["layers"]
    assert layer["label"] is None
    assert layer["label_reason"] == "There is no label: 'label' holds numbers, not classes."
    nothing_is_claimed(client)


def test_one_class_alone_proves_nothing(tmp_path: Path) -> None:
    client = client_for(write(tmp_path, {"label": ["a"] * SAMPLES}), EmbeddingsPlugin)
    assert set(metric(client, "knn_accuracy")) == {None}
    get(client, "quality", FC1, start=True)
    told = wait_for(client, "quality", FC1, "done")
    assert {frame["label_accuracy"] for frame in told["frames"]} == {None}


def test_the_notebook_and_the_commands_read_the_same_label(
    logdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_run(logdir).layer().label == "class"
    assert open_run(logdir).layer(label="sex").classes == ("f", "m")
    assert open_run(logdir).layer(label="").classes == ()

    assert cli.main(["check", str(logdir)]) == 0
    assert "layer fc1: 6 units, label column 'class'" in capsys.readouterr().out
    assert cli.main(["metrics", str(logdir)]) == 0
    own = capsys.readouterr().out
    assert cli.main(["metrics", str(logdir), "--label", "sex"]) == 0
    assert "(label: class)" in own
    assert capsys.readouterr().out != own

    page, table = tmp_path / "page.html", tmp_path / "table.npz"
    pca = ["--engine", "pca", "--components", "2"]
    for options, label in ([], "class"), (["--label", "sex"], "sex"), (["--label", ""], None):
        for file in page, table:
            named = ["--format", file.suffix[1:], "--output", str(file)]
            assert cli.main(["export", str(logdir), *pca, *named, *options]) == 0
        assert f'"label": {json.dumps(label)}' in page.read_text()
        with np.load(table) as arrays:
            assert json.loads(str(arrays["info"]))["label"] == label
            accuracy = arrays["quality.label_accuracy"]
        wanted = {"class": (0.9, 1), "sex": (0, 0.8)}.get(str(label))
        if wanted is None:
            assert np.isnan(accuracy).all()
        else:
            assert wanted[0] <= accuracy.min() <= accuracy.max() <= wanted[1]


ORDER = ("label", "labels", "class", "target", "y")
LAST = ("y_true", "true_label", "class_name", "ground_truth")


@pytest.mark.parametrize("better", range(len(ORDER)))
def test_names_rank_as_they_were_asked_for(better: int) -> None:
    for worse in (*ORDER[better + 1 :], *LAST):
        columns = {worse: ["x", "y"] * 3, ORDER[better]: ["a", "b"] * 3}
        assert chosen(columns) == ORDER[better]
    for name in LAST:
        assert chosen({"kind": ["x", "y"] * 3, name: ["a", "b"] * 3}) == name


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("rank", range(len(RANKS)))
def test_names_rank_in_any_case_of_letters(rank: int, case: Any) -> None:
    worse = [(name, "category") for names in RANKS[rank + 1 :] for name in names]
    better = (case(RANKS[rank][0]), "category")
    assert chosen({"sex": "ab" * 10, **named([*worse, better])}) == better[0]


def named(columns: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {name: "xy" * 10 for name, _ in columns}


def chosen(
    columns: Mapping[str, Sequence[str]], kinds: Mapping[str, ColumnType] | None = None
) -> str | None:
    made = [
        Column(name, (kinds or {}).get(name, "category"), list(cells))
        for name, cells in columns.items()
    ]
    return choose_label(with_classes(made))


@pytest.mark.parametrize(
    ("columns", "taken"),
    [
        ({"Label": WORDS, "label": list(SEXES)}, "Label"),
        ({"true_label": WORDS, "y_true": list(SEXES)}, "true_label"),
    ],
)
def test_of_two_of_one_rank_the_first_is_taken_and_that_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    columns: dict[str, list[str]],
    taken: str,
) -> None:
    first, second = columns
    write(tmp_path / "ours", columns)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    rows = zip(*columns.values(), strict=True)
    lines = ["\t".join(row) for row in [(first, second), *rows]]
    (theirs / "metadata.tsv").write_text("\n".join(lines) + "\n")
    (theirs / "00000").mkdir()
    values = ["\t".join(map(str, row)) for row in clusters(0).tolist()]
    (theirs / "00000" / "tensors.tsv").write_text("\n".join(values) + "\n")
    (theirs / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "a:00000" tensor_path: "00000/tensors.tsv" '
        'metadata_path: "metadata.tsv" }\n'
    )

    client = client_for(tmp_path, EmbeddingsPlugin)
    for run in get(client, "runs", {}).get_json()["runs"]:
        assert run["layers"][0]["label"] == taken
        (problem,) = run["problems"]
        assert f"'{first}' and '{second}' could both be the label" in problem
        assert cli.main(["check", str(tmp_path / run["run"])]) == 1
        assert f"problem: {problem}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        (["a", "b"] * 50, "kind"),
        ([str(i % 60) for i in range(122)], "kind"),
        ([str(i % 61) for i in range(200)], None),  # too many words
        ([str(i % 10) for i in range(20)], None),  # half as many words as rows
        ([str(i % 10) for i in range(21)], "kind"),
        (["a"] * 20, None),  # tells nothing apart
        ([str(i) for i in range(20)], None),  # puts nothing together
        ([""] * 20, None),
    ],
)
def test_the_only_category_within_bounds(cells: list[str], label: str | None) -> None:
    assert chosen({"kind": cells}) == label
    numbers = [str(i / 7) for i in range(len(cells))]
    assert chosen({"size": numbers, "kind": cells}, {"size": "number"}) == label
    assert chosen({"kind": cells, "other": ["x", "y"] * (len(cells) // 2)}) in {None, "other"}


@pytest.mark.parametrize(
    ("label", "kind", "taken"),
    [
        ([str(i % 100) for i in range(300)], "number", "label"),  # CIFAR-100's
        ([f"{i % 3}.0" for i in range(300)], "number", "label"),
        ([str(i % 3) if i % 9 else "nan" for i in range(300)], "number", "label"),
        ([str(i % 100 + 300) for i in range(300)], "number", None),  # a regression's target
        ([str(i % 50 + 300) for i in range(300)], "number", "label"),
        ([str(i) for i in range(300)], "number", None),  # a quantity, or an index
        ([str(i % 3 + 0.5) for i in range(300)], "number", None),
        (["inf", "1", "2"] * 100, "number", None),
        ([f"word {i}" for i in range(300)], "text", "kind"),  # a name of its own for each
        ([""] * 300, "category", "kind"),
        (["a"] * 300, "category", "label"),
        ([f"{i % 999}" for i in range(300)], "category", "label"),
    ],
)
def test_a_column_called_label_counts_where_it_holds_classes(
    label: list[str], kind: ColumnType, taken: str | None
) -> None:
    columns = {"kind": ["x", "y"] * 150, "label": label}
    assert chosen(columns, {"label": kind}) == taken
    # Another one that is called so is better than none.
    assert chosen({**columns, "y": ["p", "q"] * 150}, {"label": kind}) == (
        "label" if taken == "label" else "y"
    )


@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from([name for names in RANKS for name in names]),
        st.tuples(
            st.sampled_from(["category", "number", "text"]),
            st.lists(st.sampled_from(["", "1", "2", "0.5", "nan"]), min_size=9, max_size=9),
        ),
        max_size=5,
    )
)
def test_whatever_is_chosen_holds_classes_and_only_one_rule_chose_it(
    table: dict[str, tuple[ColumnType, list[str]]],
) -> None:
    columns = with_classes([Column(name, *of) for name, of in table.items()])
    assert [len(column.cells) for column in columns] == [9] * len(columns)
    label = choose_label(columns)
    ranked = [c.name for c in columns if c.name.strip().casefold() in sum(RANKS, ())]
    if label is None:
        return
    column = next(column for column in columns if column.name == label)
    assert column.type == "category"
    assert any(column.cells)
    if label not in ranked:
        assert not any(
            c.type == "category" and any(c.cells) for c in columns if c.name in ranked
        )


def test_labels_written_as_numbers_are_classes_everywhere(tmp_path: Path) -> None:
    rows = [f"{i}\t{i % 70}\n" for i in range(210)]
    (tmp_path / "metadata.tsv").write_text("".join(["index\tClass\n", *rows]))
    (tmp_path / "00000").mkdir()
    values = np.random.default_rng(0).normal(size=(210, 4)).tolist()
    (tmp_path / "00000" / "tensors.tsv").write_text(
        "".join("\t".join(map(str, row)) + "\n" for row in values)
    )
    (tmp_path / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "a:00000" tensor_path: "00000/tensors.tsv" '
        'metadata_path: "metadata.tsv" }\n'
    )
    run = find_run(tmp_path)
    (layer,) = run.layers
    assert layer.label == "Class"
    assert [column.type for column in layer.columns] == ["number", "category"]
    assert [column.info for column in run.columns(layer.name)] == list(layer.columns)
    assert len(open_run(tmp_path).layer(layer.name).classes) == 70


def test_the_callbacks_labels_are_the_label_whatever_else_is_recorded(tmp_path: Path) -> None:
    columns = {"class": list(SEXES), "target": WORDS}
    record(tmp_path, 0, {"fc1": clusters(0)}, labels=CODES, metadata=columns)
    manifest = json.loads((tmp_path / "plugins/tb_embed/manifest.json").read_text())
    assert manifest["label"] == "label"
    # As before manifests said so: by the names alone.
    del manifest["label"]
    (tmp_path / "plugins/tb_embed/manifest.json").write_text(json.dumps(manifest))
    assert find_run(tmp_path).layers[0].label == "label"
    manifest["label"] = "nowhere"
    (tmp_path / "plugins/tb_embed/manifest.json").write_text(json.dumps(manifest))
    answer = client_for(tmp_path, EmbeddingsPlugin).get(BASE + "runs").get_json()
    assert "lacks or misuses" in answer["runs"][0]["problems"][0]
