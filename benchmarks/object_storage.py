"""What the first picture of a run on object storage takes over that of one on this machine.

Claim: with 50 ms of latency between the two, copying a run of 10,000 x 200 and 40 steps from S3
and drawing it up (the runs, and the last frame in axes of all steps) takes at most 3 times what
the latter alone takes. Another look, at which nothing is new, takes one listing.

A real S3 server (moto's), a process of its own, behind a proxy that holds each request back for
50 ms; the copy begins empty each time. Both sides in turns, each by a server that has just
started, without a network between it and the page.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.ask_picture import ask_picture
from benchmarks.ratio import Ratio
from tb_embed_plugin import record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.remote.mirror import Mirror
from tb_embed_plugin.remote.storage import Storage
from tests.harness import client_for

MOST = 3.0
LATENCY = 0.05
SAMPLES, UNITS, STEPS = 10_000, 200, 40
PAIRS = 5
ADDRESS = "s3://bucket/logs"
SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(1e6)
"""


def main() -> int:
    """Prints the ratio; the exit status is 1 where it is above its bound."""
    with tempfile.TemporaryDirectory() as folder, _s3() as port, _far(port) as far:
        logs, here = Path(folder) / "logs", Path(folder) / "here"
        _write(logs / "run")
        _point_to(port)
        _upload(logs)
        _point_to(far)
        there: list[float] = []
        local: list[float] = []
        again: list[float] = []
        for _ in range(PAIRS):
            shutil.rmtree(here, ignore_errors=True)
            began = time.perf_counter()
            mirror = Mirror(Storage(ADDRESS), here)
            mirror.update()
            ask_picture(client_for(here, EmbeddingsPlugin), STEPS - 1)
            there.append(time.perf_counter() - began)
            began = time.perf_counter()
            mirror.update()
            again.append(time.perf_counter() - began)
            shutil.rmtree(logs / "run/plugins/tb_embed/cache", ignore_errors=True)
            began = time.perf_counter()
            ask_picture(client_for(logs, EmbeddingsPlugin), STEPS - 1)
            local.append(time.perf_counter() - began)
    ratio = Ratio.of(zip(there, local, strict=True))
    print(
        f"{SAMPLES:,} x {UNITS} x {STEPS} steps, {1e3 * LATENCY:g} ms away: "
        f"{statistics.median(there):.2f} s, here {statistics.median(local):.2f} s; {ratio} "
        f"(at most {MOST:g}); with nothing new {statistics.median(again):.2f} s"
    )
    return int(ratio.median > MOST)


@contextmanager
def _s3() -> Iterator[int]:
    """Runs an S3 server, and yields its port."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            yield int((server.stdout or sys.stdin).readline())
        finally:
            server.kill()


@contextmanager
def _far(port: int) -> Iterator[int]:
    """Yields a port behind which the same server seems to be far away."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                server = socket.create_connection(("127.0.0.1", port))
                for ends in ((client, server, LATENCY), (server, client, 0.0)):
                    threading.Thread(target=_carry, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


def _carry(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Hands on what comes; what follows a pause, a new request, after some time."""
    # Either side may hang up, here or in the other direction's thread.
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 18):
            time.sleep(seconds)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _write(run_dir: Path) -> None:
    rng = np.random.default_rng(0)
    for step in range(STEPS):
        rows = rng.normal(size=(SAMPLES, UNITS)).astype(np.float32)
        record(run_dir, step, {"fc1": rows}, finished=step == STEPS - 1)


def _point_to(port: int) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _upload(logs: Path) -> None:
    import s3fs

    s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
    to = Storage(ADDRESS)
    for path in sorted(logs.rglob("*")):
        if path.is_file():
            to.put(path.relative_to(logs).as_posix(), path)


if __name__ == "__main__":
    sys.exit(main())
