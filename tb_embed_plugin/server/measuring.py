"""The process that measures, as the server sees it.

Measuring holds cores and Python's lock for seconds; here the server only waits. The process is
started at the first question, answers many at a time, keeps what it has measured in its memory
and in the cache, and ends with the server. One that ends before is started anew, and asked the
same once more.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, cast

from tb_embed_plugin.analysis.subsampling import thinned
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import BusyError, EmbedError
from tb_embed_plugin.process_end import end_of, killed_for_memory
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.server.response import Answer

ATTEMPTS = 2
"""A process that ends without a word is started once more for the same questions."""

MAX_UNDER_WAY = 256
"""Questions under way at a time; the next one is refused."""


class MeasuringError(EmbedError):
    """What the process that measures has said, or that it says nothing any more."""

    def __init__(self, message: str, http_status: int, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.retry_after = retry_after


def task_of(logdir: Logdir, route: str, arguments: Arguments, page: str) -> dict[str, Any]:
    """Returns a question as the process that measures takes it: JSON values.

    It opens the runs itself, by the directories in which we found them, so that a request can
    name no other. What others wrote is looked through for NaN here too, as pictures leave out
    the same samples.

    Raises:
        EmbedError: There is no such run or layer, or it cannot be read.
    """
    run, layer = arguments.text("run"), arguments.text("layer")
    others = arguments.optional("with_run"), arguments.optional("with_layer")
    folders = {}
    for name, of in ((run, layer), (others[0] or run, others[1] or layer)):
        opened = logdir.run(name)
        drawable = opened.layer(of).drawable
        # Neighbors at a step are those of that step alone.
        opened.learn(of, [] if route == "neighbors" else thinned(drawable))
        base, folder = logdir.place(name)
        folders[base] = str(folder)
    return {"route": route, "query": dict(arguments.question), "page": page, "runs": folders}


@dataclass
class _Asked:
    """A question that is under way."""

    line: str
    answer: Future[Answer]
    attempts: int = 1


class MeasuringProcess:
    """Answers questions by a process of its own.

    Args:
        most_bytes: What the process may remember of what it has measured.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._asked: dict[int, _Asked] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def ask(self, task: Mapping[str, Any], answer: Future[Answer]) -> None:
        """Gives the future the answer to a task, later.

        Raises:
            BusyError: Too many questions are under way.
        """
        with self._changed:
            if len(self._asked) >= MAX_UNDER_WAY:
                raise BusyError(
                    f"{MAX_UNDER_WAY} questions are being measured; try again in a second"
                )
            number = next(self._numbers)
            asked = _Asked(json.dumps({**task, "number": number}) + "\n", answer)
            self._asked[number] = asked
            if self._thread is None:
                # The kernel ends the process with the thread that has started it.
                self._thread = threading.Thread(target=self._serve, daemon=True)
                self._thread.start()
            self._changed.notify_all()
            self._tell(asked)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._asked:
                    self._changed.wait()
            killed = killed_for_memory()
            try:
                process = _start(self._most_bytes)
            except OSError as error:
                self._give_up(
                    list(self._asked),
                    f"a process cannot be started ({error.strerror}); close other programs "
                    "and try again",
                )
                continue
            # A question that was being written when the process ended is in the pipe, whose
            # closing fails then; `_asked` has it.
            with suppress(BrokenPipeError), process:
                with self._changed:
                    self._process = process
                    for asked in self._asked.values():
                        self._tell(asked)
                self._listen(cast("IO[bytes]", process.stdout))
                with self._changed:
                    self._process = None
            self._ask_again(process.wait(), killed)

    def _tell(self, asked: _Asked) -> None:
        """Hands a question over, where there is a process yet."""
        if self._process is None:
            return
        tell = cast("IO[bytes]", self._process.stdin)
        try:
            tell.write(asked.line.encode())
            tell.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has ended, which whoever listens to it hears as well

    def _listen(self, hear: IO[bytes]) -> None:
        """Takes answers until there are no more."""
        while (line := hear.readline()).endswith(b"\n"):
            said = json.loads(line)
            body = hear.read(said["size"])
            if len(body) < said["size"]:
                return
            with self._changed:
                asked = self._asked.pop(said["number"])
            if "error" in said:
                error = MeasuringError(said["error"], said["status"], said["retry_after"])
                asked.answer.set_exception(error)
            else:
                answer = Answer(body, said["type"], said["version"], said["status"])
                asked.answer.set_result(answer)

    def _ask_again(self, code: int, killed: int | None) -> None:
        """Leaves what has no answer to the next process, unless it ended two already."""
        with self._changed:
            hopeless = [n for n, asked in self._asked.items() if asked.attempts >= ATTEMPTS]
            for asked in self._asked.values():
                asked.attempts += 1
        how = end_of(code, killed)
        self._give_up(
            hopeless, f"the process that measures has ended {ATTEMPTS} times, by {how}"
        )

    def _give_up(self, numbers: list[int], message: str) -> None:
        with self._changed:
            given_up = [self._asked.pop(number) for number in numbers]
        for asked in given_up:
            asked.answer.set_exception(MeasuringError(message, 503))


def _start(most_bytes: int) -> subprocess.Popen[bytes]:
    module = "tb_embed_plugin.server.measuring_process"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(os.getpid()), str(most_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C is for TensorBoard; the process follows it.
        start_new_session=True,
    )
