"""The queue of the server's computations: fair between pages, first pictures ahead.

One computes at a time, and beside it one first picture: whoever opens a page need not wait for
what others look at already. What waits is taken page by page, so that one with many questions
delays nobody. Cheap work waits only for other cheap work, and for a first picture it does not
wait at all. What takes longer than a request is a job, in a process of its own
(`jobs.job_queue`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tb_embed_plugin.errors import BusyError
from tb_embed_plugin.projections.threads import one_blas_thread

Value = TypeVar("Value")

WAIT_SECONDS = 20.0
"""How long a request waits, for its turn or for an answer that another one has asked for."""

MAX_WAITING = 256
"""Requests that wait at a time, each of which holds a thread; the next one is refused."""

CHEAP_VALUES = 1 << 21
"""Activations that are worked through without a turn: about 30 ms of one core."""

CHEAP_AT_ONCE = 2
"""Such computations at a time: more would share Python's lock, and all would take longer."""

_MAX_PAGES = 4096
"""Pages whose last turn, or first picture, is remembered."""


@dataclass(eq=False)
class _Ticket:
    page: str
    first: bool


class ComputeQueue:
    """Lets requests compute, one after the other and one first picture beside."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._seats: dict[bool, _Ticket | None] = {True: None, False: None}
        self._served: OrderedDict[str, int] = OrderedDict()
        self._drawn: OrderedDict[str, None] = OrderedDict()
        self._turns = 0
        self._mine = threading.local()
        self._cheap = threading.BoundedSemaphore(CHEAP_AT_ONCE)

    def turns_of(self, page: str = "") -> Turns:
        """Returns the turns of a page; of none in particular where it is empty."""
        return Turns(self, page)

    def note_picture(self, page: str) -> None:
        """Notes that a page has its first picture."""
        with self._changed:
            _remember(self._drawn, page, None)

    def awaits_picture(self, page: str) -> bool:
        """Whether a page still waits for its first picture."""
        return bool(page) and page not in self._drawn

    @contextmanager
    def cheap_turn(self, page: str) -> Iterator[None]:
        """Waits until there is room for cheap work; a page without a picture has it at once.

        Raises:
            BusyError: There was none in time.
        """
        if getattr(self._mine, "has_turn", False) or self.awaits_picture(page):
            yield
            return
        if not self._cheap.acquire(timeout=WAIT_SECONDS):
            raise _busy()
        try:
            yield
        finally:
            self._cheap.release()

    @contextmanager
    def turn(self, page: str) -> Iterator[None]:
        """Waits for a page's turn; within one, a further one is the same.

        Raises:
            BusyError: It did not come in time, or too many wait already.
        """
        if getattr(self._mine, "has_turn", False):
            yield
            return
        ticket = _Ticket(page, self.awaits_picture(page))
        seat = self._take_seat(ticket)
        self._mine.has_turn = True
        try:
            yield
        finally:
            self._mine.has_turn = False
            with self._changed:
                self._seats[seat] = None
                self._changed.notify_all()

    def _take_seat(self, ticket: _Ticket) -> bool:
        deadline = time.monotonic() + WAIT_SECONDS
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                raise BusyError(
                    f"{MAX_WAITING} requests are waiting for the server; try again in a second"
                )
            self._waiting.append(ticket)
            try:
                while (seat := self._seat_for(ticket)) is None:
                    left = deadline - time.monotonic()
                    if left > 0:
                        self._changed.wait(left)
                    else:
                        raise _busy()
            finally:
                self._waiting.remove(ticket)
            self._seats[seat] = ticket
            self._turns += 1
            _remember(self._served, ticket.page, self._turns)
            # The next one may take the other seat.
            self._changed.notify_all()
            return seat

    def _seat_for(self, ticket: _Ticket) -> bool | None:
        """Returns the seat that is this one's now, that of first pictures being true."""
        for seat in (True, False):
            if self._seats[seat] is None and self._next(seat) is ticket:
                return seat
        return None

    def _next(self, seat: bool) -> _Ticket | None:  # noqa: FBT001 # one of two seats
        may = [ticket for ticket in self._waiting if ticket.first or not seat]
        # Of equals the one that came first.
        return min(may, key=lambda t: (not t.first, self._served.get(t.page, 0)), default=None)


@dataclass(frozen=True)
class Turns:
    """The turns of one page.

    Attributes:
        queue: In which it waits.
        page: The page.
    """

    queue: ComputeQueue
    page: str

    @property
    def first(self) -> bool:
        """Whether the page still waits for its first picture."""
        return self.queue.awaits_picture(self.page)

    def note_picture(self) -> None:
        """Notes that the page has its first picture."""
        self.queue.note_picture(self.page)

    @contextmanager
    def turn(self, values: int | None = None) -> Iterator[None]:
        """Waits for this computation's turn, and keeps BLAS to one thread while it lasts.

        Args:
            values: Activations to be worked through; a small number waits only for other
                small ones.

        Raises:
            BusyError: The turn did not come in time, or too many wait already.
        """
        if values is not None and values <= CHEAP_VALUES:
            with self.queue.cheap_turn(self.page), one_blas_thread():
                yield
            return
        with self.queue.turn(self.page), one_blas_thread():
            yield


def _busy() -> BusyError:
    return BusyError(f"the server was busy for {WAIT_SECONDS:g} seconds; try again in a second")


def _remember(known: OrderedDict[str, Value], page: str, value: Value) -> None:
    known[page] = value
    known.move_to_end(page)
    while len(known) > _MAX_PAGES:
        known.popitem(last=False)
