"""What the file systems of the storages are made with."""

from __future__ import annotations

from typing import Any

MOST_CONNECTIONS = 128

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 30.0
"""A storage that says nothing for so long is asked again."""


def options(scheme: str) -> dict[str, Any]:
    """Returns what a file system of a scheme is made with."""
    if scheme != "s3":
        return {}
    limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": SILENT_SECONDS}
    retries = {"mode": "standard", "total_max_attempts": 2}
    more = {"max_pool_connections": MOST_CONNECTIONS, "retries": retries}
    return {"config_kwargs": limits | more | configured().get("config_kwargs", {})}


def configured() -> dict[str, Any]:
    """Returns what fsspec's configuration says of S3, whose file system has two names."""
    from fsspec.config import conf

    return {**conf.get("s3", {}), **conf.get("s3a", {})}
