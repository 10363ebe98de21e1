"""A training whose logs lie on object storage: watched through `sync --follow`, or there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.tab import Open
from tests.clusters import record_clusters
from tests.harness import PATIENCE, tensorboard, wait_until
from tests.remote.conftest import at_server, bucket, cache, s3, upload
from tests.remote.recording_process import recording

__all__ = ["at_server", "bucket", "cache", "s3"]


@pytest.fixture
def followed(bucket: str, tmp_path: Path) -> Iterator[Path]:
    """A directory that follows the bucket."""
    here = tmp_path / "here"
    command = [sys.executable, "-m", "tb_embed_plugin.cli", "sync", bucket, str(here)]
    with subprocess.Popen([*command, "--follow", "--every", "0.2"]) as process:
        yield here
        process.terminate()
        process.wait(PATIENCE)


def test_snapshots_appear_while_they_are_recorded(
    bucket: str, tmp_path: Path, followed: Path, open_tab: Open
) -> None:
    logs = tmp_path / "logs"
    record_clusters(logs / "run", range(2))
    upload(logs, bucket)
    wait_until((followed / "run").exists)
    with tensorboard(followed) as server:
        tab = open_tab(server)
        tab.wait_for_picture(1)
        record_clusters(logs / "run", [2, 3])
        upload(logs, bucket)
        tab.wait_for_picture(3)


def test_the_tab_shows_an_address_that_tensorboard_itself_opens(
    bucket: str, tmp_path: Path, open_tab: Open
) -> None:
    """As it does where TensorFlow is not installed."""
    address, logs = f"{bucket}/logs", tmp_path / "logs"
    record_clusters(logs / "run", range(2))
    upload(logs, address)
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    with tensorboard(None, "--logdir", address, environment=environment) as server:
        tab = open_tab(server, hosted=True)
        tab.wait_for_picture(1)
        record_clusters(logs / "run", [2])
        upload(logs, address)
        tab.wait_for_picture(2)


def test_a_training_that_records_to_an_address_is_watched_killed_and_resumed(
    bucket: str, cache: Path, followed: Path, open_tab: Open
) -> None:
    training = recording(f"{bucket}/run", range(2), "wait")
    wait_until((followed / "run").exists)
    with tensorboard(followed) as server:
        tab = open_tab(server)
        tab.wait_for_picture(1)
        training.kill()
        training.communicate()
        training = recording(f"{bucket}/run", range(2, 4), "wait")
        tab.wait_for_picture(3)
        training.communicate(timeout=PATIENCE)
        assert training.returncode == 0
    assert list(cache.iterdir()) == []
