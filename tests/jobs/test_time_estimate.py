"""How long a job will take: what it grows with, and what it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.jobs.time_estimate import JobSize, TimeEstimate
from tb_embed_plugin.projections import engines
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP

MNIST = JobSize(
    TSNE.facts, samples=10_000, units=200, frames=11, from_nothing=True, measures=12
)

works = st.builds(
    JobSize,
    engine=st.sampled_from(list(engines.FACTS.values())),
    samples=st.integers(1, 10**6),
    units=st.integers(1, 4096),
    frames=st.integers(0, 1000),
    from_nothing=st.booleans(),
    measures=st.integers(0, 1000),
)


@given(works, st.floats(0, 1))
def test_the_share_grows_from_nothing_to_all(size: JobSize, done: float) -> None:
    part = size.share("frames", done * size.frames)

    assert 0 <= part <= 1
    assert size.share("frames", size.frames) == 1
    assert part <= size.share("frames", min(size.frames, done * size.frames + 0.5)) + 1e-12


def test_more_work_takes_longer() -> None:
    expected = TimeEstimate()
    seconds = expected.seconds(MNIST, "frames")

    assert seconds > expected.seconds(replace(MNIST, from_nothing=False), "frames")
    for more in (
        replace(MNIST, samples=20_000),
        replace(MNIST, units=400),
        replace(MNIST, frames=12),
        replace(MNIST, refine=100),
    ):
        assert expected.seconds(more, "frames") > seconds
    assert expected.seconds(replace(MNIST, frames=0), "frames") == 0


def test_a_slower_machine_is_learnt_from_a_long_job_alone() -> None:
    expected = TimeEstimate()
    seconds = expected.seconds(MNIST, "frames")
    expected.learn(replace(MNIST, samples=100), "frames", 1000.0)
    assert expected.seconds(MNIST, "frames") == seconds
    expected.learn(MNIST, "frames", 3 * seconds)
    assert expected.seconds(MNIST, "frames") == pytest.approx(3 * seconds)
    assert expected.seconds(replace(MNIST, engine=UMAP.facts), "frames") < 3 * seconds


def test_what_remains_follows_the_pace_so_far() -> None:
    expected = TimeEstimate()
    whole = replace(MNIST, from_nothing=False, frames=10)

    assert expected.remaining(whole, "frames", 5, 60) == pytest.approx(60)
    assert expected.remaining(whole, "frames", 10, 60) == 0
    before = expected.seconds(whole, "frames")
    assert expected.remaining(whole, "frames", 0, 1) == pytest.approx(before - 1)


def test_landmarks_take_a_large_layout_a_small_part_of_the_time() -> None:
    large = replace(MNIST, samples=500_000)
    placed = replace(large, landmarks=20_000)
    expected = TimeEstimate()

    assert expected.seconds(placed, "frames") < expected.seconds(large, "frames") / 10
    assert expected.seconds(placed, "frames") > expected.seconds(
        replace(MNIST, samples=20_000), "frames"
    )
    assert expected.seconds(placed, "quality") >= expected.seconds(large, "quality")


def test_beyond_a_million_samples_placing_takes_as_long_as_there_are_samples() -> None:
    size = replace(MNIST, engine=UMAP.facts, from_nothing=False, landmarks=20_000)
    million, two, four = (
        replace(size, samples=count * 2**20).seconds("frames") for count in (1, 2, 4)
    )
    assert four - two == pytest.approx(2 * (two - million))
    fewer_cells = replace(size, samples=2**20, landmarks=1_000).seconds("frames")
    assert million - fewer_cells > replace(size, samples=20_000).seconds("frames")
