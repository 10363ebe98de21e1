"""`tb-embed mcp`, asked by the client of the official package."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import jsonschema
import numpy as np
import pytest
from mcp import Client, StdioServerParameters
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin import cli, open_run
from tb_embed_plugin.commands.asking import answered
from tb_embed_plugin.commands.asking.server import server_of
from tb_embed_plugin.runs.images import read_images
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests import perceptron
from tests.addresses import keys_of, selected
from tests.harness import Recording
from tests.planted import class_snapshots, write_run
from tests.planted_faults import CONFUSED, FAULTS, plant

Answers = TypeVar("Answers")
DOCS = Path(__file__).parents[2] / "docs"
Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
STEPS = {"rank_collapse": 1, "sudden_churn": 6, "units_dying": 1, "standing_still": 3}
"""At which faults are found that begin at a known one."""


def run(questions: Coroutine[Any, Any, Answers]) -> Answers:
    """Returns what questions are answered; the tests' own thread may have a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, questions).result()


class Asked:
    """Asks a server's tools, one session a question."""

    def __init__(self, server: Any) -> None:
        self.server = server

    def __call__(self, tool: str, **arguments: Any) -> Any:
        """Returns an answer, which is the same as text and as structure."""
        content, structure, is_error = self.raw(tool, **arguments)
        assert not is_error, content[0].text
        assert json.loads(content[0].text) == structure
        return structure

    def refused(self, tool: str, **arguments: Any) -> str:
        """Returns why a question is not answered."""
        content, structure, is_error = self.raw(tool, **arguments)
        assert (is_error, structure, len(content)) == (True, None, 1)
        return str(content[0].text)

    def picture(self, tool: str, **arguments: Any) -> tuple[Any, Image.Image]:
        """Returns an answer and the picture beside it."""
        (_, image), structure, _ = self.raw(tool, **arguments)
        assert image.mime_type == "image/png"
        return structure, Image.open(io.BytesIO(base64.b64decode(image.data)))

    def raw(self, tool: str, **arguments: Any) -> tuple[Any, Any, bool]:
        async def ask() -> tuple[Any, Any, bool]:
            async with Client(self.server) as client:
                result = await client.call_tool(tool, arguments)
                return result.content, result.structured_content, bool(result.is_error)

        return run(ask())


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    """A run of each planted fault, the names of which say nothing."""
    logdir = tmp_path_factory.mktemp("faulty")
    for number, rule in enumerate(FAULTS):
        plant(logdir / f"run {number}", rule, digits)
    return logdir


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    """A small healthy run, and the same of another seed."""
    logdir = tmp_path_factory.mktemp("small")
    x, labels = digits[0][:200].reshape(200, 64), digits[1][:200]
    for seed, name in enumerate(("digits", "other")):
        perceptron.train(logdir / name, x, labels, perceptron.Adam(), epochs=2, seed=seed)
    return logdir


def files_of(logdir: Path) -> dict[Path, tuple[int, int]]:
    """Returns what changes when a file does, or a name in a folder."""
    stats = {path: path.stat() for path in [logdir, *logdir.rglob("*")]}
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


def test_a_client_finds_each_planted_fault_by_the_tools_alone(
    faulty: Path, digits: Digits
) -> None:
    ask = Asked(server_of(faulty))
    found: dict[str, Any] = {}
    for run in ask("list_runs")["runs"]:
        answer = ask("findings", run=run["run"], most=200)
        (layer,) = answer["layers"]
        assert layer["layer"] == run["layers"][0]["layer"]
        for one in answer["findings"]:
            if one["kind"] == "warning" and one["rule"] in FAULTS:
                found.setdefault(run["run"], {})[one["rule"]] = one

    planted = {f"run {number}": rule for number, rule in enumerate(FAULTS)}
    assert found.keys() == planted.keys()
    for run, rule in planted.items():
        one = found[run][rule]
        assert one["step"] == STEPS.get(rule, one["step"])
        keys = keys_of(one["link"])
        assert (keys["run"], keys["step"]) == (run, str(one["step"]))
    merging = found["run 6"]["classes_merging"]
    assert merging["classes"] == [str(one) for one in CONFUSED]
    assert set(digits[1][merging["samples"]]) == set(CONFUSED)
    assert found["run 5"]["class_not_learnt"]["classes"] == ["3"]
    dead = ask("metrics", run="run 3", names=["dead_units"])["layers"][0]["metrics"]
    assert [one["name"] for one in dead] == ["dead_units"]
    assert dead[0]["values"][-1] == 1


