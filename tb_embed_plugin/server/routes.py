"""The table of routes: the function that answers each address.

docs/http_api.md is the contract. A route knows no HTTP beyond `Answer`; `plugin.py` turns
answers and errors into responses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import MappingProxyType

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.linear_projector import LinearProjector
from tb_embed_plugin.linear_projection import first_projection
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.server import (
    class_routes,
    comparison_routes,
    guest_routes,
    leak_routes,
    metric_routes,
    projection_routes,
    region_routes,
    run_routes,
    sample_routes,
)
from tb_embed_plugin.server.measuring import task_of
from tb_embed_plugin.server.response import Answer, Service
from tb_embed_plugin.wording import no_such

Route = Callable[[Service, Arguments], Answer]

MAX_PREPARED_VALUES = 1 << 27
"""Values worth a second of one core before anybody has asked: 512 MiB of activations."""

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "runs": run_routes.runs,
        "metadata": run_routes.metadata,
        "sprite": run_routes.sprite,
        "vectors": run_routes.vectors,
        "projection": projection_routes.projection,
        "quality": projection_routes.quality,
        "offline_page": projection_routes.write_offline_page,
        "cancel": projection_routes.cancel,
        "engines": projection_routes.list_engines,
        "catalog": metric_routes.catalog,
        "metrics": metric_routes.metrics,
        "sample_metrics": metric_routes.sample_metrics,
        "samples": metric_routes.samples,
        "findings": metric_routes.list_findings,
        "similarity": comparison_routes.similarity,
        "comparison": comparison_routes.comparison,
        "leaks": leak_routes.leaks,
        "confusion": class_routes.confusion,
        "class_pair": class_routes.class_pair,
        "units": class_routes.units,
        "regions": region_routes.regions,
        "guests": guest_routes.guests,
        "neighbors": sample_routes.neighbors,
        "sample_history": sample_routes.sample_history,
        "neighbor_history": sample_routes.neighbor_history,
    }
)


MEASURED = frozenset(
    {
        "metrics",
        "sample_metrics",
        "samples",
        "findings",
        "similarity",
        "comparison",
        "leaks",
        "confusion",
        "class_pair",
        "units",
        "neighbors",
        "sample_history",
        "neighbor_history",
    }
)
"""Routes that measure, in another process where there is one."""

COMPUTED = frozenset({"projection", "quality", "regions", "guests", "offline_page"})
"""Routes that may compute for long in this process: whoever asks is answered in time, if only
that it takes longer."""


def answer(service: Service, name: str, arguments: Arguments, page: str) -> Answer:
    """Returns the answer of an address below the plugin's.

    Equal questions at a time are answered once. Those of a first picture among themselves: it
    waits for no turn behind those of others.

    Args:
        service: What the routes work with.
        name: The address.
        arguments: The query.
        page: Who asks: an id that a page has given itself, or an address.

    Raises:
        EmbedError: There is no answer.
    """
    route, asked = find(name), service.asked_by(page)
    if arguments.may_start:
        return route(asked, arguments)

    def work(answer: Future[Answer]) -> None:
        try:
            if name in MEASURED and service.measuring is not None:
                task = task_of(service.logdir, name, arguments, page)
                service.measuring.ask(task, answer)
            else:
                answer.set_result(route(asked, arguments))
        # Whoever else waits must hear of it, whatever it is.
        except BaseException as error:  # noqa: BLE001
            answer.set_exception(error)

    question = name, arguments.question, asked.turns.first
    given = service.shared.answer(question, in_background(work) if name in COMPUTED else work)
    if route is projection_routes.projection and given.status == 200:
        asked.turns.note_picture()
    return given


def in_background(work: Callable[[Future[Answer]], None]) -> Callable[[Future[Answer]], None]:
    """Returns what does some work on a thread of its own."""

    def begin(answer: Future[Answer]) -> None:
        threading.Thread(target=work, args=(answer,), daemon=True).start()

    return begin


def find(name: str) -> Route:
    """Returns the route of an address below the plugin's.

    Raises:
        NotRecordedError: There is none.
    """
    if name not in ROUTES:
        raise NotRecordedError(no_such("route", name, ROUTES))
    return ROUTES[name]


def prepare(service: Service) -> None:
    """Fits the basis that the page asks for first: all steps of the first layer there is.

    Raises:
        EmbedError: It cannot be read or fitted.
    """
    runs = [run for run in service.logdir.list_runs() if isinstance(run, Run) and run.layers]
    if not runs:
        return
    layer = runs[0].layers[0]
    if 0 < layer.samples * layer.units * len(layer.drawable) <= MAX_PREPARED_VALUES:
        first = first_projection(runs[0], layer.name)
        _ = LinearProjector(first, service.logdir, service.computed).basis
