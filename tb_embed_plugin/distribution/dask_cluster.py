"""Workers of a Dask cluster, whose scheduler recomputes the tasks of a lost worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tb_embed_plugin.distribution.pool import Pool, Share
from tb_embed_plugin.errors import BrokenInstallationError, EmbedError, WorkerLostError
from tb_embed_plugin.wording import error_words, listed

SECONDS_TO_ANSWER = 10
"""That a scheduler is given, and then its first worker."""

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

    Raises:
        BrokenInstallationError: Dask is missing here, or we are on a worker, in this version.
        WorkerLostError: The scheduler or its workers do not answer, or do not see the files.
    """

    def __init__(self, address: str, logdir: str, memory: int | None = None) -> None:
        # Each thread of a worker is given a task of its own.
        super().__init__(Share(1, memory))
        distributed = _library()
        self.lost = (distributed.KilledWorker, CancelledError)
        self._address = address
        self._empty_looks = 0
        with self._answering():
            self._client = distributed.Client(
                address, timeout=SECONDS_TO_ANSWER, set_as_default=False
            )
        try:
            with self._answering():
                self._check_workers(logdir)
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

    def _check_workers(self, logdir: str) -> None:
        try:
            self._client.wait_for_workers(1, SECONDS_TO_ANSWER)
        except TimeoutError as error:
            raise WorkerLostError(
                f"the scheduler at {self._address} has no worker; start one with dask worker "
                f"{self._address}"
            ) from error
        try:
            theirs = set(self._client.run(version, _PACKAGE).values())
        except PackageNotFoundError as error:
            raise BrokenInstallationError(
                f"a worker of {self._address} has no {_PACKAGE}; install it there"
            ) from error
        if theirs != {version(_PACKAGE)}:
            raise BrokenInstallationError(
                f"the workers of {self._address} have {_PACKAGE} {listed(sorted(theirs))}, "
                f"this process {version(_PACKAGE)}; install one version everywhere"
            )
        seen = self._client.run(os.path.isdir, logdir)
        if not all(seen.values()):
            blind = [worker for worker, sees in seen.items() if not sees]
            raise WorkerLostError(
                f"worker {listed(blind)} sees no directory {logdir}; mount it there under the "
                "same path"
            )


def _library() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise BrokenInstallationError(
            "--scheduler needs distributed, which is not installed; run pip install "
            f"'{_PACKAGE}[distributed]'"
        ) from error
    return distributed
