"""The bounded queue of jobs: one a key however many ask, each done by a worker.

A worker is a process of its own, since engines keep both cores and Python's lock for seconds.
It is started by a thread that lives as long as this process, because the kernel ends a worker
with the thread that started it. What a job yields goes into the cache; here is only how far
it is, and why it failed.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import IO, Any, Literal, cast

from tb_embed_plugin.errors import BusyError
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.jobs.time_estimate import JobSize, Stage, TimeEstimate
from tb_embed_plugin.process_end import end_of, killed_for_memory

MAX_WAITING = 8
"""Jobs that may wait for the one under way, which uses all cores; the next one is refused."""

MAX_REMEMBERED = 64
"""Failures that are reported until their jobs are started again."""

ATTEMPTS = 2
"""A worker that ends without a word is started once more; what it had finished is kept."""

_MAX_LINE = 1 << 16
_CANCEL_SECONDS = 10

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Status:
    """How a job is doing.

    Attributes:
        state: `waiting` for others, `running`, or how it ended.
        stage: Which of its two stages it is in.
        message: What is being done, or one sentence that says why it failed.
        part: Share of the frame under way that is done, in [0, 1).
        expected_seconds: Until the end of the stage; None once the job has ended.
        label: The column by which it measures label accuracy, None for no label.
    """

    state: State
    stage: Stage
    message: str
    part: float
    expected_seconds: float | None
    label: str | None


@dataclass
class _Job:
    spec: JobSpec
    size: JobSize
    state: State = "waiting"
    stage: Stage = "frames"
    message: str = "waiting for another job"
    done: float = 0.0
    began: float = 0.0
    process: subprocess.Popen[str] | None = None
    cancelled: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


class JobQueue:
    """The jobs of one server."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._changed = threading.Condition()
        self._estimate = TimeEstimate()
        self._thread: threading.Thread | None = None

    def start(self, key: str, spec: JobSpec, size: JobSize) -> None:
        """Queues a job, unless one of that key waits or runs.

        Args:
            key: Equal for jobs that yield the same.
            spec: The job.
            size: How much it is.

        Raises:
            BusyError: Too many wait.
        """
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and not job.ended.is_set():
                return
            waiting = sum(job.state == "waiting" for job in self._jobs.values())
            if waiting >= MAX_WAITING:
                raise BusyError(
                    f"{MAX_WAITING} jobs are waiting already; cancel one, or try again "
                    "when one has finished"
                )
            self._jobs.pop(key, None)
            self._jobs[key] = _Job(spec, size, stage="frames" if size.frames else "quality")
            self._forget_old()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run_all, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def status(self, key: str) -> Status | None:
        """Returns how the job of that key is doing, None where there is none."""
        with self._changed:
            job = self._jobs.get(key)
            if job is None:
                return None
            seconds = self._remaining(job)
            part = job.done % 1
            return Status(job.state, job.stage, job.message, part, seconds, job.spec.label)

    def under_way(self) -> int:
        """Returns how many jobs run or wait."""
        with self._changed:
            return sum(not job.ended.is_set() for job in self._jobs.values())

    def expected_seconds(self, size: JobSize, stage: Stage) -> float:
        """Returns how long a job would take, not counting those that it waits for."""
        return self._estimate.seconds(size, stage)

    def cancel(self, key: str) -> None:
        """Ends the job of that key, if there is one; returns when its worker is gone."""
        with self._changed:
            job = self._jobs.get(key)
            if job is None or job.ended.is_set():
                return
            job.cancelled = True
            if job.process is None:
                self._end(job, "cancelled", "canceled before it began")
            else:
                # Files are complete or absent, so a worker can be ended at any moment; it
                # might not hear anything gentler for seconds.
                job.process.kill()
        job.ended.wait(_CANCEL_SECONDS)

    def _run_all(self) -> None:
        while True:
            with self._changed:
                while (job := self._next()) is None:
                    self._changed.wait()
                job.state, job.message = "running", "starting"
            try:
                self._run(job)
            except OSError as error:
                self._end(
                    job,
                    "failed",
                    f"a process cannot be started ({error.strerror}); close other programs "
                    "and try again",
                )

    def _next(self) -> _Job | None:
        return next((job for job in self._jobs.values() if job.state == "waiting"), None)

    def _run(self, job: _Job) -> None:
        code, killed = 0, killed_for_memory()
        for _ in range(ATTEMPTS):
            process = subprocess.Popen(
                [sys.executable, "-m", "tb_embed_plugin.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                # Ctrl-C is for TensorBoard; the worker follows it.
                start_new_session=True,
            )
            with contextlib.suppress(BrokenPipeError), process:
                with self._changed:
                    job.process, job.began = process, time.monotonic()
                    if job.cancelled:
                        process.kill()
                self._listen(job, process)
            code = process.wait()
            if job.cancelled:
                self._end(job, "cancelled", "canceled; the finished frames are kept")
            if job.ended.is_set():
                return
        self._end(
            job,
            "failed",
            f"the worker ended {ATTEMPTS} times without a message, by {end_of(code, killed)}",
        )

    def _listen(self, job: _Job, process: subprocess.Popen[str]) -> None:
        """Follows what a worker says until it ends."""
        tell, hear = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        with contextlib.suppress(BrokenPipeError):
            tell.write(job.spec.to_line())
            tell.flush()
            # The last line of a worker that is killed may be cut short.
            while (line := hear.readline(_MAX_LINE)).endswith("\n"):
                self._hear(job, json.loads(line))

    def _hear(self, job: _Job, said: dict[str, Any]) -> None:
        if "failed" in said:
            self._end(job, "failed", said["failed"])
        elif "finished" in said:
            self._learn(job)
            self._end(job, "done", "done")
        else:
            with self._changed:
                if job.stage != said["stage"]:
                    self._learn(job)
                    job.stage, job.began = said["stage"], time.monotonic()
                job.done, job.message = said["done"], said["message"]

    def _learn(self, job: _Job) -> None:
        self._estimate.learn(job.size, job.stage, time.monotonic() - job.began)

    def _end(self, job: _Job, state: State, message: str) -> None:
        with self._changed:
            if not job.ended.is_set():
                job.state, job.message = state, message
                job.process = None
                job.ended.set()

    def _remaining(self, job: _Job) -> float | None:
        if job.ended.is_set():
            return None
        if job.state == "waiting":
            return self._estimate.seconds(job.size, job.stage)
        elapsed = time.monotonic() - job.began
        return self._estimate.remaining(job.size, job.stage, job.done, elapsed)

    def _forget_old(self) -> None:
        """Lets go of the jobs that ended longest ago."""
        ended = [key for key, job in self._jobs.items() if job.ended.is_set()]
        for key in ended[: max(0, len(ended) - MAX_REMEMBERED)]:
            del self._jobs[key]
