"""A recorded run, and TensorBoard around it: in process, or a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.tables.metadata_table import Column

T = TypeVar("T")

EPOCHS = 10
PATIENCE = 300.0
"""Seconds until what has not come never will; no machine is that slow."""

BARE = Path(__file__).with_name("bare_tensorboard.py")


@dataclass(frozen=True)
class Recording:
    """A run that a real training recorded, and what went into it."""

    logdir: Path
    run_dir: Path
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    activations: dict[int, NDArray[np.float32]]
    """By step, computed from the weights of that step in float64 NumPy."""


def wait_until(condition: Callable[[], object], *, every: float = 0.02) -> None:
    """Waits until something is true, asking for it every so many seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(every)


def finished(call: Callable[[], T]) -> T:
    """Returns what a call does, in a thread: one that never ends fails the test."""
    answers: list[T] = []
    thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
    thread.start()
    thread.join(PATIENCE / 5)
    assert not thread.is_alive(), "it never ends"
    (answer,) = answers
    return answer


def without_library(patch: pytest.MonkeyPatch, address: str, library: str) -> None:
    """Lets an address' library be one that is not installed."""
    from fsspec.registry import _registry as imported

    patch.delitem(imported, address.partition("://")[0], raising=False)
    patch.setitem(sys.modules, library, None)


def read_run(run_dir: Path) -> RecordedRun:
    """Returns the run that our recorder wrote into a directory."""
    run = Logdir(run_dir, list).run(".")
    assert isinstance(run, RecordedRun)
    return run


def find_run(logdir: Path, name: str = ".") -> Run:
    """Returns a run of a log directory of which TensorBoard lists no run."""
    return Logdir(logdir, list).run(name)


def columns_of(run: Run) -> list[Column]:
    """Returns the metadata of a run whose layers all hold the same samples."""
    return run.columns(run.layers[0].name)


def client_for(logdir: Path, plugin: type[base_plugin.TBPlugin]) -> Client:
    """Returns a client of TensorBoard's WSGI application with one plugin."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    context = base_plugin.TBContext(logdir=str(logdir), data_provider=provider)
    return Client(application.TensorBoardWSGI([plugin(context)]))


class TensorBoardProcess:
    """A real `tensorboard` process.

    Args:
        logdir: What it shows; None where `options` say it.
        options: More of its own options.
        with_tensorflow: As where TensorFlow is installed, which the stock Projector needs.
        environment: More variables of its environment.

    Attributes:
        url: Its address, with the path prefix, ending in a slash.
        before_stop: What is called before it ends, for whoever asks it until then.
    """

    def __init__(
        self,
        logdir: Path | None,
        *options: str,
        with_tensorflow: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        program = ["-m", "tensorboard.main"] if with_tensorflow else [str(BARE)]
        shown = [] if logdir is None else ["--logdir", str(logdir)]
        self._process = subprocess.Popen(
            [sys.executable, *program, *shown, "--port", "0", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._lines: list[str] = []
        self._found = threading.Event()
        self.url = ""
        self.before_stop: list[Callable[[], None]] = []
        assert self._process.stderr is not None
        reader = threading.Thread(target=self._read, args=(self._process.stderr,), daemon=True)
        reader.start()
        if not self._found.wait(PATIENCE) or not self.url:
            self.stop()
            raise AssertionError("TensorBoard did not start:\n" + self.log)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has printed."""
        return "".join(self._lines)

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Returns status, content type and body of the answer to a GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as response:
                return response.status, response.headers["Content-Type"], response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()

    def wait_until_active(self, plugin: str) -> None:
        """Waits until TensorBoard says that a tab is on; the stock one looks for that first."""
        wait_until(
            lambda: json.loads(self.get("data/plugins_listing")[2])[plugin]["enabled"],
            every=0.5,
        )

    def stop(self) -> None:
        """Ends it."""
        try:
            for call in self.before_stop:
                call()
        finally:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            finally:
                self._process.kill()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.append(line)
            if match := re.search(r"TensorBoard \S+ at (http://\S+)", line):
                self.url = match[1].rstrip("/") + "/"
                self._found.set()
        self._found.set()


@contextmanager
def tensorboard(
    logdir: Path | None,
    *options: str,
    with_tensorflow: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[TensorBoardProcess]:
    """Starts TensorBoard on a log directory for the length of a `with` block."""
    process = TensorBoardProcess(
        logdir, *options, with_tensorflow=with_tensorflow, environment=environment
    )
    try:
        yield process
    finally:
        process.stop()


def is_a_message(text: str) -> bool:
    """Whether a text is one line in words, neither a traceback nor a bare exception."""
    words = text.strip()
    return " " in words and "\n" not in words and not re.match(r"\w*(Error|Exception)\b", words)
