"""What holds of every route's function: it parses, calls and encodes, in a few lines."""

from __future__ import annotations

import ast
import inspect

import pytest

from tb_embed_plugin.server.routes import ROUTES

MOST_LINES = 15


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_short(name: str) -> None:
    (function,) = ast.parse(inspect.getsource(ROUTES[name])).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function), "it says what it answers"
    _, first, *_ = function.body
    assert (function.end_lineno or 0) - first.lineno + 1 <= MOST_LINES
