"""How recording, PCA, the routes and the page grow from 10,000 samples to 1,000,000.

Claim: what 1,000,000 x 32 cost is at most 1.3 times 100 times what 10,000 x 32 do: recording
the first and the next step, PCA, the frame of a step, the metadata from their table and kept,
and the page.

Everything in processor time: of this process for Python, whose routes are asked without a
network; of the page's main thread until all samples are drawn and nothing loads. The sizes are
measured in turns; what counts is the median of each. There are four columns of metadata, given
anew in every call: row, label, a number and a name. What 100,000 cost is told as well, since
little of that is the same for any number.

![Processor time by samples, part by part](pictures/growth.svg)
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, sync_playwright
from werkzeug.test import Client

from benchmarks.growth_picture import draw
from benchmarks.large_picture import WAIT, opened, wait_for_rest
from tb_embed_plugin import record
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tests.browser.chromium import launch
from tests.decoding import BASE
from tests.harness import client_for

SIZES = (10_000, 100_000, 1_000_000)
UNITS = 32
MOST = 1.3


def main() -> int:
    """Prints how each part grows; the exit status is 1 where one grows faster than allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    taken: dict[str, dict[int, list[float]]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        for samples in SIZES * rounds:
            logdir = Path(folder) / str(samples)
            for part, seconds in measure(browser, logdir, samples).items():
                taken.setdefault(part, {}).setdefault(samples, []).append(seconds)
            rmtree(logdir)
    medians = {
        part: {samples: statistics.median(by_size[samples]) for samples in SIZES}
        for part, by_size in taken.items()
    }
    draw("growth", "samples", medians)
    kept = [report(part, by_size) for part, by_size in medians.items()]
    return 0 if all(kept) else 1


def measure(browser: Browser, logdir: Path, samples: int) -> Mapping[str, float]:
    """Returns the seconds of processor time of each part."""
    seconds = record_steps(logdir / "run", samples)
    client = client_for(logdir, EmbeddingsPlugin)
    asked = {"run": "run", "layer": "fc1"}
    get(client, "runs")
    frame = {**asked, "components": 3, "steps": 1}
    seconds["PCA of two steps, and a frame"] = spent(lambda: get(client, "projection", **frame))
    seconds["a frame"] = spent(lambda: get(client, "projection", **frame))
    seconds["metadata, from their table"] = spent(lambda: get(client, "metadata", **asked))
    again = client_for(logdir, EmbeddingsPlugin)
    get(again, "runs")
    seconds["metadata, next time"] = spent(lambda: get(again, "metadata", **asked))
    seconds["the page, until all are drawn"] = page_seconds(browser, logdir)
    return seconds


def record_steps(run: Path, samples: int) -> dict[str, float]:
    """Records two steps of ten clusters, with metadata in both calls."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, samples)
    centres = 2 * rng.normal(size=(10, UNITS)).astype(np.float32)
    metadata: dict[str, Any] = {
        "score": rng.random(samples),
        "name": np.char.add("sample ", np.arange(samples).astype(str)),
    }
    seconds = {}
    for step, part in enumerate(("recording the first step", "recording the next one")):
        rows = centres[labels] + rng.standard_normal((samples, UNITS), np.float32)

        def write(step: int = step, rows: NDArray[np.float32] = rows) -> None:
            last = step == 1
            record(run, step, {"fc1": rows}, labels=labels, metadata=metadata, finished=last)

        seconds[part] = spent(write)
    return seconds


def get(client: Client, route: str, **query: object) -> None:
    """Asks a route, which must answer."""
    answer = client.get(BASE + route, query_string=query)
    if answer.status_code != 200:
        raise SystemExit(f"expected {route} to answer, received {answer.text}")


def spent(work: Callable[[], None]) -> float:
    """Returns the processor time of this process that something takes, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def page_seconds(browser: Browser, logdir: Path) -> float:
    """Returns what the page's main thread works until all samples are drawn, in seconds."""
    with opened(browser, logdir) as tab:
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        mark = "performance.getEntriesByName('tb_embed:first-picture').length > 0"
        tab.page.wait_for_function(f"() => {mark}", timeout=WAIT)
        wait_for_rest(tab)
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float({m["name"]: m["value"] for m in metrics}["TaskDuration"])


def report(part: str, medians: Mapping[int, float]) -> bool:
    """Prints what a part takes at each size, and says whether it grows as it may."""
    growth = [
        medians[large] / medians[small] / (large / small)
        for small, large in ((SIZES[0], SIZES[-1]), (SIZES[1], SIZES[-1]))
    ]
    holds = growth[0] <= MOST
    print(
        f"{part}: " + ", ".join(f"{s:.4g} s at {n:,}" for n, s in medians.items())
        + f": {growth[0]:.2f} times linear from 10,000, {growth[1]:.2f} from 100,000 "
        f"(at most {MOST:g}): {'holds' if holds else 'DOES NOT HOLD'}",
        flush=True,
    )  # fmt: skip
    return holds


if __name__ == "__main__":
    sys.exit(main())
