"""Many clients for a minute: nothing fails, and equal questions are answered alike."""

from __future__ import annotations

from pathlib import Path

from tests.harness import read_run, tensorboard
from tests.load.clients import Tally, drive, slow_clients
from tests.load.scene import opening, others, training, write_scene

CLIENTS, SLOW, SECONDS, PAUSE = 10, 20, 60, 0.5


def test_many_clients_see_no_fault(tmp_path: Path) -> None:
    write_scene(tmp_path, samples=300, units=8)
    tally = Tally()
    with (
        training(tmp_path, every=0.2) as acknowledged,
        tensorboard(tmp_path) as server,
        slow_clients(server.url, opening()[-1], SLOW),
    ):
        drive(
            server.url,
            opening(),
            others(),
            clients=CLIENTS,
            seconds=SECONDS,
            tally=tally,
            pause=PAUSE,
        )

    assert tally.faults == []
    assert tally.wrong == []
    asked = {question.route for question in (*opening(), *others())}
    assert set(tally.seconds) == {*asked, "first picture"}
    assert len(tally.seconds["first picture"]) >= CLIENTS
    assert set(acknowledged) <= set(read_run(tmp_path / "live").steps)
