"""The page that plays without a server, through its route."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_table import label_column
from tb_embed_plugin.server import projection_routes
from tests.decoding import BASE, positions_of
from tests.harness import client_for
from tests.planted import class_snapshots, write_run

SNAPSHOTS, CODES = class_snapshots(0)
PCA = {"run": "a", "layer": "fc", "engine": "pca", "components": 2}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    logdir = tmp_path_factory.mktemp("offline")
    write_run(logdir / "a", {"fc": SNAPSHOTS}, label_column(CODES.tolist()))
    return client_for(logdir, EmbeddingsPlugin)


def data_of(page: str) -> dict[str, Any]:
    before = '<script type="application/json" id="data">'
    text = page.partition(before)[2].partition("</script>")[0]
    data: dict[str, Any] = json.loads(text)
    return data


def test_the_page_holds_the_frames_of_the_view(client: Client) -> None:
    answer = client.get(BASE + "offline_page", query_string=PCA)
    assert answer.status_code == 200
    assert answer.content_type == "application/octet-stream", "nothing runs it from here"
    data = data_of(answer.text)
    flat = np.frombuffer(base64.b64decode(data["positions"]), "<i2").reshape(3, 300, 2)
    scale = np.array(data["scale"]).reshape(-1, 1, 1)
    drawn = flat * scale + np.array(data["offset"]).reshape(-1, 1, 2)
    shown = positions_of(client.get(BASE + "projection", query_string=PCA))
    np.testing.assert_allclose(drawn, shown, atol=1e-3 * float(np.ptp(shown)))
    assert (data["label"], data["steps"]) == ("label", ["0", "1", "2"])


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"components": 3}, 400, "components"),
        ({"run": "../a"}, 404, "run"),
        ({"engine": "tsne"}, 404, "0 of 3 frames of this view are computed"),
    ],
)
def test_what_is_no_page_is_refused(
    client: Client, change: dict[str, Any], status: int, said: str
) -> None:
    answer = client.get(BASE + "offline_page", query_string=PCA | change)
    assert answer.status_code == status
    assert said in answer.text


def test_a_page_that_is_too_large_is_refused_before_it_is_made(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection_routes, "MAX_BYTES", 3 * 300 * 4)
    monkeypatch.setattr(projection_routes, "offline_page", None)
    answer = client.get(BASE + "offline_page", query_string=PCA)
    assert answer.status_code == 413
    assert "tb-embed export --format html" in answer.text


def test_a_page_of_long_texts_is_refused_once_it_is_made(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.get(BASE + "offline_page", query_string=PCA)
    monkeypatch.setattr(projection_routes, "page_bytes", lambda _: 0)
    for room, status in ((len(whole.data), 200), (len(whole.data) - 1, 413)):
        monkeypatch.setattr(projection_routes, "MAX_BYTES", room)
        answer = client.get(BASE + "offline_page", query_string=PCA)
        assert answer.status_code == status