def test_answers_are_those_of_the_notebook_and_nothing_is_written(small: Path) -> None:
    asked, files = Asked(server_of(small)), files_of(small)
    layer = open_run(small, "digits").layer("fc1")
    here = {"run": "digits", "layer": "fc1"}
    last = layer.steps[-1]

    mistakes = asked("mistakes", **here, most=50)
    confusion = layer.confusion(last)
    assert (mistakes["step"], mistakes["right"]) == (last, np.trace(confusion))
    assert mistakes["wrong"] == confusion.sum() - np.trace(confusion)
    assert mistakes["wrong"] == sum(pair["count"] for pair in mistakes["pairs"])
    first = mistakes["pairs"][0]
    assert first["count"] == (confusion - np.diag(np.diag(confusion))).max()
    assert selected(first["link"]) == set(first["samples"])

    near = asked("neighbors", **here, sample=7, k=5, step=1)
    expected = layer.neighbors(1)[7, :5].tolist()
    assert [one["sample"] for one in near["neighbors"]] == expected
    assert selected(near["link"]) == {7, *expected}
    names = [layer.classes[layer.labels[one]] for one in expected]
    assert [one["label"] for one in near["neighbors"]] == names

    numbers = asked("metrics", **here, names=["accuracy"])["layers"][0]["metrics"][0]
    np.testing.assert_allclose(numbers["values"], layer.metrics()["accuracy"])
    (compared,) = asked("compare", run="digits", other="other")["layers"]
    parted = layer.parted(open_run(small, "other").layer())
    assert compared["speed_ratio"] == [None, *map(pytest.approx, parted.speed_ratio[1:])]
    assert compared["neighbors_changed"] == pytest.approx(parted.neighbors_changed)
    asked.picture("picture", **here)
    assert files_of(small) == files


def test_samples_come_with_their_thumbnails(recording: Recording) -> None:
    asked, wanted = Asked(server_of(recording.logdir)), [5, 900, 0]
    here = {"run": "digits", "layer": "fc1", "step": 10}
    answer, sheet = asked.picture("samples", **here, samples=wanted)
    layer = open_run(recording.logdir, "digits").layer("fc1")
    outputs = layer.outputs(10)
    assert outputs is not None

    assert [one["sample"] for one in answer["samples"]] == wanted
    for place, one in enumerate(answer["samples"]):
        sample = one["sample"]
        assert one["metadata"]["label"] == layer.metadata["label"][sample]
        assert one["predicted"] == layer.classes[outputs[sample].argmax()]
        side = sheet.height - 8
        cell = np.asarray(sheet.convert("L"))[4:-4, 4 + place * (side + 4) :][:, :side]
        pixels = read_images(recording.images[sample : sample + 1]).pixels(0, 1)[0, ..., 0]
        times = side // len(pixels)
        np.testing.assert_array_equal(cell[::times, ::times], pixels)


