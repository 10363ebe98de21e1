"""`check`, `metrics` and `findings` for programs, held against the documented schema."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin import cli, open_run
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.metrics.warning_rules import WARNING_RULES
from tests import perceptron
from tests.addresses import keys_of, selected
from tests.foreign import save_by_checkpoint
from tests.planted import random_snapshots, write_run

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "json_output.schema.json").read_text())
SAMPLES = 120


class Answer(NamedTuple):
    """What a command has printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What was printed, valid by the schema of its own command."""
        found = json.loads(self.out, parse_constant=pytest.fail)
        command = re.fullmatch(r"tb_embed\.(\w+)/1", found["schema"])
        assert command is not None
        jsonschema.validate(found, {**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{command[1]}"}]})
        return found


class Call:
    """Runs commands."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, command: str, logdir: Path, *options: str) -> Answer:
        status = cli.main([command, str(logdir), *options])
        return Answer(status, *self.capsys.readouterr())


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return Call(capsys)


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> Path:
    """A healthy run, and one all of whose units die."""
    logdir = tmp_path_factory.mktemp("trained")
    x, labels = digits[0][:SAMPLES].reshape(SAMPLES, -1), digits[1][:SAMPLES]
    perceptron.train(logdir / "dead", x, labels, perceptron.Adam(), epochs=2, bias=-3)
    perceptron.train(logdir / "fine", x, labels, perceptron.Adam(), epochs=2)
    return logdir


@pytest.fixture
def damaged(tmp_path: Path, trained: Path) -> Path:
    """The healthy run whole, without a snapshot, and without a readable manifest."""
    for name in ("whole", "cut", "gone"):
        shutil.copytree(trained / "fine", tmp_path / name)
    (tmp_path / "cut" / "model.ckpt-1.index").unlink()
    (tmp_path / "gone/plugins/tb_embed/manifest.json").write_text("{}")
    return tmp_path


def test_findings_are_those_of_the_notebook_with_links(call: Call, trained: Path) -> None:
    answer = call("findings", trained, "--json")
    found = answer.document["findings"]
    layer = open_run(trained, "dead").layer()
    here = [one for one in found if one["run"] == "dead"]
    warnings = [one for one in here if one["kind"] == "warning"]

    assert (answer.status, answer.err) == (0, "")
    assert [(one["rule"], one["step"], one["samples"]) for one in warnings] == [
        (one.rule, one.step, one.samples.tolist()) for one in layer.warnings()
    ]
    assert "units_dying" in {one["rule"] for one in warnings}
    ranked = {one["rule"]: one for one in here if one["kind"] == "ranking"}
    assert "label_error" not in ranked, "dead units know no labels"
    audit = open_run(trained, "fine").layer().label_errors()
    (wrong,) = (o for o in found if (o["run"], o.get("rule")) == ("fine", "label_error"))
    assert wrong["samples"] == audit.samples.tolist()
    assert wrong["change_to"] == audit.new
    for rule, one in ranked.items():
        of_notebook = layer.ranking(rule)
        repeated = of_notebook.same_as
        assert one["same_as"] == (None if repeated is None else repeated[:200].tolist())
        assert one["count"] == len(of_notebook.samples)
        assert one["samples"] == of_notebook.samples.tolist()[:200]
        assert one["scores"] == pytest.approx(of_notebook.scores.tolist()[:200])
    for one in found:
        keys = keys_of(one["link"])
        assert keys["run"] == one["run"]
        assert keys["layer"] == one["layer"] == "fc1"
        assert keys["step"] == str(one["step"])
        assert selected(one["link"]) == set(one["samples"][: one["linked"]])


def test_metrics_are_those_of_the_notebook(call: Call, trained: Path) -> None:
    (described,) = call("metrics", trained, "--json", "--run", "fine").document["layers"]
    layer = open_run(trained, "fine").layer()

    assert described["steps"] == layer.steps == [0, 1, 2]
    assert (described["label"], described["samples_measured"]) == ("label", SAMPLES)
    expected = layer.metrics()
    for metric in described["metrics"]:
        values = np.array(metric["values"], np.float64)
        np.testing.assert_allclose(values, expected[metric["name"]])


@pytest.mark.parametrize("command", ["check", "metrics", "findings"])
def test_what_cannot_be_read_is_a_problem_and_hides_no_other(
    call: Call, damaged: Path, command: str
) -> None:
    answer = call(command, damaged, "--json", "--fail-on", "problem")
    document = answer.document
    entries = document["runs" if command == "check" else "layers"]
    problems = {one["run"]: one for one in document["findings"] if one["kind"] == "problem"}

    assert (answer.status, answer.err) == (3, "")
    assert "whole" in {entry["run"] for entry in entries}
    assert set(problems) == {"cut", "gone"}
    assert "model.ckpt-1" in problems["cut"]["sentence"]
    assert keys_of(problems["gone"]["link"]) == {"run": "gone"}
    assert keys_of(problems["cut"]["link"]).items() >= {"run": "cut", "layer": "fc1"}.items()
    if command == "check":
        assert problems["cut"]["step"] == 1


