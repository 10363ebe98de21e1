"""A run that several workers recorded opens like any other, and says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.tab import Open
from tests.harness import TensorBoardProcess, tensorboard
from tests.recording.sharded.worker import SAMPLES, record_rows, together


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    """TensorBoard on the run of two workers, of which one recorded no part of step 1."""
    logdir = tmp_path_factory.mktemp("workers")
    for step in range(4):
        for rank in (1, 0):
            if (step, rank) != (1, 1):
                record_rows(logdir / "run", step, (rank, 2))
    with pytest.warns(RuntimeWarning, match="step 1 is left out"):
        together(logdir / "run", 4, 2)
    with tensorboard(logdir) as process:
        yield process


def test_it_opens_and_names_the_step_that_is_left_out(
    open_tab: Open, joined: TensorBoardProcess
) -> None:
    tab = open_tab(joined)
    tab.wait_for_picture(4)
    assert tab.positions().shape == (SAMPLES, 2)
    expect(tab.slider).to_have_attribute("aria-valuetext", "step 4 of 4")
    problems = tab.frame.get_by_role("list", name="Problems of this run")
    expect(problems).to_contain_text(
        "step 1 is left out, because worker 1 recorded no part of it"
    )
