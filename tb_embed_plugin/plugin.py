"""The TensorBoard plugin: puts the parts together and speaks HTTP, nothing else.

TensorBoard imports this module at its start and does not survive an exception there, so it
imports the standard library and TensorBoard's own requirements alone; the routes, with NumPy
and all, come with the first request. If they cannot be imported, each request says why and
TensorBoard goes on.
"""

from __future__ import annotations

import contextlib
import mimetypes
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tensorboard.backend.http_util import Respond
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.util import tb_logging
from werkzeug import wrappers

from tb_embed_plugin.errors import (
    BrokenInstallationError,
    EmbedError,
    NotPermittedError,
    NotRecordedError,
)
from tb_embed_plugin.metadata import PAGE_HEADER, PLUGIN_NAME, START_HEADER, TAB_NAME

if TYPE_CHECKING:
    from tb_embed_plugin.server.response import Answer, Service

_STATIC = Path(__file__).parent / "static"
_YEAR = 365 * 24 * 3600
_MAX_PAGE = 64

MEMORY_MB = 1024
"""What is remembered of what was computed, where no flag says it."""


class EmbeddingsPlugin(base_plugin.TBPlugin):  # type: ignore[misc] # TensorBoard is untyped
    """The Embeddings tab."""

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        spec = getattr(context.flags, "logdir_spec", None)
        self._logdir: tuple[str, str] = (context.logdir or "", spec or "")
        self._hosts = {host_name(name) for name in listed_hosts(context.flags)}
        self._memory_mb = getattr(context.flags, "tb_embed_memory_mb", None) or MEMORY_MB
        self._data_provider = context.data_provider
        self._service: Service | None = None
        self._starting = threading.Lock()
        self._preparing = False

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """Returns the WSGI applications: that of the page, and for all else that of the data.

        Which routes there are is known to `server.routes` alone, which is not imported yet.
        """
        return {
            "/index.js": _serve_static,
            "/assets/*": _serve_static,
            "/*": wrappers.Request.application(self._serve_data),
        }

    def is_active(self) -> bool:
        """Whether a run was listed; asked while TensorBoard's page loads, so from memory.

        A run's event file switches the tab on before any run was listed.
        """
        return self._service is not None and self._service.logdir.has_runs

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Returns what TensorBoard's page needs to show the tab.

        The question also tells that somebody has opened that page, who may open the tab in a
        second or two: what our page will ask for first is prepared meanwhile.
        """
        if not self._preparing:
            self._preparing = True
            threading.Thread(target=self._prepare, daemon=True).start()
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name=TAB_NAME)

    def _serve_data(self, request: wrappers.Request) -> wrappers.Response:
        if request.method not in ("GET", "HEAD"):
            return _refuse(request, f"only GET is allowed, not {request.method}", 405)
        try:
            self._check_origin(request)
            answer = self._answer(request)
        except EmbedError as error:
            return _refuse(request, str(error), error.http_status, error.retry_after)
        current = answer.version is not None
        expires = _YEAR if current and request.args.get("v") == answer.version else 0
        return _respond(request, answer.body, answer.content_type, answer.status, expires)

    def _check_origin(self, request: wrappers.Request) -> None:
        """Refuses what another site has a visitor's browser ask.

        Raises:
            NotPermittedError: It comes from another site, or to a name that is not listed.
        """
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise NotPermittedError(
                "another site asks for this; open it from TensorBoard's own page"
            )
        if self._hosts and host_name(request.host) not in self._hosts:
            raise NotPermittedError(
                f"this server is not called {request.host!r}; open it by a name that "
                "--tb_embed_hosts lists, or add this one there"
            )

    def _answer(self, request: wrappers.Request) -> Answer:
        service = self._started()
        from tb_embed_plugin.arguments import Arguments
        from tb_embed_plugin.server import routes

        may_start = request.headers.get(START_HEADER) == "1"
        name = request.path.rpartition(f"/plugin/{PLUGIN_NAME}/")[2].rstrip("/")
        arguments = Arguments(request.args, may_start=may_start)
        page = request.headers.get(PAGE_HEADER, "")[:_MAX_PAGE] or request.remote_addr or ""
        return routes.answer(service, name, arguments, page)

    def _prepare(self) -> None:
        # Whatever is wrong is said to the request that needs it, not to the terminal.
        with contextlib.suppress(EmbedError):
            service = self._started()
            from tb_embed_plugin.server import routes

            routes.prepare(service)

    def _started(self) -> Service:
        with self._starting:
            if self._service is None:
                try:
                    self._service = self._start()
                # A broken dependency can raise anything at all while it is imported.
                except Exception as error:
                    # The error's own words may hold a path, which is nobody's business.
                    tb_logging.get_logger().exception("tb_embed cannot start")
                    raise BrokenInstallationError(
                        "tb-embed-plugin or one of its requirements cannot be imported "
                        f"({type(error).__name__}, see TensorBoard's terminal); reinstall "
                        "them: pip install --force-reinstall tb-embed-plugin"
                    ) from error
            return self._service

    def _start(self) -> Service:
        # The routes too, with all that they require: what is missing is said here.
        from tb_embed_plugin.runs.logdir import RUN_SECONDS, Logdir
        from tb_embed_plugin.runs.roots import roots_of
        from tb_embed_plugin.server import routes  # noqa: F401 # imported for its requirements
        from tb_embed_plugin.server.measuring import MeasuringProcess
        from tb_embed_plugin.server.response import Service

        roots, list_names = roots_of(*self._logdir), self._list_run_names
        if any(root.address for root in roots):
            from tb_embed_plugin.remote.followed_root import followed

            roots = [followed(root) for root in roots]
            # While TensorBoard itself waits for a storage, it does not answer.
            list_names = list
        logdir = Logdir(roots, list_names, RUN_SECONDS)
        # Half of it each, for this process and for the one that measures.
        half = (self._memory_mb << 20) // 2
        return Service.within(half, logdir, MeasuringProcess(half))

    def _list_run_names(self) -> Iterable[str]:
        if self._data_provider is None:
            return []
        # One log directory is one experiment, whatever its id in the address.
        runs = self._data_provider.list_runs(RequestContext(), experiment_id="")
        return [run.run_name for run in runs]


def listed_hosts(flags: Any) -> list[str]:
    """Returns what the flag `--tb_embed_hosts` lists; nothing where there is no such flag."""
    listed = getattr(flags, "tb_embed_hosts", None) or ""
    return [name.strip() for name in listed.split(",") if name.strip()]


def host_name(host: str) -> str | None:
    """Returns a host's name in small letters, without its port; None where there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@wrappers.Request.application
