"""The command `tb-embed mcp`."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import Any

from tb_embed_plugin.commands.reporting.command import add_address
from tb_embed_plugin.errors import BrokenInstallationError
from tb_embed_plugin.local_paths import local_argument


def add_command(commands: Any) -> None:
    """Adds the command to an argparse parser's subparsers."""
    mcp = commands.add_parser(
        "mcp", help="answer a language model's questions about a log directory (MCP, stdio)"
    )
    mcp.add_argument("logdir", type=local_argument, metavar="LOGDIR")
    add_address(mcp)
    mcp.set_defaults(command=_serve)


def _serve(options: argparse.Namespace) -> int:
    try:
        from tb_embed_plugin.commands.asking.server import server_of
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise BrokenInstallationError(
            "tb-embed mcp needs the package mcp, which is not installed; run pip install "
            "'tb-embed-plugin[mcp]'"
        ) from error
    # Whoever started it by hand ends it by Ctrl+C.
    with suppress(KeyboardInterrupt):
        server_of(options.logdir, options.url or "").run("stdio")
    return 0
