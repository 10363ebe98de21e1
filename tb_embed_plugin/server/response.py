"""The service that routes work with, and the answers that they give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.compute_queue import Turns
from tb_embed_plugin.errors import TooMuchAskedError
from tb_embed_plugin.jobs.cache import cache_of
from tb_embed_plugin.jobs.computed import Computed
from tb_embed_plugin.jobs.job_queue import JobQueue
from tb_embed_plugin.lru_cache import LruCache, Memory
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.server.listing import Listing
from tb_embed_plugin.server.shared_answers import SharedAnswers

MAX_BYTES = 64 << 20
"""Positions or activations in one answer."""

MAX_METADATA = 256
"""Answers of `metadata` that are remembered: reading a table holds Python's lock for seconds
where it has a million rows."""


@dataclass(frozen=True)
class Answer:
    """What a route answers.

    Attributes:
        body: The content.
        content_type: Its media type.
        version: The version of the data in it, None where it must not be kept.
        status: The HTTP status.
    """

    body: bytes
    content_type: str
    version: str | None = None
    status: int = 200


class Measuring(Protocol):
    """Who answers what takes seconds to measure, in place of the server itself."""

    def ask(self, task: Mapping[str, Any], answer: Future[Answer]) -> None:
        """Gives the future the answer to a task (`measuring.task_of`), now or later."""


@dataclass(frozen=True)
class Service:
    """What the routes work with; where nobody else measures, they do it themselves."""

    logdir: Logdir
    computed: Computed = field(default_factory=Computed)
    jobs: JobQueue = field(default_factory=JobQueue)
    listing: Listing = field(default_factory=Listing)
    metrics_cache: MetricsCache = field(default_factory=lambda: MetricsCache(cache_of))
    measuring: Measuring | None = None
    shared: SharedAnswers[Answer] = field(default_factory=SharedAnswers[Answer])
    metadata: LruCache[Answer] = field(
        default_factory=lambda: LruCache[Answer](MAX_METADATA, Memory(MAX_BYTES))
    )

    @classmethod
    def within(
        cls, most_bytes: int, logdir: Logdir, measuring: Measuring | None = None
    ) -> Service:
        """Returns a service that remembers at most so many bytes of what it has computed."""
        memory = Memory(most_bytes)
        return cls(
            logdir,
            Computed.within(memory),
            metrics_cache=MetricsCache.within(memory, cache_of),
            measuring=measuring,
            metadata=LruCache(MAX_METADATA, memory),
        )

    @property
    def turns(self) -> Turns:
        """In which all that requests compute waits."""
        return self.computed.turns

    def asked_by(self, page: str) -> Service:
        """Returns the same, computing in the turns of a page."""
        turns = self.turns.queue.turns_of(page)
        return replace(
            self,
            computed=replace(self.computed, turns=turns),
            metrics_cache=replace(self.metrics_cache, turn=turns.turn),
        )


def bound(size: int, what: str) -> None:
    """Refuses an answer of more than `MAX_BYTES`.

    Raises:
        TooMuchAskedError: It would be `size` bytes; fewer of `what` would do.
    """
    if size > MAX_BYTES:
        raise TooMuchAskedError(
            f"the answer would take {size} bytes, more than {MAX_BYTES}; ask for fewer "
            f"{what} at a time"
        )


def json_answer(
    content: Mapping[str, Any], version: str | None = None, status: int = 200
) -> Answer:
    """Returns `content` as JSON."""
    # NaN is no JSON; a number that can be missing is null.
    body = json.dumps(content, allow_nan=False).encode()
    return Answer(body, "application/json", version, status)


def binary_answer(
    tensors: Mapping[str, NDArray[np.generic]],
    info: Mapping[str, Any] | None = None,
    version: str | None = None,
) -> Answer:
    """Returns arrays, and what else there is to say as JSON, as `wire` encodes them."""
    return Answer(wire.encode(tensors, info), wire.CONTENT_TYPE, version)
