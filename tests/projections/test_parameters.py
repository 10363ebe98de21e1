"""An engine's settings: every parameter once, of its type and in its range."""

from __future__ import annotations

import pytest

from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.projections.engine import Engine, Parameter

ENGINE = Engine(
    name="any",
    title="Any",
    components=(2,),
    parameters=(
        Parameter("count", "integer", 3, "A count.", low=1, high=9),
        Parameter("rate", "number", 0.5, "A rate.", low=0),
        Parameter("kind", "choice", "a", "A kind.", choices=("a", "b")),
        Parameter("whether", "flag", default=False, meaning="Whether."),
        Parameter("basis", "steps", "all", "Steps."),
        Parameter("left", "samples", "0-4", "Samples."),
        Parameter("target", "column", "", "A column."),
    ),
)


def test_what_is_left_out_has_its_default() -> None:
    assert ENGINE.settings({}) == {
        "count": 3,
        "rate": 0.5,
        "kind": "a",
        "whether": False,
        "basis": "all",
        "left": "0-4",
        "target": "",
    }


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("count", "9", 9),
        ("count", 1, 1),
        ("count", 2.0, 2),
        ("rate", "1e-3", 0.001),
        ("rate", 7, 7.0),
        ("kind", "b", "b"),
        ("whether", "true", True),
        ("whether", True, True),
        ("whether", "false", False),
        ("basis", "0,5-7", "0,5-7"),
        ("left", "12", "12"),
        ("target", "my label", "my label"),
    ],
)
def test_values_and_texts_that_say_them(name: str, given: object, expected: object) -> None:
    value = ENGINE.settings({name: given})[name]
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("count", "10", r"count must be a whole number from 1 to 9, not '10'; leave it out"),
        ("count", 0, "whole number from 1"),
        ("count", "2.5", "whole number"),
        ("count", "many", "whole number"),
        ("count", True, "whole number"),
        ("count", [1], "whole number"),
        ("count", "1" + "0" * 400, "whole number"),
        ("rate", "-0.1", "rate must be a number from 0, not '-0.1'"),
        ("rate", "nan", "number"),
        ("rate", "inf", "number"),
        ("kind", "c", r"kind must be 'a' or 'b', not 'c'"),
        ("whether", "yes", "true or false"),
        ("whether", 1, "true or false"),
        ("basis", "5-", "basis must be all, or steps as numbers and ranges such as 0,5-7"),
        ("left", "x", "samples as numbers"),
        ("target", 3, "target must be the name of a column"),
        ("size", "1", r"Any has no setting 'size'; .*Available: 'count'"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, given: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        ENGINE.settings({name: given})
