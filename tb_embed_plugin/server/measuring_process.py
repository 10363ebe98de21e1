"""The process that measures: `python -m tb_embed_plugin.server.measuring_process PARENT BYTES`.

Questions come as lines of JSON (`measuring.task_of`), and each is answered by the route that it
names, on a thread of its own: what is known needs no turn. An answer is a line of JSON, and as
many bytes as that says:

    {"number": 3, "status": 200, "type": "application/json", "version": null, "size": 120}
    {"number": 4, "status": 404, "error": "there is no …", "retry_after": null, "size": 0}

The process leaves one core to the server, is the last to be given another one that the server
wants, and ends with it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.jobs.child_process import (
    MEMORY_SHARE,
    be_modest,
    end_with_parent,
    leave_a_core,
    take_output,
)
from tb_embed_plugin.server.response import Answer, Service

THREADS = 32
"""Questions that are looked at at a time; one of them is measured for."""

_NICE = 15
"""Beside a server that wants the cores as well, a thirtieth of them is left to measuring."""


def main() -> None:
    """Answers questions until there are no more to come."""
    end_with_parent(int(sys.argv[1]))
    answers = os.fdopen(take_output(), "wb")
    be_modest(_NICE)
    leave_a_core()
    answering = Answering(answers, int(sys.argv[2]))
    with ThreadPoolExecutor(THREADS) as pool:
        for line in sys.stdin:
            pool.submit(answering.answer, line)
        # Nobody listens any more.
        os._exit(0)


class Answering:
    """Answers questions.

    Args:
        answers: Takes the answers.
        most_bytes: What is remembered of what was measured.
    """

    def __init__(self, answers: IO[bytes], most_bytes: int) -> None:
        # Before there are threads: they would import the same at a time.
        from tb_embed_plugin.arguments import Arguments
        from tb_embed_plugin.runs.named_runs import NamedRuns
        from tb_embed_plugin.server import routes

        self._find, self._arguments = routes.find, Arguments
        self._runs = NamedRuns()
        self._service = Service.within(most_bytes, self._runs)
        self._answers = answers
        self._lock = threading.Lock()

    def answer(self, line: str) -> None:
        """Answers a line."""
        task = json.loads(line)
        said, body = self._outcome(task)
        head = {"number": task["number"], "size": len(body), **said}
        with self._lock:
            self._answers.write(json.dumps(head).encode() + b"\n" + body)
            self._answers.flush()

    def _outcome(self, task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            found = self._measure(task)
        except EmbedError as error:
            return _error(str(error), error.http_status, error.retry_after), b""
        except MemoryError:
            return _error(
                f"measuring this needs more than {100 * MEMORY_SHARE:.0f} % of this machine's "
                "memory; record fewer samples (max_samples), or close other programs",
                413,
            ), b""
        # Whatever else is a defect, of ours or of a library; its words may hold a path.
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            return _error(
                f"measuring failed with {type(error).__name__}, see TensorBoard's terminal; "
                "report it",
                500,
            ), b""
        kind = {"status": found.status, "type": found.content_type, "version": found.version}
        return kind, found.body

    def _measure(self, task: dict[str, Any]) -> Answer:
        self._runs.name({name: Path(folder) for name, folder in task["runs"].items()})
        page = task["page"]
        # Nobody waits for a picture here: all are equal.
        self._service.turns.queue.note_picture(page)
        service = self._service.asked_by(page)
        return self._find(task["route"])(service, self._arguments(task["query"]))


def _error(message: str, status: int, retry_after: int | None = None) -> dict[str, Any]:
    return {"error": message, "status": status, "retry_after": retry_after}


if __name__ == "__main__":
    main()
