"""The worked examples of docs/extending.md in Python, followed in a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SECTIONS = ("An engine", "A metric", "A reader")
MAX_LINES = 25

SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np
import tb_embed_plugin
import tests.bare_tensorboard
from tests.harness import client_for
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import engines
from tb_embed_plugin.projections.sequence import lay_out
from tb_embed_plugin.runs.logdir import Logdir

logdir = Path(sys.argv[1])
run = Logdir(logdir, list).run(".")
engine = engines.LAYOUT["random"]
client = client_for(logdir, EmbeddingsPlugin)
ask = lambda path: client.get("/data/plugin/tb_embed/" + path).get_json()
frames = dict(lay_out(
    engine, lambda step: run.snapshot("fc1", step)[:], run.steps, {}, "backwards",
    engine.facts.settings({}), 2, lambda step, share: None,
))
print(json.dumps({
    "package": tb_embed_plugin.__file__,
    "snapshots": {step: run.snapshot("fc1", step)[:].tolist() for step in run.steps},
    "problems": run.problems,
    "frames": {step: frame.shape for step, frame in frames.items()},
    "engines": ask("engines")["engines"],
    "catalog": ask("catalog")["step_metrics"],
    "metrics": ask("metrics?run=.&layer=fc1")["metrics"],
}))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package to which the examples were added as the text says."""
    house = tmp_path_factory.mktemp("extended")
    shutil.copytree(
        ROOT / "tb_embed_plugin",
        house / "tb_embed_plugin",
        ignore=shutil.ignore_patterns("static", "__pycache__"),
    )
    for section in SECTIONS:
        for path, code in code_blocks(section).items():
            file = house / path
            file.write_text(in_list(file.read_text(), code) if file.exists() else code)
    return house


@pytest.mark.parametrize("section", SECTIONS)
def test_an_example_is_one_file_and_one_line_in_a_list(section: str) -> None:
    new, listed = code_blocks(section)
    assert not (ROOT / new).exists()
    assert (ROOT / listed).exists()
    lines = [line for code in code_blocks(section).values() for line in code.splitlines()]
    assert len(lines) <= MAX_LINES
    assert len(code_blocks(section)[listed].splitlines()) == 2  # the import, and the entry


def test_an_engine_a_metric_and_a_reader_added_as_the_text_says_are_listed_and_answer(
    extended: Path, tmp_path: Path
) -> None:
    written = np.random.default_rng(0).normal(size=(3, 8, 4)).astype(np.float32)
    written[:, :, 0] = 0
    for step, values in enumerate(written):
        np.save(tmp_path / f"fc1-{step}.npy", values)
    (tmp_path / "fc1-9.npy").write_bytes(b"damaged")
    answered = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{extended}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.returncode == 0, answered.stderr
    told = json.loads(answered.stdout.splitlines()[-1])

    assert told["package"].startswith(str(extended))
    assert told["snapshots"] == {str(i): values.tolist() for i, values in enumerate(written)}
    assert any("fc1-9.npy" in problem for problem in told["problems"])
    assert told["frames"] == {str(step): [8, 2] for step in range(3)}
    (engine,) = [one for one in told["engines"] if one["name"] == "random"]
    assert engine["title"] == "Random directions"
    assert engine["iterative"]
    assert "sparsity" in [metric["name"] for metric in told["catalog"]]
    (sparsity,) = [one for one in told["metrics"] if one["name"] == "sparsity"]
    assert sparsity["values"] == [0.25] * 3


def code_blocks(section: str) -> dict[str, str]:
    """Returns the code of a section by the file that the text before it names."""
    text = (ROOT / "docs/extending.md").read_text()
    (body,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(
        r"^`(tb_embed_plugin/[^`]+)`[^\n]*\n+```python\n(.*?)```",
        body,
        re.MULTILINE | re.DOTALL,
    )
    return dict(blocks)


def in_list(text: str, code: str) -> str:
    """Returns a module with the import and the entry that the text gives for its one list."""
    added, entry = code.splitlines()
    text = text.replace("import annotations\n", f"import annotations\n\n{added}\n", 1)
    # The list is the one whose entries stand a line each, indented as the new one is.
    lists = re.findall(r"^[A-Z_]+(?:: [^\n=]+)? = \(\n", text, re.MULTILINE)
    assert len(lists) == 1, lists
    begin = text.index(lists[0])
    end = text.index("\n)\n", begin)
    return f"{text[:end]}\n{entry}{text[end:]}"
