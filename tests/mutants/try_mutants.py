"""Tries each mutation of a session of Cosmic Ray, and records whether a test fails.

Each run is a fork of this process, which has imported the libraries that most tests need: they
take ten times as long to import as most tests to run.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time

import pytest
from cosmic_ray import plugins
from cosmic_ray.mutating import use_mutation
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from tests.mutants.tests_of_lines import MAX_SECONDS, tests_of_lines

LIBRARIES = (
    "hypothesis", "hypothesis.extra.numpy", "keras", "sklearn.decomposition",
    "sklearn.manifold", "sklearn.neighbors", "tensorboard.backend.application",
    "tensorflow", "werkzeug.test",
)  # fmt: skip
PATIENCE = 10 * MAX_SECONDS
"""Seconds after which a mutation counts as one that never ends, and so as noticed."""


def main() -> None:
    """Tries what the session holds and has not tried yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("session", help="the session that `cosmic-ray init` has written")
    sys.dont_write_bytecode = True
    for name in LIBRARIES:
        importlib.import_module(name)
    with use_db(parser.parse_args().session, WorkDB.Mode.open) as session:
        pending = session.pending_work_items
        for number, item in enumerate(pending, 1):
            (mutation,) = item.mutations
            session.set_result(item.job_id, result := try_mutation(mutation))
            where = f"{mutation.module_path}:{mutation.start_pos[0]}"
            print(
                f"{number} of {len(pending)}: {result.test_outcome.value} {where}", flush=True
            )


def try_mutation(mutation: MutationSpec) -> WorkResult:
    """Returns what the tests say of a mutation."""
    path = mutation.module_path
    lines = range(mutation.start_pos[0], mutation.end_pos[0] + 1)
    operator = plugins.get_operator(mutation.operator_name)(**mutation.operator_args)
    tests = tests_of_lines(path, lines)
    with use_mutation(path, operator, mutation.occurrence) as (_, mutated):
        if mutated is None:
            return WorkResult(WorkerOutcome.NO_TEST)
        failed, output = run_in_fork(tests) if tests else (False, "No test reaches it.")
    outcome = TestOutcome.KILLED if failed else TestOutcome.SURVIVED
    return WorkResult(WorkerOutcome.NORMAL, output, outcome)


def run_in_fork(tests: list[str]) -> tuple[bool, str]:
    """Returns whether one of the tests fails, or none ever ends, and what pytest printed."""
    with tempfile.TemporaryFile() as printed:
        child = os.fork()
        if child == 0:
            os.setsid()
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
            sys.stdout.flush()
            os._exit(int(code))
        deadline = time.monotonic() + PATIENCE
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.killpg(child, signal.SIGKILL)
                ended = os.waitpid(child, 0)
                break
            time.sleep(0.05)
        printed.seek(0)
        return ended[1] != 0, printed.read().decode(errors="replace")


if __name__ == "__main__":
    main()
