"""What a page asks for its first picture, of a server without a network."""

from __future__ import annotations

from werkzeug.test import Client

ROUTE = "/data/plugin/tb_embed/"


def ask_picture(client: Client, step: int) -> None:
    """Asks for the runs, and for a frame of `fc1` of the run `run`, in axes of all steps."""
    query = {"run": "run", "layer": "fc1", "steps": str(step)}
    for route, asked in (("runs", {}), ("projection", query)):
        answer = client.get(f"{ROUTE}{route}", query_string=asked)
        if answer.status_code != 200:
            raise SystemExit(f"expected an answer, got {answer.status}: {answer.text}")
