"""What stands for a worker where the process itself is not what a test is about.

A real one imports for three seconds what a job needs. `WorkerHere` does the same job on a
thread of this process, which has imported it; `BUSY` is a process that is never done.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any, Self, TextIO

from tb_embed_plugin.jobs import worker
from tb_embed_plugin.jobs.job_spec import JobSpec

BUSY = """
import json, sys, time
sys.stdin.readline()
said = {"stage": "frames", "done": 0.5, "message": "computing epoch 4"}
print(json.dumps(said), flush=True)
time.sleep(3600)
"""


def start_busy(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
    """Starts a worker that says that it lays out, and goes on for ever."""
    return subprocess.Popen([sys.executable, "-S", "-c", BUSY], **options)


def pipe() -> tuple[TextIO, TextIO]:
    """Returns both ends, the one that is read first."""
    read, write = os.pipe()
    return os.fdopen(read, encoding="utf-8"), os.fdopen(write, "w", encoding="utf-8")


class WorkerHere:
    """Does one job on a thread, and is told of it and tells of it as a process does."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        (told, self.stdin), (self.stdout, answers) = pipe(), pipe()

        def do() -> None:
            with told, answers:
                spec = JobSpec.from_line(told.readline())
                answers.write(json.dumps(worker.outcome(spec, answers)) + "\n")

        self._thread = threading.Thread(target=do, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Begins to be followed."""
        return self

    def __exit__(self, *error: object) -> None:
        """Ends, with its pipes closed."""
        self.wait()
        self.stdin.close()
        self.stdout.close()

    def wait(self) -> int:
        """Returns the exit status."""
        self._thread.join()
        return 0

    def kill(self) -> None:
        """Leaves it to come to its end."""