def test_a_picture_shows_each_class_and_rings_what_is_marked(tmp_path: Path) -> None:
    snapshots, codes = class_snapshots(0)
    column = Column("label", "category", [f"c{code}" for code in codes])
    write_run(tmp_path / "run", {"fc1": snapshots}, column)
    ask = Asked(server_of(tmp_path))
    answer, plain = ask.picture("picture", run="run", step=1)
    _, marked = ask.picture("picture", run="run", step=1, samples=[0])

    colors = np.unique(np.asarray(plain).reshape(-1, 3), axis=0)
    drawn = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in colors.tolist()} - {"#ffffff"}
    assert drawn == {answer["colors"][f"c{code}"] for code in range(4)}
    assert answer["grey"] == 0
    changed = np.argwhere((np.asarray(plain) != np.asarray(marked)).any(axis=2))
    assert (np.ptp(changed, axis=0) <= 13).all()
    assert len(changed) > 20


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("findings", {"run": "../digits"}, "there is no run '../digits'"),
        ("findings", {"run": "/etc"}, "there is no run '/etc'"),
        ("picture", {"run": "digit"}, "did you mean 'digits'?"),
        ("metrics", {"run": "digits", "names": ["acc"]}, "there is no metric 'acc'"),
        ("findings", {"run": "digits", "most": 201}, "most must be from 1 to 200, not 201"),
        ("list_runs", {"first": -1}, "first must be at least 0"),
        ("list_runs", {"count": 0}, "count must be from 1 to 50"),
        ("neighbors", {"run": "digits", "layer": "fc1", "sample": -1}, "not -1"),
        ("neighbors", {"run": "digits", "layer": "fc1", "sample": 0, "k": 51}, "not 51"),
        ("samples", {"run": "digits", "layer": "fc1", "samples": [10**6]}, "not 1000000"),
        ("samples", {"run": "digits", "layer": "fc1", "samples": []}, "not 0"),
        ("mistakes", {"run": "digits", "layer": "fc1", "step": 99}, "step 99"),
        ("picture", {"run": "digits", "layer": "fc1", "samples": [0] * 51}, "mark fewer"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    small: Path, tool: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in Asked(server_of(small)).refused(tool, **arguments)


def test_an_answer_is_no_longer_than_it_may_be(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots, codes = class_snapshots(0, steps=2, samples=60)
    column = Column("label", "category", [f"c{code}" for code in codes])
    write_run(tmp_path / "a", {"fc1": snapshots * 50}, column)
    write_run(tmp_path / "b", {"fc1": snapshots}, column)
    ask = Asked(server_of(tmp_path))
    listed = ask("list_runs", count=1)
    (run,) = listed["runs"]

    assert (run["step_count"], len(run["steps"]), run["steps"][-1]) == (100, 51, 99)
    assert listed["left_out"] == ["Listed are 1 of 2 runs, from 0 on; ask with another first."]
    assert [one["run"] for one in ask("list_runs", first=1)["runs"]] == ["b"]
    ask = Asked(server_of(small, "http://host:6006/"))
    found = ask("findings", run="digits", most=2)
    assert all(len(one["samples"]) <= 2 for one in found["findings"])
    assert any(one["count"] > 2 for one in found["findings"])
    assert "the first 2 samples" in found["left_out"][0]
    assert all(one["link"].startswith("http://host:6006/#") for one in found["findings"])
    schema = json.loads((DOCS / "json_output.schema.json").read_text())
    del found["left_out"]
    jsonschema.validate(found, {**schema, "oneOf": [{"$ref": "#/$defs/findings"}]})
    monkeypatch.setattr(answered, "MOST_BYTES", 500)
    assert "at most 500 are answered; name one layer" in ask.refused("findings", run="digits")


def test_it_runs_over_stdio_and_every_tool_is_documented(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"fc1": class_snapshots(0)[0]})

    async def ask() -> tuple[list[Any], Any]:
        parameters = StdioServerParameters(
            command=sys.executable, args=["-m", "tb_embed_plugin.cli", "mcp", str(tmp_path)]
        )
        async with Client(parameters) as client:
            tools = (await client.list_tools()).tools
            return tools, (await client.call_tool("list_runs", {})).structured_content

    tools, answer = run(ask())
    assert [run["run"] for run in answer["runs"]] == ["run"]
    page = (DOCS / "mcp.md").read_text()
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert f"`{tool.name}`" in page
        assert all(f"{name}: " in tool.description for name in tool.input_schema["properties"])


def test_without_the_extra_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "tb_embed_plugin.commands.asking.server")
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert cli.main(["mcp", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "run pip install 'tb-embed-plugin[mcp]'" in printed.err
