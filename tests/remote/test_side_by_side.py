"""Work by several threads, which ends with the first failure and keeps no process alive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tb_embed_plugin.remote.side_by_side import side_by_side

STALLED = """
import sys, threading
from tb_embed_plugin import record
from tb_embed_plugin.remote import address_staging, background_upload, staging
from tb_embed_plugin.remote.storage import Storage
from tests.clusters import snapshot

stalled = threading.Event()
def put(*_):
    stalled.set()
    threading.Event().wait()
Storage.put = put
address_staging.WAIT_SECONDS, background_upload.EVERY_SECONDS = 0.1, 0.02
record("memory://stalled/run", 0, {"fc1": snapshot(0)})
assert stalled.wait(50)
"""


def test_results_come_in_order() -> None:
    assert side_by_side(lambda n: n * n, list(range(9)), 4) == [n * n for n in range(9)]
    assert side_by_side(str, [], 4) == []


def test_after_a_failure_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise KeyError(number)

    with pytest.raises(KeyError, match="1"):
        side_by_side(work, list(range(100)), 1)
    assert begun == [0, 1]


def test_the_end_of_a_process_does_not_wait_for_a_storage_that_is_silent(
    tmp_path: Path,
) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", STALLED],
        env=environment,
        cwd=Path(__file__).parents[2],
        timeout=60,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "were not uploaded: 0.1 s were too few" in ended.stderr