@pytest.mark.parametrize(
    ("command", "run", "options", "status"),
    [
        ("findings", "dead", (), 0),
        ("findings", "dead", ("--fail-on", "never"), 0),
        ("findings", "dead", ("--fail-on", "problem"), 0),
        ("findings", "dead", ("--fail-on", "warning"), 3),
        ("findings", "fine", ("--fail-on", "warning"), 0),
        ("metrics", "dead", (), 0),
        ("metrics", "dead", ("--fail-on", "warning"), 3),
        ("metrics", "fine", ("--fail-on", "warning"), 0),
        ("check", "dead", (), 0),
        ("check", "dead", ("--fail-on", "warning"), 0),
        ("check", "cut", (), 1),
        ("check", "cut", ("--fail-on", "never"), 0),
        ("check", "cut", ("--fail-on", "warning"), 3),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_the_exit_status_says_what_was_found(
    call: Call,
    trained: Path,
    damaged: Path,
    command: str,
    run: str,
    options: tuple[str, ...],
    status: int,
    form: tuple[str, ...],
) -> None:
    logdir = (damaged if run == "cut" else trained) / run
    assert call(command, logdir, *options, *form).status == status


@pytest.mark.parametrize("command", ["check", "metrics", "findings"])
def test_without_an_answer_standard_output_is_empty(
    call: Call, tmp_path: Path, command: str
) -> None:
    answer = call(command, tmp_path, "--json")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("tb-embed: there is no run")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--run", "fin"), "did you mean 'fine'?"),
        (("--layer", "fc2"), "did you mean 'fc1'?"),
        (("--label", "sex"), "'sex'"),
    ],
)
def test_a_name_that_is_not_there_is_an_error(
    call: Call, trained: Path, options: tuple[str, str], words: str
) -> None:
    answer = call("findings", trained, "--json", *options)
    assert (answer.status, answer.out) == (1, "")
    assert words in answer.err


def test_what_is_not_judged_says_what_it_needs(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "few", {"fc1": random_snapshots(0, samples=20)})
    (layer,) = call("findings", tmp_path, "--json").document["layers"]
    reasons = {one["rule"]: one["sentence"] for one in layer["not_judged"]}

    assert layer["label"] is None
    assert "needs 50 samples, but 20 are measured" in reasons["units_dying"]
    assert "record it with labels=…" in reasons["label_error"]
    assert "standing_still" not in reasons
    assert "moved" not in reasons


def test_before_the_training_nothing_is_judged(call: Call, tmp_path: Path) -> None:
    write_run(tmp_path / "untrained", {"fc1": random_snapshots(0, steps=1)})
    answer = call("findings", tmp_path, "--json", "--fail-on", "warning")
    (layer,) = answer.document["layers"]

    assert (answer.status, answer.document["findings"]) == (0, [])
    assert (layer["steps"], layer["trained"]) == ([0], [])
    assert {one["rule"] for one in layer["not_judged"]} == {*WARNING_RULES, *RULES}
    assert all("after the training began" in one["sentence"] for one in layer["not_judged"])


def test_others_runs_are_described_too(call: Call, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(3, 12, 4)).astype(np.float32)
    values[1, :, 2] = np.inf
    save_by_checkpoint(tmp_path / "logs" / "a word", list(values), "words")
    for command in ("check", "metrics", "findings"):
        answer = call(command, tmp_path / "logs", "--json")
        (problem,) = (one for one in answer.document["findings"] if one["kind"] == "problem")
        assert "NaN or infinity at step 2" in problem["sentence"]
        assert problem["link"] == "#tb_embed&p.tb_embed.run=a%20word"
    (run,) = call("check", tmp_path / "logs", "--json").document["runs"]
    assert (run["writer"], run["layers"][0]["steps"]) == ("projector", [1, 2, 3])


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("http://host:6006", "http://host:6006/#tb_embed&"),
        ("https://host/tb/?darkMode=true#scalars", "https://host/tb/?darkMode=true#tb_embed&"),
    ],
)
def test_an_address_makes_links_whole(call: Call, trained: Path, url: str, start: str) -> None:
    options = ("--run", "dead", "--label", "", "--url", url)
    document = call("findings", trained, "--json", *options).document
    links = [one["link"] for one in (*document["layers"], *document["findings"])]
    assert all(link.startswith(start) for link in links)
    assert all("&p.tb_embed.label=" in link for link in links)
    text = call("findings", trained, *options).out
    assert re.findall(r"^  (\S+)$", text, re.MULTILINE) == links[1:]


@pytest.mark.parametrize("url", ["localhost:6006", "file:///etc", "http://", ""])
def test_what_is_no_address_is_refused(
    trained: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["findings", str(trained), "--url", url])
    assert end.value.code == 2
    assert "such as http://localhost:6006/" in capsys.readouterr().err


def test_outputs_that_exclude_each_other_are_refused(call: Call, trained: Path) -> None:
    for options in (("--json", "--write-scalars"), ("--url", "http://host/")):
        answer = call("metrics", trained, *options)
        assert (answer.status, answer.out) == (1, "")
        assert options[0] in answer.err


def test_every_field_of_the_schema_is_documented() -> None:
    page = (DOCS / "json_output.md").read_text()
    objects = SCHEMA["$defs"].values()
    names = {name for one in objects for name in one["properties"]}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
    # A field that is printed and not described fails the tests above.
    assert all(one["additionalProperties"] is False for one in objects)
    assert all(one["required"] == list(one["properties"]) for one in objects)
