"""Many who ask at once: equal questions answered once, turns fair by page, nobody refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from tb_embed_plugin import compute_queue, linear_projection
from tb_embed_plugin.compute_queue import ComputeQueue
from tb_embed_plugin.errors import BusyError
from tb_embed_plugin.jobs import linear_projector
from tb_embed_plugin.lru_cache import LruCache
from tb_embed_plugin.metadata import PAGE_HEADER
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projections import threads
from tb_embed_plugin.projections.basis import Basis
from tb_embed_plugin.server.response import Service
from tests.clusters import record_clusters
from tests.decoding import BASE
from tests.harness import PATIENCE, client_for, wait_until

FC1 = {"run": "a", "layer": "fc1"}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logs = tmp_path_factory.mktemp("logs")
    record_clusters(logs / "a", range(3), samples=40)
    return logs


@pytest.fixture
def client(logdir: Path) -> Client:
    return client_for(logdir, EmbeddingsPlugin)


class Slow:
    """Stands for a function that takes until it is let go."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work
        self.calls = 0
        self.only_once = False
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        self.begun.set()
        if self.calls == 1 or not self.only_once:
            assert self.go.wait(PATIENCE)
        return self.work(*arguments)


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """The fitting of a basis, which takes until `go` is set."""
    slow = Slow(linear_projection.fit)
    monkeypatch.setattr(linear_projector, "fit", slow)
    yield slow
    slow.go.set()


def ask(client: Client, route: str, page: str = "", **query: Any) -> TestResponse:
    headers = {PAGE_HEADER: page} if page else {}
    return client.get(BASE + route, query_string={**FC1, **query}, headers=headers)


def service_of(client: Client) -> Service:
    """What the server behind a client works with, once it has answered something."""
    ask(client, "engines")
    application: Any = client.application
    (plugin,) = application._plugins  # noqa: SLF001
    service: Service = plugin._service  # noqa: SLF001
    return service


def queue_of(client: Client) -> ComputeQueue:
    """The queue of the server behind a client."""
    return service_of(client).turns.queue


def test_ten_pages_that_open_at_once_cost_one_computation(
    client: Client, fit: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    projected: list[int] = []
    project = Basis.project

    def counted(basis: Basis, *arguments: Any) -> Any:
        projected.append(1)
        return project(basis, *arguments)

    monkeypatch.setattr(Basis, "project", counted)
    shared = service_of(client).shared
    asked = threading.Semaphore(0)
    share = shared.answer

    def counting(*arguments: Any) -> Any:
        asked.release()
        return share(*arguments)

    monkeypatch.setattr(shared, "answer", counting)
    with ThreadPoolExecutor(10) as pool:
        answers = [
            pool.submit(ask, client, "projection", f"page {i}", steps="1") for i in range(10)
        ]
        for _ in range(10):
            assert asked.acquire(timeout=PATIENCE)
        fit.go.set()
        bodies = [answer.result(PATIENCE) for answer in answers]

    assert {body.status_code for body in bodies} == {200}
    assert len({body.data for body in bodies}) == 1
    assert (fit.calls, len(projected)) == (1, 1)


def test_fifty_pages_with_questions_of_their_own_are_all_answered(
    client: Client, fit: Slow
) -> None:
    queue = queue_of(client)
    with ThreadPoolExecutor(50) as pool:
        answers = [
            pool.submit(
                ask, client, "projection", f"page {i}", engine="axes", shrinkage=0.1 + i / 100
            )
            for i in range(50)
        ]
        # Two are at work, the others wait.
        wait_until(partial(wait_in, queue, 48))
        fit.go.set()

    assert [answer.result().status_code for answer in answers] == [200] * 50


def test_a_first_picture_waits_for_no_other_pages_work(client: Client, fit: Slow) -> None:
    queue_of(client).note_picture("old")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, client, "projection", "old", standardize="true")
        assert fit.begun.wait(PATIENCE)
        fit.only_once = True
        first = ask(client, "projection", "new", basis_steps="0")
        assert not slow.done()
        fit.go.set()

    assert (first.status_code, slow.result().status_code) == (200, 200)


def test_whoever_has_its_picture_leaves_the_lane_of_first_pictures_free() -> None:
    queue = ComputeQueue()
    queue.note_picture("old")
    with queue.turns_of("old").turn(), ThreadPoolExecutor(1) as pool:
        pool.submit(take, queue, "new", []).result(PATIENCE)


