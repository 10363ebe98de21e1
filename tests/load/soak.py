"""Fifty clients for ten minutes, beside a training and t-SNE: `python -m tests.load.soak`.

Prints what docs/security.md holds of it. Ends with 1 where anything failed, answered wrongly or
starved, or where memory or descriptors grew.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

from tests.harness import TensorBoardProcess, read_run, tensorboard
from tests.load.clients import PLUGIN, Tally, drive, quantile
from tests.load.scene import opening, others, training, write_scene

STARVED = 10
"""Times the idle first picture that one under load may take."""
ARRIVAL = 10.0
"""Seconds over which the clients come: all within one instant would wait for one another."""
GROWTH = 1.2
"""Of memory and descriptors over the second half."""
TSNE = f"{PLUGIN}projection?run=done&layer=fc1&engine=tsne&steps=all&start=1&seed="
LAYOUT_SECONDS = 20


def main() -> None:
    """Drives the clients, and prints the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--pause", type=float, default=1, help="mean seconds between questions")
    parser.add_argument(
        "--arrival", type=float, default=ARRIVAL, help="seconds over which the clients come"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logdir = Path(folder)
        write_scene(logdir)
        with training(logdir, every=1) as acknowledged, tensorboard(logdir) as server:
            idle = _idle(server)
            tally, use = _load(server, chosen)
        lost = set(acknowledged) - set(read_run(logdir / "live").steps)
    sys.exit(_report(idle, tally, use, lost, len(acknowledged)))


def _idle(server: TensorBoardProcess) -> Tally:
    """One client, after the server has answered all once."""
    for seconds in (1.0, 20.0):
        tally = Tally()
        drive(server.url, opening(), others(), clients=1, seconds=seconds, tally=tally)
    return tally


def _load(
    server: TensorBoardProcess, chosen: argparse.Namespace
) -> tuple[Tally, list[tuple[int, int]]]:
    """Returns what the clients saw, and KiB of memory and descriptors from time to time."""
    tally, use, over = Tally(), [], threading.Event()

    def watch() -> None:
        seed = 0
        while not over.wait(LAYOUT_SECONDS):
            use.append(_use(server.pid))
            headers = {"X-TB-Embed": "1"}
            request = urllib.request.Request(f"{server.url}{TSNE}{seed}", headers=headers)
            urllib.request.urlopen(request).close()
            seed += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    drive(
        server.url,
        opening(),
        others(),
        clients=chosen.clients,
        seconds=chosen.seconds,
        tally=tally,
        pause=chosen.pause,
        arrival=chosen.arrival,
    )
    over.set()
    watcher.join()
    return tally, use


def _use(pid: int) -> tuple[int, int]:
    process = Path("/proc") / str(pid)
    (line,) = (one for one in (process / "status").read_text().splitlines() if "VmRSS" in one)
    return int(line.split()[1]), len(list((process / "fd").iterdir()))


def _report(
    idle: Tally, tally: Tally, use: list[tuple[int, int]], lost: set[int], written: int
) -> int:
    pictures, alone = tally.seconds["first picture"], idle.seconds["first picture"]
    starved = [one for one in pictures if one > STARVED * quantile(alone, 0.5)]
    half = use[len(use) // 2 :]
    grown = [
        name
        for name, first, last in zip(("memory", "descriptors"), half[0], half[-1], strict=True)
        if last > GROWTH * first
    ]
    zeros = {
        "failed or without an answer": len(tally.faults),
        "other bytes than the first time": len(tally.wrong),
        f"first pictures later than {STARVED} times the idle one": len(starved),
        f"lost snapshots of {written}": len(lost),
        "what grew": len(grown),
    }
    lines = [f"| {what} | {count} |" for what, count in zeros.items()]
    print("\n".join(["| of all answers | |", "|---|---|", *lines, ""]))
    print(f"statuses {dict(tally.statuses)}; KiB and descriptors {use[0]} to {use[-1]}\n")
    print("| route | answers | p50, s | p99, s | idle p50, s | idle p99, s |")
    print("|---|---|---|---|---|---|")
    for route, seconds in sorted(tally.seconds.items()):
        numbers = [quantile(s, q) for s in (seconds, idle.seconds[route]) for q in (0.5, 0.99)]
        print(f"| {route} | {len(seconds)} | {' | '.join(f'{one:.3f}' for one in numbers)} |")
    print("\n".join(tally.faults[:10]))
    return 1 if any(zeros.values()) else 0


if __name__ == "__main__":
    main()
