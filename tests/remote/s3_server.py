"""A real S3 server, moto's, in a process of its own; and a network that fails as told."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Self

SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
"""Ends with the process that has started it, however that one ends."""


def s3_server() -> AbstractContextManager[int]:
    """Runs an S3 server, and yields its port."""
    return serving(SERVER)


@contextmanager
def serving(code: str) -> Iterator[int]:
    """Runs a server that prints its port and ends with its input; yields the port."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.kill()


NETWORK = """
import sys
from tests.remote.s3_server import Network
network = Network({port}, {latency})
print(network.port, flush=True)
sys.stdin.read()
"""


def distant(port: int, latency: float) -> AbstractContextManager[int]:
    """Runs a `Network` in a process of its own, as no network shares one with who asks."""
    return serving(NETWORK.format(port=port, latency=latency))


def make_bucket(port: int, name: str) -> None:
    """Makes a bucket, which moto allows without a signature."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{name}", method="PUT")
    urllib.request.urlopen(request).close()


def credentials(port: int) -> dict[str, str]:
    """Returns the environment variables by which users' programs find a server."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


QUIET_SECONDS = 0.6
"""Without a request, after which none is expected before there is an answer."""

Fault = Literal["", "refuses", "stalls", "cuts"]


class Network:
    """The way to a server, which may be long, and fail.

    Args:
        port: The server's port.
        latency: Seconds by which each request is held back.

    Attributes:
        latency: As above.
        port: The port behind which the server seems to be.
        fault: What happens to whoever asks now: connections are refused, answers never come, or
            their last bytes are missing.
        counts_rounds: Whether requests are held back until no other one comes, then let through
            together: what comes after that has waited for an answer.
        requests: How many there were.
        rounds: How many times requests were let through.
    """

    def __init__(self, port: int, latency: float = 0.0) -> None:
        self._to, self.latency = port, latency
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._open: set[socket.socket] = set()
        self.port: int = self._listening.getsockname()[1]
        self.fault: Fault = ""
        self.counts_rounds = False
        self.requests = self.rounds = 0
        self._last = 0.0
        self._round = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.hang_up()

    def fail(self, fault: Fault) -> None:
        """Fails from now on, also on connections that are open."""
        self.fault = fault
        if fault == "refuses":
            self.hang_up()

    def hang_up(self) -> None:
        """Ends all connections."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.fault == "refuses":
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._to))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.add(one)
            is_asking = threading.Event()
            for way, ends in (self._ask, (client, server)), (self._answer, (server, client)):
                threading.Thread(target=way, args=(*ends, is_asking), daemon=True).start()

    def _ask(
        self, client: socket.socket, server: socket.socket, is_asking: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 18):
                # What follows an answer is another request, else more of the same one.
                if not is_asking.is_set():
                    is_asking.set()
                    self._hold_back()
                server.sendall(data)
        self._end(client, server)

    def _hold_back(self) -> None:
        time.sleep(self.latency)
        with self._round:
            self.requests += 1
            self._last, this = time.monotonic(), self.rounds
            while self.counts_rounds and self.rounds == this:
                left = self._last + QUIET_SECONDS - time.monotonic()
                if left > 0:
                    self._round.wait(left)
                else:
                    self.rounds += 1
                    self._round.notify_all()

    def _answer(
        self, server: socket.socket, client: socket.socket, is_asking: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 18):
                is_asking.clear()
                while self.fault == "stalls":
                    time.sleep(0.01)
                if self.fault == "cuts":
                    client.sendall(data[:-1])
                    break
                client.sendall(data)
        self._end(client, server)

    def _end(self, *ends: socket.socket) -> None:
        for one in ends:
            self._open.discard(one)
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def point_to(port: int) -> None:
    """Lets this process find a server, for benchmarks."""
    os.environ |= credentials(port)
