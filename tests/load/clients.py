"""Clients that ask all routes at once, as pages do, and look at what they are answered."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tb_embed_plugin.metadata import PAGE_HEADER

PLUGIN = "data/plugin/tb_embed/"
PATIENCE = 120
"""Seconds after which a request is given up, which is a fault."""
BUSY = 429


def get(url: str, page: str) -> tuple[int, bytes]:
    """Returns the status and the body of an answer; asks again as often as it is told to.

    Raises:
        OSError: There was no answer.
    """
    status, body, again = _get_once(url, page)
    while again is not None:
        time.sleep(again)
        status, body, again = _get_once(url, page)
    return status, body


def _get_once(url: str, page: str) -> tuple[int, bytes, float | None]:
    """Returns besides in how many seconds to ask again; None where there is no need to."""
    request = urllib.request.Request(url, headers={PAGE_HEADER: page})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read(), None
    except urllib.error.HTTPError as error:
        again = float(error.headers["Retry-After"]) if error.code == BUSY else None
        return error.code, error.read(), again


@dataclass(frozen=True)
class Question:
    """A request.

    Attributes:
        route: Which route, or TensorBoard's own.
        path: Below TensorBoard's address.
        fixed: Whether all answers hold the same bytes.
    """

    route: str
    path: str
    fixed: bool = True


@dataclass
class Tally:
    """What came of all requests; the clients share one.

    Attributes:
        seconds: Of each answer, by route, refusals and their waiting included.
        statuses: How often each status came, refusals to be asked again left out.
        wrong: Answers with other bytes than the first one of their kind.
        faults: Refusals that are none of the load, and requests without an answer, a line each.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, url: str, question: Question, page: str) -> None:
        """Asks once more as often as it is told to, like the page."""
        began = time.monotonic()
        try:
            status, body = get(url + question.path, page)
        except OSError as error:
            with self._lock:
                self.faults.append(f"{question.path}: {error}")
        else:
            self._note(question, status, body)
        with self._lock:
            self.seconds[question.route].append(time.monotonic() - began)

    def _note(self, question: Question, status: int, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            self.statuses[status] += 1
            if status != 200:
                self.faults.append(f"{question.path}: {status} {body[:200]!r}")
            if status == 200 and question.fixed:
                first = self._known.setdefault(question.path, digest)
                if first != digest:
                    self.wrong.append(question.path)


def drive(
    url: str,
    opening: Sequence[Question],
    others: Sequence[Question],
    *,
    clients: int,
    seconds: float,
    tally: Tally,
    pause: float = 0,
    arrival: float = 0,
) -> None:
    """Lets so many clients ask for so long; each opens a page, then asks this and that.

    Args:
        url: TensorBoard's address, ending in a slash.
        opening: What a page asks first, in this order; the last is its first picture.
        others: What is asked by chance afterwards.
        clients: How many ask at a time.
        seconds: After which no client begins anew.
        tally: Takes what came of it; a page's opening is in it as `first picture`.
        pause: Mean seconds that a client looks at an answer before it asks something else.
        arrival: Seconds over which the clients come, one after the other.
    """
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - no secret
        visit = 0
        time.sleep(number / clients * arrival)
        while time.monotonic() < end:
            page = f"page-{number}-{visit}"
            began = time.monotonic()
            for question in opening:
                tally.ask(url, question, page)
            tally.seconds["first picture"].append(time.monotonic() - began)
            for question in chance.choices(others, k=len(others)):
                if time.monotonic() > end:
                    break
                if pause > 0:
                    time.sleep(chance.expovariate(1 / pause))
                tally.ask(url, question, page)
            visit += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def slow_clients(url: str, question: Question, count: int) -> Iterator[None]:
    """Lets clients ask and never read, and as many others never end their request."""
    address = urlsplit(url)
    asked = f"GET {address.path}{question.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    with ExitStack() as connections:
        for end in ("\r\n", "") * count:
            place = (address.hostname or "", address.port or 0)
            one = connections.enter_context(socket.create_connection(place))
            one.sendall((asked + end).encode())
        yield


def quantile(seconds: Sequence[float], share: float) -> float:
    """Returns the value below which this share of them lies."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
