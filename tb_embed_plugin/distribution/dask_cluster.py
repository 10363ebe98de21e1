"""Workers of a Dask cluster, whose scheduler recomputes the tasks of a lost worker."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tb_embed_plugin.distribution.pool import Pool, Result, Share
from tb_embed_plugin.errors import BrokenInstallationError, EmbedError, WorkerLostError
from tb_embed_plugin.wording import error_words, listed

SECONDS_TO_ANSWER = 10
"""That a scheduler is given."""

SECONDS_UNTIL_SAID = 2
SECONDS_FOR_A_WORKER = 120
"""That the first worker is given: a cluster that was just requested starts many at once."""

LOOKS_WITHOUT_WORKERS = 30
"""Times in a row that no worker is there, a second or more apart, until we give up: as long as
it takes to restart some."""

_PACKAGE = "tb-embed-plugin"


class DaskCluster(Pool):
    """The workers of a scheduler, which go on without us.

    Args:
        address: The scheduler's, such as `tcp://10.0.0.5:8786`.
        logdir: The log directory, absolute; all workers must see it.
        memory: As in `Share`.
        say: Receives that it waits for the first worker.

    Attributes:
        version: Of this package, which all workers must have.

    Raises:
        BrokenInstallationError: Dask is missing here, or we are on a worker, in this version.
        WorkerLostError: The scheduler or its workers do not answer, or do not see the files.
    """

    def __init__(
        self,
        address: str,
        logdir: str,
        memory: int | None = None,
        say: Callable[[str], None] = lambda said: None,
    ) -> None:
        # Each thread of a worker is given a task of its own.
        super().__init__(Share(1, memory))
        distributed = _library()
        self.lost = (distributed.KilledWorker, CancelledError)
        self._address, self._logdir = address, logdir
        self.version = version(_PACKAGE)
        self._empty_looks = 0
        with self._answering():
            self._client = distributed.Client(
                address, timeout=SECONDS_TO_ANSWER, set_as_default=False
            )
        try:
            with self._answering():
                self._wait_for_a_worker(say)
                self._check_workers()
        except BaseException:
            self._client.close()
            raise
        self.executor = self._client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """How many threads the workers have at the moment, all together."""
        with self._answering():
            threads: int = sum(self._client.nthreads().values())
        return max(1, threads)

    def submit(self, work: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Gives a task to the executor; a worker that came later is checked by it."""
        return self.executor.submit(_checked, self.version, self._logdir, work, *arguments)

    def notice_the_lost(self) -> None:
        """Raises where the scheduler or all workers are gone; it notices by itself a lost one.

        Raises:
            WorkerLostError: The scheduler is gone, or has had no worker for some looks.
        """
        if self._client.status != "running":
            raise WorkerLostError(f"the scheduler at {self._address} has ended; start it again")
        with self._answering():
            there = bool(self._client.nthreads())
        self._empty_looks = 0 if there else self._empty_looks + 1
        if self._empty_looks >= LOOKS_WITHOUT_WORKERS:
            raise WorkerLostError(
                f"the scheduler at {self._address} has no worker any more; start one with dask "
                f"worker {self._address}, then the same command again"
            )

    def renew(self) -> str:
        """The scheduler sees to its workers."""
        raise NotImplementedError

    def end(self) -> None:
        """Takes back what is not begun, and leaves the cluster running."""
        self.executor.shutdown(wait=False)
        self._client.close()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Says in words that the scheduler does not answer."""
        try:
            yield
        except EmbedError:
            raise
        except (OSError, ValueError, TypeError) as error:
            raise WorkerLostError(
                f"no scheduler answers at {self._address} ({error_words(error)}); start one "
                "with dask scheduler, and pass the address that it prints"
            ) from error

    def _wait_for_a_worker(self, say: Callable[[str], None]) -> None:
        missing = f"the scheduler at {self._address} has no worker"
        with suppress(TimeoutError):
            self._client.wait_for_workers(1, SECONDS_UNTIL_SAID)
            return
        say(f"{missing} yet; waiting up to {SECONDS_FOR_A_WORKER} s for one")
        try:
            self._client.wait_for_workers(1, SECONDS_FOR_A_WORKER)
        except TimeoutError as error:
            raise WorkerLostError(
                f"{missing}; start one with dask worker {self._address}"
            ) from error

    def _check_workers(self) -> None:
        try:
            theirs = set(self._client.run(version, _PACKAGE).values())
        except PackageNotFoundError as error:
            raise BrokenInstallationError(
                f"a worker of {self._address} has no {_PACKAGE}; install it there"
            ) from error
        if theirs != {self.version}:
            raise BrokenInstallationError(_other_version(sorted(theirs), self.version))
        seen = self._client.run(os.path.isdir, self._logdir)
        if not all(seen.values()):
            raise WorkerLostError(
                _blind(listed([name for name, sees in seen.items() if not sees]), self._logdir)
            )


def _checked(wanted: str, logdir: str, work: Callable[..., Result], *arguments: Any) -> Result:
    """Computes a task where this worker is like those that were there at the beginning."""
    if version(_PACKAGE) != wanted:
        raise BrokenInstallationError(_other_version([version(_PACKAGE)], wanted))
    if not Path(logdir).is_dir():
        raise WorkerLostError(_blind(platform.node(), logdir))
    return work(*arguments)


def _other_version(theirs: list[str], ours: str) -> str:
    return (
        f"the workers have {_PACKAGE} {listed(theirs)}, the command {ours}; install one "
        "version everywhere"
    )


def _blind(workers: str, logdir: str) -> str:
    return f"worker {workers} sees no directory {logdir}; mount it there under the same path"


def _library() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise BrokenInstallationError(
            "--scheduler needs distributed, which is not installed; run pip install "
            f"'{_PACKAGE}[distributed]'"
        ) from error
    return distributed
