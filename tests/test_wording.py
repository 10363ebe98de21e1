"""Wording that messages share, as people read it."""

from __future__ import annotations

import ast
import errno
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tb_embed_plugin import wording


def blocks(function: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yields the statements of each block of a function but for its docstring."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, [])
            if isinstance(block, list):
                has_docstring = isinstance(node, ast.FunctionDef | ast.ClassDef)
                yield block[1:] if name == "body" and has_docstring else block


def test_no_message_is_cut_off() -> None:
    """A text that is a statement of its own is the rest of a message that lost it."""
    lost = []
    for path in Path(wording.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            for before, statement in (
                pair for block in blocks(function) for pair in pairwise(block)
            ):
                is_text = isinstance(statement, ast.Expr) and (
                    isinstance(statement.value, ast.JoinedStr)
                    or (
                        isinstance(statement.value, ast.Constant)
                        and isinstance(statement.value.value, str)
                    )
                )
                if is_text and not _is_attribute(before):
                    lost.append(f"{path.name}:{statement.lineno}")
    assert lost == []


def _is_attribute(statement: ast.stmt) -> bool:
    """Whether a statement sets an attribute, whose docstring is the text behind it."""
    if isinstance(statement, ast.AnnAssign):
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) for target in targets)


def test_a_near_name_is_suggested_whatever_its_case() -> None:
    assert wording.did_you_mean("fc", ["fc1", "conv"]) == "; did you mean 'fc1'?"
    assert wording.did_you_mean("FC1", ["fc1", "conv"]) == "; did you mean 'fc1'?"
    assert wording.did_you_mean("attention", ["fc1", "conv"]) == ""


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    assert wording.no_such("layer", "fc9", ["fc1", "conv"], "run 'digits'") == (
        "run 'digits' has no layer 'fc9'; did you mean 'fc1'? Available: 'fc1' and 'conv'"
    )
    assert wording.no_such("engine", "xyz", ["pca"]) == (
        "there is no engine 'xyz'; choose another engine. Available: 'pca'"
    )
    assert wording.must_be_one_of("dtype", "float23", ["float32", "float16"]) == (
        "dtype must be 'float32' or 'float16', not 'float23'; did you mean 'float32'?"
    )


def test_a_long_list_of_names_ends() -> None:
    assert wording.listed(range(30)).endswith("18, 19 and 10 more")
    assert wording.listed([]) == "none"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.uint8(7), "7"),
        (np.float32(0.5), "0.5"),
        (np.array(3), "3"),
        (tf.constant(4), "4"),
        ([np.int64(1), "a"], "[1, 'a']"),
        ((np.str_("b"),), "('b',)"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (None, "None"),
        ("x" * 100, "'" + "x" * 78 + "…"),
    ],
)
def test_values_are_shown_as_people_type_them(value: object, text: str) -> None:
    assert wording.as_typed(value) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            PermissionError(errno.EACCES, "No", "a"),
            "cannot write a: permission denied; change its permissions, or choose another path",
        ),
        (
            OSError(errno.EIO, "Input/output error", "/logs"),
            "cannot write /logs: input/output error; check the disk, or choose another path",
        ),
        (
            OSError("lost"),
            "cannot write the file: lost; check the disk, or choose another path",
        ),
    ],
)
def test_a_system_error_says_path_reason_and_remedy(error: OSError, text: str) -> None:
    assert wording.system_error(error, "write") == text
