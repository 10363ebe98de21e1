"""Every block of code in the README and in `docs/` does what it says, on a run of digits.

Blocks of Python run in the order of their page, in one namespace a page. Of commands the words
are read by the parser of the program that they start, and `tb-embed check` runs. What is to be
read alone is marked as text. `docs/extending.md` has tests of its own, and so has
`docs/pytorch.md`, on the lane of PyTorch.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tensorboard import program
from tensorboard.plugins.core import core_plugin

from tb_embed_plugin import cli
from tests import perceptron

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TO_READ = {"text", "json"}
OWN_TESTS = {"extending.md", "pytorch.md"}
SAMPLES = 150

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text()) if found == language]


def pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if page.name not in OWN_TESTS and blocks(page, language)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    """The log directory that the pages open."""
    logdir = tmp_path_factory.mktemp("documented") / "logs"
    x, labels = digits[0][:SAMPLES].reshape(SAMPLES, -1), digits[1][:SAMPLES]
    for name in ("fc1", "wrong_labels", "sgd"):
        optimizer = perceptron.Momentum(0.01) if name == "sgd" else perceptron.Adam()
        perceptron.train(logdir / name, x, labels, optimizer, epochs=10)
    return logdir


@pytest.fixture
def logs(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder to work in, with a copy of it, and what torchrun says of one process."""
    shutil.copytree(runs, tmp_path / "logs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")


@pytest.fixture
def surroundings(digits: Digits, make_model: Callable[..., Any]) -> dict[str, Any]:
    """What a reader's program has before it comes to a block."""
    images, labels = digits[0][:SAMPLES], digits[1][:SAMPLES]
    hidden = images.reshape(SAMPLES, -1)
    return {
        "model": make_model(),
        "x_train": images,
        "y_train": labels,
        "x_test": images,
        "y_test": labels,
        "epoch": 0,
        "fc1": hidden,
        "train_one_epoch_and_return_the_activations": lambda: hidden,
        "activations_of": lambda x: x.reshape(len(x), -1),
    }


def elsewhere(hidden: NDArray[np.float32]) -> dict[str, Any]:
    """What stands for JAX, which the tests' environment does not have."""
    weights = np.eye(hidden.shape[1], dtype=np.float32)
    return {
        "jax": SimpleNamespace(nn=SimpleNamespace(relu=lambda values: values)),
        "x_test": hidden,
        "params": {
            "w1": weights,
            "b1": weights[0],
            "w2": weights[:, :10],
            "b2": weights[0, :10],
        },
        "train_one_epoch": lambda trained: trained,
    }


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize("page", pages_with("python"), ids=lambda page: page.name)
def test_blocks_of_python_run(page: Path, surroundings: dict[str, Any]) -> None:
    if page.name == "recording.md":
        surroundings |= elsewhere(surroundings["fc1"])
    for number, block in enumerate(blocks(page, "python"), 1):
        code = block.replace("epochs=10", "epochs=2")
        exec(compile(code, f"{page.name}, block {number}", "exec"), surroundings)  # noqa: S102 # ours


def words(command: str) -> list[list[str]]:
    """The words of each command of a line, without remarks."""
    return [shlex.split(part, comments=True) for part in command.split("&&")]


def lines(page: Path) -> list[str]:
    """The commands of a page's blocks, and those of the quickstart's table."""
    found = [line for code in blocks(page, "sh") for line in code.splitlines()]
    if page.name == "index.md":
        found += re.findall(r"^\| `(tb-embed [^`]+)`", page.read_text(), re.MULTILINE)
    return found


COMMANDS = [
    pytest.param(part, id=f"{page.name}: {shlex.join(part)}")
    for page in PAGES
    for line in lines(page)
    for part in words(line)
    if part
]


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: list[str]) -> None:
    name, *rest = command
    if name == "tb-embed":
        options = cli._parser().parse_args(rest)  # noqa: SLF001 # what it understands is asked
        assert options.command
        if rest[0] == "check":
            assert cli.main(rest) == 0
    elif name == "tensorboard":
        program.TensorBoard([core_plugin.CorePluginLoader]).configure([name, *rest])
    elif name == "make":
        goals = [word for word in rest if "=" not in word]
        rules = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(goals) <= set(rules)
    else:
        assert name in {"python3", ".", "pip", "cd"}, "no command that a test understands"


def test_every_block_says_what_it_is() -> None:
    for page in PAGES:
        languages = {language for language, _ in BLOCK.findall(page.read_text())}
        known = {"python", "sh", *TO_READ, *({"ts", "tsx"} if page.name in OWN_TESTS else ())}
        assert languages <= known, page.name
