"""A process for what takes seconds: `python -m tb_embed_plugin.jobs.worker`.

It reads one job from standard input (`job_spec`), opens the run itself, so that no array passes
between processes, and writes each frame into the cache as soon as it is laid out. On standard
output it says how far it is, a JSON object a line:

    {"stage": "frames", "done": 3.4, "message": "computing epoch 7"}
    {"finished": true}    or    {"failed": "expected …"}

Threads: the engine may use all cores, OpenMP's and BLAS' threads sleep while they wait, and
the whole process is the last to be given a core that the server, the browser or a training
wants. It is the first that a machine short of memory ends. It ends with its parent, however
that ends: on Linux the kernel sees to it, elsewhere the end of standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from typing import Any, TextIO

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.jobs.child_process import (
    MEMORY_SHARE,
    be_modest,
    end_with_parent,
    take_output,
)
from tb_embed_plugin.jobs.job_spec import JobSpec

_REPORT_EVERY = 0.2

_NICE = 5
"""Beside a program that wants the cores as well, a quarter of them is left to a worker."""


def main() -> None:
    """Does the job that standard input names, until it is done or the parent has ended."""
    parent = os.getppid()
    end_with_parent(parent)
    line = sys.stdin.readline()
    threading.Thread(target=_end_with_input, daemon=True).start()
    answers = os.fdopen(take_output(), "w", encoding="utf-8")
    be_modest(_NICE)
    # umap-learn imports it where it is installed, for a class that nothing here uses.
    sys.modules["tensorflow"] = None  # type: ignore[assignment] # so it says "not installed"
    _tell(answers, outcome(JobSpec.from_line(line), answers))


def outcome(spec: JobSpec, answers: TextIO) -> dict[str, Any]:
    """Does a job, saying how far it is, and returns the last line: finished, or why not."""
    # With the environment set, and after what is cheap has been said.
    from tb_embed_plugin.jobs import job_execution

    last = 0.0

    def report(progress: job_execution.Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _REPORT_EVERY:
            last = now
            _tell(answers, vars(progress))

    try:
        job_execution.execute(spec, report)
    except EmbedError as error:
        return {"failed": str(error)}
    except MemoryError:
        return {
            "failed": f"the job needs more than {100 * MEMORY_SHARE:.0f} % of this machine's "
            "memory; record fewer samples (max_samples), or close other programs"
        }
    except OSError as error:
        traceback.print_exc()
        return {
            "failed": f"the cache cannot be written ({error.strerror}); free some space or "
            "change its permissions, and start it again"
        }
    # Whatever else is a defect, of ours or of a library; its words may hold a path.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        return {
            "failed": f"the job failed with {type(error).__name__}, see TensorBoard's "
            "terminal; change the settings, or report it"
        }
    return {"finished": True}


def _end_with_input() -> None:
    """Ends this process when the parent closes its end of the pipe, or ceases to be."""
    while sys.stdin.readline():
        pass
    os._exit(1)


def _tell(answers: TextIO, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
