"""The notebook, run by a kernel as people run it; its TensorBoard is really started."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.harness import BARE, PATIENCE, wait_until

NOTEBOOK = Path(__file__).parents[1] / "examples" / "tutorial.ipynb"


class StartedTensorBoard:
    """What `%tensorboard` has started: it says where it listens in a file of its own.

    Args:
        folder: The kernel's folder of temporary files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ".tensorboard-info"
        self.runs: list[str] = []

    def ask(self, cell: nbformat.NotebookNode, **_: object) -> None:
        """Asks it for its runs once the cell that starts it has run, and ends it."""
        if "%tensorboard" not in cell["source"]:
            return
        wait_until(lambda: list(self._folder.glob("pid-*.info")))
        (file,) = self._folder.glob("pid-*.info")
        told = json.loads(file.read_text())
        try:
            address = f"http://localhost:{told['port']}/data/plugin/tb_embed/runs"
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                self.runs = [run["run"] for run in json.load(answer)["runs"]]
        finally:
            os.kill(told["pid"], signal.SIGTERM)


def kinds_of_outputs(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """The kinds of what each cell shows, without `%tensorboard` and warnings."""
    return [
        [
            output.output_type
            for output in cell.get("outputs", ())
            if output.get("name") != "stderr"
        ]
        for cell in notebook.cells
        if "%tensorboard" not in cell.source
    ]


def test_the_notebook_records_shows_and_finds(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call] # so it is
    for cell in notebook.cells:
        cell.source = cell.source.replace("EPOCHS = 10", "EPOCHS = 2")
        cell.source = cell.source.replace("--logdir logs", "--logdir logs --port 0")
    kept = kinds_of_outputs(notebook)
    # The command as people have it, but without TensorFlow.
    program = tmp_path / "tensorboard"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{BARE}" "$@"\n')
    program.chmod(0o700)
    started = StartedTensorBoard(tmp_path)

    NotebookClient(
        notebook,
        timeout=PATIENCE,
        resources={"metadata": {"path": str(tmp_path)}},
        on_cell_executed=started.ask,
    ).execute(
        env={**os.environ, "TMPDIR": str(tmp_path), "TENSORBOARD_BINARY": str(program)},
    )

    assert started.runs == ["digits"]
    (count,) = re.findall(r"(\d+) of the first 36 were changed", str(notebook.cells))
    assert int(count) >= 30
    assert kinds_of_outputs(notebook) == kept, "the outputs that are kept are those of today"


def test_the_notebooks_outputs_are_small() -> None:
    assert NOTEBOOK.stat().st_size < 40_000
