"""A run recorded, failing, deleted and read in any order: what was acknowledged is there."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tb_embed_plugin import EmbedError, record
from tb_embed_plugin.commands.check import check
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.recording_lock import release
from tb_embed_plugin.runs.run import Run
from tests.faults.scenarios import values
from tests.faults.system_calls import failing

KINDS = ("ENOSPC", "EROFS", "EIO", "ESTALE", "short")
POINTS = st.integers(0, 60)


class LifeOfARun(RuleBasedStateMachine):
    """What was acknowledged, beside what is read.

    Attributes:
        acknowledged: The steps whose recording has returned.
        now: The step that is recorded next.
        finished: Whether the run was said to be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[int] = []
        self.now = 0
        self.finished = False

    @initialize()
    def make(self) -> None:
        self.logdir = Path(tempfile.mkdtemp())
        self.run_dir = self.logdir / "run"
        self.server = Logdir(self.logdir, list)

    @rule(last=st.booleans())
    def record_next(self, *, last: bool) -> None:
        self._record(overwrite=self.finished, finished=last)

    @rule(kind=st.sampled_from(KINDS), point=POINTS)
    def fail_to_record(self, kind: str, point: int) -> None:
        if self.finished:
            return
        before = self.now
        with failing(kind, point), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                self._record(overwrite=False, finished=False)
            except (OSError, EmbedError) as error:
                assert str(error)
                self.now = before + 1

    @rule()
    def end_the_process(self) -> None:
        release(self.run_dir)

    @rule()
    def restart_the_server(self) -> None:
        self.server = Logdir(self.logdir, list)

    @rule()
    def delete(self) -> None:
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self.acknowledged, self.finished = [], False

    @invariant()
    def all_that_was_acknowledged_reads_back(self) -> None:
        if not hasattr(self, "logdir"):
            return
        if read_manifest(self.run_dir) is None:
            assert self.acknowledged == []
            return
        for logdir in (self.server, Logdir(self.logdir, list)):
            run = logdir.run("run")
            assert isinstance(run, Run)
            assert set(self.acknowledged) <= set(run.steps)
            for step in run.steps:
                read = np.asarray(run.snapshot("fc1", step))
                assert read.tobytes() == values(step).tobytes()
        (report,) = check(self.logdir)
        assert report.problems == []

    def teardown(self) -> None:
        if hasattr(self, "logdir"):
            release(self.run_dir)
            shutil.rmtree(self.logdir)

    def _record(self, *, overwrite: bool, finished: bool) -> None:
        step = self.now
        record(
            self.run_dir,
            step,
            {"fc1": values(step)},
            labels=list("abcde"),
            overwrite=overwrite,
            finished=finished,
        )
        self.acknowledged = [step] if overwrite else [*self.acknowledged, step]
        self.now, self.finished = step + 1, finished


TestLifeOfARun = LifeOfARun.TestCase
TestLifeOfARun.settings = settings(max_examples=15, stateful_step_count=12)
