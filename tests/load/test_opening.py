"""Ten pages open at once, over real connections: none is refused, all get the same bytes."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server import measuring
from tb_embed_plugin.server.measuring import MeasuringProcess
from tests.decoding import BASE
from tests.harness import client_for
from tests.load.clients import get
from tests.planted import class_snapshots, write_run

PAGES = 10
STEPS = 4
LAYER = {"run": "a", "layer": "fc1"}
OPENING: list[tuple[str, dict[str, str]]] = [
    ("runs", {}),
    ("projection", {**LAYER, "components": "3", "steps": str(STEPS - 1)}),
    ("metadata", LAYER),
    ("projection", {**LAYER, "components": "3", "steps": "0-2"}),
    ("quality", {**LAYER, "components": "2"}),
    ("engines", {}),
    ("catalog", {}),
    ("findings", LAYER),
    ("metrics", LAYER),
    ("samples", {**LAYER, "rule": "moved"}),
    ("neighbors", {**LAYER, "step": "1", "sample": "5"}),
]
"""What a page asks for, one after the other."""


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logs = tmp_path_factory.mktemp("logs")
    snapshots, codes = class_snapshots(0, STEPS, 200)
    write_run(
        logs / "a",
        {"fc1": snapshots},
        Column("label", "category", codes.astype(str).tolist()),
    )
    return logs


@pytest.fixture(scope="module")
def address(logdir: Path) -> Iterator[str]:
    """A server on a port of its own, a thread a request, that has answered nothing yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "MeasuringProcess", MeasuringProcess)
        application = client_for(logdir, EmbeddingsPlugin).application
        server = make_server("127.0.0.1", 0, application, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.port}{BASE}"
        server.shutdown()


def test_ten_pages_that_open_at_once_are_answered_as_one_alone_is(
    logdir: Path, address: str
) -> None:
    with ThreadPoolExecutor(PAGES) as pool:
        opened = list(pool.map(lambda i: open_page(address, f"page {i}"), range(PAGES)))
    alone = client_for(logdir, EmbeddingsPlugin)
    expected = [answer_of(alone, route, query) for route, query in OPENING]

    for (route, _), *answers, wanted in zip(OPENING, *opened, expected, strict=True):
        assert {status for status, _ in answers} == {200}, route
        assert {body for _, body in answers} == {wanted}, route


def answer_of(client: Client, route: str, query: dict[str, str]) -> bytes:
    body: bytes = client.get(BASE + route, query_string=query).data
    return body


def open_page(address: str, page: str) -> list[tuple[int, bytes]]:
    return [ask(f"{address}{route}?{urllib.parse.urlencode(q)}", page) for route, q in OPENING]


def ask(url: str, page: str) -> tuple[int, bytes]:
    """Returns status and body, once nothing more is being measured."""
    while True:
        status, body = get(url, page)
        if not body.startswith(b"{") or json.loads(body).get("state") != "running":
            return status, body
