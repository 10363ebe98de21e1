"""When snapshots are due, and which go when there are too many."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.options.schedule import PER_DOUBLING, parse_schedule, thin
from tests.calls import calls_of


@pytest.mark.parametrize(
    ("save_freq", "unit", "expected"),
    [
        ("epoch", "epoch", [1, 2, 3, 4, 5, 6, 7]),
        ("3 epochs", "epoch", [3, 6]),
        ("1 epoch", "epoch", [1, 2, 3, 4, 5, 6, 7]),
        (2, "batch", [2, 4, 6]),
        ("2 batches", "batch", [2, 4, 6]),
        ([1, 5], "batch", [1, 5]),
        ("log", "batch", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_what_is_due_of_the_first_seven(save_freq: Any, unit: str, expected: list[int]) -> None:
    schedule = parse_schedule(save_freq)

    assert schedule.unit == unit
    assert [n for n in range(1, 8) if schedule.due(n)] == expected
    assert schedule.count(7) == len(expected)


def test_the_log_schedule_takes_equally_many_of_each_doubling() -> None:
    due = parse_schedule("log").due
    for exponent in range(5, 14):
        taken = [n for n in range(2**exponent, 2 ** (exponent + 1)) if due(n)]
        assert len(taken) == PER_DOUBLING
        ratios = [math.log2(b / a) for a, b in pairwise(taken)]
        assert all(0.15 < ratio < 0.35 for ratio in ratios)


def test_the_log_schedule_of_ten_million_batches_is_counted_at_once() -> None:
    schedule = parse_schedule("log")
    due = sum(schedule.due(n) for n in range(1, 3001))
    assert schedule.count(3000) == due
    assert schedule.count(10_000_000) == due + round(
        PER_DOUBLING * math.log2(10_000_000 / 3000)
    )
    calls = calls_of(lambda: schedule.count(10_000_000))
    assert calls.total() < 10 * PER_DOUBLING * math.log2(10_000_000)


@pytest.mark.parametrize(
    "save_freq",
    ["", "epochs", "0 epochs", "2 days", "-1", 0, -3, True, 1.5, [], [-1], ["a"], None],
)
def test_what_is_no_schedule_is_refused(save_freq: Any) -> None:
    with pytest.raises(MisuseError, match="save_freq must be"):
        parse_schedule(save_freq)


@given(st.sets(st.integers(0, 10_000), min_size=1, max_size=60), st.integers(2, 30))
def test_thinning_keeps_the_ends_and_no_more_than_asked(steps: set[int], most: int) -> None:
    ordered = sorted(steps)
    kept = thin(ordered, most)

    assert len(kept) == min(len(ordered), most)
    assert (kept[0], kept[-1]) == (ordered[0], ordered[-1])
    assert set(kept) <= steps
    assert kept == sorted(kept)


def test_thinning_as_a_run_grows_leaves_even_gaps() -> None:
    kept: list[int] = []
    for step in range(200):
        kept = thin([*kept, step], 11)
    gaps = [b - a for a, b in pairwise(kept)]

    assert max(gaps[:-1]) <= 4 * min(gaps[:-1])
