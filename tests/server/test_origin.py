"""Who may ask: no other site, and where names of the server are listed, no other name."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from tb_embed_plugin import plugin as plugin_module
from tb_embed_plugin.loader import EmbeddingsLoader
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.server.routes import ROUTES
from tests.decoding import BASE


def flags_of(*arguments: str) -> argparse.Namespace:
    """TensorBoard's flags, as our loader adds to and checks them."""
    loader, parser = EmbeddingsLoader(), argparse.ArgumentParser()
    loader.define_flags(parser)
    flags = parser.parse_args(arguments)
    loader.fix_flags(flags)
    return flags


def client_of(logdir: Path, flags: argparse.Namespace | None = None) -> Client:
    context = base_plugin.TBContext(logdir=str(logdir), flags=flags)
    return Client(application.TensorBoardWSGI([EmbeddingsLoader().load(context)]))


@pytest.mark.parametrize("route", ROUTES)
def test_another_site_gets_no_computation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    def compute(*arguments: Any) -> None:
        raise AssertionError("it was computed")

    monkeypatch.setattr(EmbeddingsPlugin, "_answer", compute)
    response = client_of(tmp_path).get(BASE + route, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert "another site" in response.text


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none", None])
def test_the_page_itself_is_answered(tmp_path: Path, site: str | None) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}

    assert client_of(tmp_path).get(BASE + "engines", headers=headers).status_code == 200


def test_a_link_on_another_site_opens_tensorboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.js").write_text("export const render = () => {};")
    monkeypatch.setattr(plugin_module, "_STATIC", tmp_path)
    client, headers = client_of(tmp_path), {"Sec-Fetch-Site": "cross-site"}

    for path in ("/data/plugin_entry.html?name=tb_embed", "/data/plugin/tb_embed/index.js"):
        assert client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:6006", 200),
        ("LOGS.example.org", 200),
        ("[::1]:6006", 200),
        ("evil.example.org", 403),
        ("localhost.evil.example.org:6006", 403),
        ("127.0.0.1:6006", 403),
    ],
)
def test_where_hosts_are_listed_no_other_name_is_answered(
    tmp_path: Path, host: str, status: int
) -> None:
    flags = flags_of("--tb_embed_hosts", "localhost, logs.example.org:443,[::1]")
    response = client_of(tmp_path, flags).get(BASE + "engines", headers={"Host": host})

    assert response.status_code == status
    assert status == 200 or "--tb_embed_hosts" in response.text


@pytest.mark.parametrize("flags", [None, argparse.Namespace(), flags_of()])
def test_without_the_flag_any_name_is_answered(
    tmp_path: Path, flags: argparse.Namespace | None
) -> None:
    response = client_of(tmp_path, flags).get(BASE + "engines", headers={"Host": "any.name"})

    assert response.status_code == 200


def test_an_address_in_place_of_a_name_is_said_before_tensorboard_starts() -> None:
    with pytest.raises(base_plugin.FlagsError, match=r"names of hosts.*'http://localhost'"):
        flags_of("--tb_embed_hosts", "http://localhost")


def test_a_plugin_that_is_found_twice_stops_nobody() -> None:
    parser = argparse.ArgumentParser()
    for loader in (EmbeddingsLoader(), EmbeddingsLoader()):
        loader.define_flags(parser)

    assert parser.parse_args(["--tb_embed_hosts", "a"]).tb_embed_hosts == "a"