def _serve_static(request: wrappers.Request) -> wrappers.Response:
    """Serves the built page: `index.js`, and files below `assets/` named by their hash."""
    folder, _, name = request.path.rpartition("/")
    in_assets = folder.endswith(f"/{PLUGIN_NAME}/assets")
    directory = _STATIC / "assets" if in_assets else _STATIC
    # The name must be one that the folder lists, so no path can lead out of it.
    files = {file.name for file in directory.glob("*") if file.is_file()}
    if name not in files:
        error = NotRecordedError(
            f"the page has no file {name!r}; if it was never built, run pip install . in "
            "the project's folder"
        )
        return _refuse(request, str(error), error.http_status)
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # Of each script the build has left a compressed one; who cannot read it gets the other.
    encoding = "gzip" if f"{name}.gz" in files else None
    body = (directory / (f"{name}.gz" if encoding else name)).read_bytes()
    response: wrappers.Response = Respond(
        request,
        body,
        content_type,
        expires=_YEAR if in_assets else 0,
        content_encoding=encoding,
    )
    return response


def _refuse(
    request: wrappers.Request, message: str, status: int, retry_after: int | None = None
) -> wrappers.Response:
    # The name of a file may hold bytes that are no UTF-8.
    text = message.encode(errors="backslashreplace").decode()
    response = _respond(request, text, "text/plain", code=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _respond(
    request: wrappers.Request,
    content: bytes | str,
    content_type: str,
    code: int = 200,
    expires: int = 0,
) -> wrappers.Response:
    """Answers by TensorBoard's own function, which sets the headers that it checks."""
    response: wrappers.Response = Respond(
        request, content, content_type, code=code, expires=expires
    )
    return response
