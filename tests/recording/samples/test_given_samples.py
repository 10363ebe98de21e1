"""Samples that a training loop repeats in every call: the same ones are not prepared anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.samples import given_samples
from tb_embed_plugin.recording.samples.samples import Samples, prepare_samples

ROWS = np.zeros((4, 2), np.float32)
IMAGES = np.zeros((4, 2, 2), np.uint8)

REPEATED: dict[str, Callable[[], dict[str, Any]]] = {
    "nothing": dict,
    "arrays": lambda: {"labels": np.arange(4), "metadata": {"score": np.linspace(0, 1, 4)}},
    "words": lambda: {
        "labels": ["a", "b", "a", "ü"],
        "metadata": {"n": np.array(list("wxyz"))},
    },
    "missing": lambda: {"metadata": {"n": [1, None, float("nan"), "x"]}},
    "data frame": lambda: {"metadata": pd.DataFrame({"n": [1, 2, 3, 4], "w": list("abcd")})},
    "names": lambda: {"labels": np.array([0, 1, 1, 0]), "class_names": ["cat", "dog"]},
    "images": lambda: {"labels": np.arange(4), "images": IMAGES},
}


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """What is prepared from now on."""
    all_of_them: list[Samples] = []

    def noted(*args: Any, **named: Any) -> Samples:
        all_of_them.append(prepare_samples(*args, **named))
        return all_of_them[-1]

    monkeypatch.setattr(given_samples, "prepare_samples", noted)
    return all_of_them


@pytest.mark.parametrize("make", REPEATED.values(), ids=REPEATED.keys())
def test_what_is_repeated_is_prepared_once(
    make: Callable[[], dict[str, Any]], prepared: list[Samples], tmp_path: Path
) -> None:
    for step in range(3):
        record(tmp_path / "run", step, {"fc1": ROWS}, **make())
    assert len(prepared) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"labels": np.arange(4)}, {"labels": np.arange(4)[::-1]}),
        ({"labels": [0, 1, 0, 1]}, {"labels": [0, 1, 0, 2]}),
        ({"labels": list("abab")}, {"labels": list("abaB")}),
        ({"metadata": {"n": [1, 2, 3, 4]}}, {"metadata": {"m": [1, 2, 3, 4]}}),
        ({"metadata": {"n": [1, 2, 3, 4]}}, {"metadata": {"n": [1, 2, 3, None]}}),
        (
            {"labels": [0, 1, 1, 0], "class_names": ["cat", "dog"]},
            {"labels": [0, 1, 1, 0], "class_names": ["dog", "cat"]},
        ),
    ],
)
def test_other_columns_are_refused(
    before: dict[str, Any], after: dict[str, Any], tmp_path: Path
) -> None:
    record(tmp_path / "run", 0, {"fc1": ROWS}, **before)
    record(tmp_path / "run", 1, {"fc1": ROWS}, **before)
    with pytest.raises(MisuseError, match="labels or metadata differ"):
        record(tmp_path / "run", 2, {"fc1": ROWS}, **after)


def test_what_was_changed_in_place_is_seen(tmp_path: Path) -> None:
    labels = np.arange(4)
    record(tmp_path / "run", 0, {"fc1": ROWS}, labels=labels)
    labels[2] = 7
    with pytest.raises(MisuseError, match="labels or metadata differ"):
        record(tmp_path / "run", 1, {"fc1": ROWS}, labels=labels)


def test_what_no_hash_tells_apart_is_prepared(prepared: list[Samples], tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=4, tz="UTC")
    for step in range(2):
        record(tmp_path / "run", step, {"fc1": ROWS}, metadata={"day": list(days)})
    assert len(prepared) == 2
    with pytest.raises(MisuseError, match="labels or metadata differ"):
        record(tmp_path / "run", 2, {"fc1": ROWS}, metadata={"day": list(days[::-1])})


def test_a_run_begun_anew_forgets_what_the_one_before_it_had(tmp_path: Path) -> None:
    record(tmp_path / "run", 0, {"fc1": ROWS}, labels=[0, 1, 0, 1])
    record(tmp_path / "run", 0, {"fc1": ROWS}, overwrite=True)
    with pytest.raises(MisuseError, match="labels or metadata differ"):
        record(tmp_path / "run", 1, {"fc1": ROWS}, labels=[0, 1, 0, 1])