def test_what_waits_is_taken_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = ComputeQueue()
    order: list[str] = []
    for page in ("many", "one", "holder"):
        queue.note_picture(page)
    # The pool is left last: it waits for those who wait.
    with ThreadPoolExecutor(4) as pool, queue.turns_of("holder").turn():
        for waiting, page in enumerate(["many", "many", "many", "one"], 1):
            pool.submit(take, queue, page, order)
            wait_until(partial(wait_in, queue, waiting))
    assert order == ["many", "one", "many", "many"]


def wait_in(queue: ComputeQueue, count: int) -> bool:
    return len(queue._waiting) == count  # noqa: SLF001


def take(queue: ComputeQueue, page: str, order: list[str], values: int | None = None) -> None:
    with queue.turns_of(page).turn(values):
        order.append(page)


def test_cheap_and_remembered_answers_do_not_queue(client: Client) -> None:
    first = ask(client, "projection", "old", steps="1")
    queue = queue_of(client)
    with queue.turns_of("else").turn(), queue.turns_of("old").turn():
        pass
    with queue.turns_of("old").turn(), ThreadPoolExecutor(1) as pool:
        again = pool.submit(ask, client, "projection", "old", steps="1").result(PATIENCE)
        quality = pool.submit(ask, client, "quality", "old", steps="none")

    assert again.data == first.data
    assert quality.result(PATIENCE).status_code == 400


def test_cheap_work_waits_for_other_cheap_work_except_that_of_first_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = ComputeQueue()
    queue.note_picture("old")
    with ExitStack() as held, ThreadPoolExecutor(1) as pool:
        for _ in range(compute_queue.CHEAP_AT_ONCE):
            held.enter_context(queue.turns_of("old").turn(1))
        pool.submit(take, queue, "new", [], 1).result(PATIENCE)
        waiting = pool.submit(take, queue, "old", [], 1)
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        held.close()
        waiting.result(PATIENCE)

        monkeypatch.setattr(compute_queue, "WAIT_SECONDS", 0)
        for _ in range(compute_queue.CHEAP_AT_ONCE):
            held.enter_context(queue.turns_of("old").turn(1))
        with pytest.raises(BusyError, match="try again"):
            pool.submit(take, queue, "old", [], 1).result(PATIENCE)


def test_a_turn_that_does_not_come_is_given_up_with_a_time_to_ask_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = queue_of(client)
    monkeypatch.setattr(compute_queue, "WAIT_SECONDS", 0)
    queue.note_picture("old")
    with queue.turns_of("old").turn(), ThreadPoolExecutor(1) as pool:
        refused = pool.submit(ask, client, "projection", "old").result(PATIENCE)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "try again" in refused.text
    monkeypatch.undo()
    wait_until(lambda: ask(client, "projection", "old").status_code == 200)


def test_a_long_computation_is_joined_by_whoever_asks_again(
    client: Client, fit: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute_queue, "WAIT_SECONDS", 0.01)
    first = ask(client, "projection", "old")
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert ask(client, "projection", "old").status_code == 429
    monkeypatch.undo()
    fit.go.set()

    assert ask(client, "projection", "old").status_code == 200


def test_whoever_needs_what_is_being_computed_takes_no_turn(client: Client, fit: Slow) -> None:
    queue = queue_of(client)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(ask, client, "projection", "one", steps="0")
        assert fit.begun.wait(PATIENCE)
        # Another question, of the same axes.
        two = pool.submit(ask, client, "projection", "two", steps="1")
        with queue.turns_of("three").turn():
            fit.go.set()
            assert (one.result(PATIENCE).status_code, two.result(PATIENCE).status_code) == (
                200,
                200,
            )
    assert fit.calls == 1


def test_too_many_who_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute_queue, "MAX_WAITING", 0)
    with pytest.raises(BusyError, match="try again"), ComputeQueue().turns_of().turn():
        pass


def test_what_fails_fails_for_all_who_wait_and_is_tried_again() -> None:
    cache = LruCache[int](1)
    begun, go = threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        assert go.wait(PATIENCE)
        raise BusyError("no")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cache.get, "key", fail)
        assert begun.wait(PATIENCE)
        assert cache.get("another", lambda: 1) == 1, "others need not wait"
        two = pool.submit(cache.get, "key", fail)
        go.set()
        for each in (one, two):
            with pytest.raises(BusyError):
                each.result(PATIENCE)
    assert cache.get("key", lambda: 2) == 2


def test_blas_is_limited_until_the_last_has_ended() -> None:
    def limits() -> set[int]:
        return {
            library["num_threads"]
            for library in threads._libraries(with_scipy=False).info()  # noqa: SLF001
            if library["user_api"] == "blas"
        }

    before = limits()
    one, two = threads.one_blas_thread(), threads.one_blas_thread()
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert limits() == {1}
    two.__exit__(None, None, None)
    assert limits() == before
