"""Tasks given to workers: few at a time, and those of a worker that is lost done again."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tb_embed_plugin.distribution.local_processes import LocalProcesses
from tb_embed_plugin.distribution.workers import TASKS_A_WORKER, Workers
from tb_embed_plugin.errors import UnreadableError, WorkerLostError
from tb_embed_plugin.projections.threads import cores, use_cores
from tb_embed_plugin.projections.working_memory import use_memory
from tests.distribution.threads import Threads


@pytest.fixture(autouse=True)
def settings() -> object:
    """Threads of this process are given its settings."""
    yield
    use_cores(None)
    use_memory(None)


def test_at_most_twice_as_many_are_under_way_as_there_are_workers() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> int:
        with lock:
            begun.append(number)
        return number * number

    with Workers(Threads(2)) as workers:
        results = workers.results(work, [(number,) for number in range(20)])
        found = dict([next(results)])
        time.sleep(0.1)
        assert len(begun) <= TASKS_A_WORKER * 2
        found |= dict(results)
        in_order = list(workers.in_order(work, [(number,) for number in range(20)]))
    assert found == {number: number * number for number in range(20)}
    assert in_order == [number * number for number in range(20)]


def test_an_error_of_a_task_is_raised_and_what_waits_is_not_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        raise UnreadableError(f"no {number}")

    with Workers(Threads(1)) as workers, pytest.raises(UnreadableError, match="no 0"):
        list(workers.results(work, [(number,) for number in range(20)]))
    assert len(begun) <= TASKS_A_WORKER


def square(folder: str, number: int) -> int:
    """Is killed where it is called for the first time with 3."""
    killed = Path(folder) / "killed"
    if number == 3 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def killed(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_broken_pool_is_renewed_and_what_is_missing_repeated(tmp_path: Path) -> None:
    with Workers(LocalProcesses(2)) as workers:
        tasks = [(str(tmp_path), number) for number in range(8)]
        assert dict(workers.results(square, tasks)) == {n: n * n for n in range(8)}
        assert (tmp_path / "killed").exists()

        expected = r"ended 3 times while nothing was finished \(SIGKILL: .*fewer --workers"
        with pytest.raises(WorkerLostError, match=expected):
            list(workers.results(killed, [(1,)]))


def half_a_result(folder: str) -> bytes:
    """Is killed, the first time, when a part of what it returns is sent."""
    marker = Path(folder) / "half"
    if not marker.exists():
        marker.touch()
        threading.Thread(target=kill_while_sending, args=(folder,), daemon=True).start()
    return bytes(64 << 20)


def kill_while_sending(folder: str) -> None:
    """Ends this process while its first thread waits for the reader of a pipe, and says so."""
    place = Path(f"/proc/self/task/{os.getpid()}/wchan")
    while "pipe" not in place.read_text():
        pass
    (Path(folder) / "sending").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_killed_while_it_sends_its_result_is_noticed(tmp_path: Path) -> None:
    with Workers(LocalProcesses(2)) as workers:
        tasks = [(str(tmp_path),)]
        assert [len(result) for _, result in workers.results(half_a_result, tasks)] == [
            64 << 20
        ]
        assert (tmp_path / "sending").exists()


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_the_processes_end_with_the_pool_whatever_they_are_at() -> None:
    started = time.monotonic()
    with Workers(LocalProcesses(1)) as workers:
        _, pid = next(workers.results(sleep, [(0.0,), (600.0,)]))
        os.kill(pid, 0)
    assert time.monotonic() - started < 60
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_workers_share_the_memory_and_the_cores_of_this_machine() -> None:
    try:
        use_memory(1000)
        pool = LocalProcesses(2)
        pool.end()
        assert pool.share.memory == 500
        assert pool.share.cores == max(1, cores() // 2)
    finally:
        use_memory(None)
