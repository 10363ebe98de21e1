"""What listing 1,000 runs of 50 steps costs, against what TensorBoard's own listing costs.

The floor is TensorBoard's `data/runs`, asked of the same process, plus one pass of `os.scandir`
over the same directories in this one: whoever wants to know of files that have come must look.
Once for runs of our recorder, once for checkpoints and a configuration as others write them.

The first listing of these is measured apart, in this process and by its processor time: the
newest 50 runs against one pass of `os.scandir` with a `stat` of every file of all 1,000.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.clock import seconds
from tb_embed_plugin import record
from tb_embed_plugin.runs.logdir import NEWEST, RUN_SECONDS, Logdir
from tb_embed_plugin.server.listing import Listing
from tests.harness import TensorBoardProcess, tensorboard

RUNS = 1000
STEPS = 50
SAMPLES = 100
ROUNDS = 9
BOUND = 3.0
FIRST_ROUNDS = 3


def main() -> int:
    """Prints the ratios; the exit status is 1 where one is above 3."""
    rng = np.random.default_rng(0)
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one"
        for step in range(STEPS):
            values = rng.normal(size=(SAMPLES, 8)).astype(np.float32)
            record(one, step, {"fc1": values}, labels=np.arange(SAMPLES) % 10)
        for kind, leave_out in (("our", ()), ("foreign", ("plugins",))):
            logdir = Path(folder) / kind
            ignore = shutil.ignore_patterns(*leave_out)
            for i in range(RUNS):
                # The files are links of one another: a listing cannot tell.
                run = logdir / f"run{i:04d}"
                shutil.copytree(one, run, ignore=ignore, copy_function=os.link)
            if kind == "foreign":
                status |= report_first(logdir)
            with tensorboard(logdir, with_tensorflow=True) as server:
                status |= report(kind, logdir, server)
    return status


def report_first(logdir: Path) -> int:
    """Measures the first listing against a look at every file, and prints them."""
    rounds = []
    for _ in range(FIRST_ROUNDS):
        opened, listing = Logdir(logdir, list, RUN_SECONDS), Listing()
        began, cpu = time.perf_counter(), time.process_time()
        first = opened.list_runs()
        listing.describe(first, opened.problems, opened.unread)
        ours, waited = time.process_time() - cpu, time.perf_counter() - began
        if not NEWEST <= len(first) < RUNS or len(first) + opened.unread != RUNS:
            raise RuntimeError(f"expected {NEWEST} of {RUNS} runs; received {len(first)}")
        while opened.unread:
            time.sleep(1)
            opened.list_runs()
        whole, lasted = time.process_time() - cpu, time.perf_counter() - began
        cpu = time.process_time()
        looked_at = scan(logdir, stat=True)
        rounds.append((ours, time.process_time() - cpu, waited, whole, lasted))
    ours, bare, waited, whole, lasted = (
        statistics.median(side) for side in zip(*rounds, strict=True)
    )
    ratio = statistics.median(mine / floor for mine, floor, *_ in rounds)
    print(
        f"first listing of the newest {NEWEST} of {RUNS} foreign runs of {STEPS} steps: "
        f"{ours:.2f} s of processor time ({waited:.1f} s on the clock); a look at all "
        f"{looked_at} files {bare:.2f} s; median ratio of {FIRST_ROUNDS} rounds {ratio:.2f} "
        f"(at most {BOUND:g}); all runs {whole:.0f} s of processor time, {lasted:.0f} s on "
        "the clock, polled every second"
    )
    return int(ratio > BOUND)


def report(kind: str, logdir: Path, server: TensorBoardProcess) -> int:
    """Measures both sides, round by round, and prints them."""
    while len(json.loads(server.get("data/runs")[2])) < RUNS:
        time.sleep(0.5)
    began = time.perf_counter()
    while json.loads(ask(server, "data/plugin/tb_embed/runs"))["unread"]:
        time.sleep(1)
    first = time.perf_counter() - began
    time.sleep(2)  # files that have just been written are read twice
    runs = json.loads(ask(server, "data/plugin/tb_embed/runs"))["runs"]
    if [len(run["layers"][0]["steps"]) for run in runs] != [STEPS] * RUNS:
        raise RuntimeError(f"expected {RUNS} runs of {STEPS} steps; received others")
    rounds = [
        (
            seconds(lambda: ask(server, "data/plugin/tb_embed/runs")),
            seconds(lambda: ask(server, "data/runs")),
            seconds(lambda: scan(logdir)),
        )
        for _ in range(ROUNDS)
    ]
    ours, theirs, scanned = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(mine / (own + disk) for mine, own, disk in rounds)
    print(
        f"listing of {RUNS} {kind} runs of {STEPS} steps: {ours * 1e3:.0f} ms at every poll, "
        f"{first:.1f} s until all are there; TensorBoard's data/runs {theirs * 1e3:.0f} ms, "
        f"one pass of os.scandir {scanned * 1e3:.0f} ms; median ratio of {ROUNDS} rounds "
        f"{ratio:.2f} (at most {BOUND:g})"
    )
    return int(ratio > BOUND)


def ask(server: TensorBoardProcess, path: str) -> bytes:
    """Returns the answer to a GET, which may come packed as to a browser."""
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=600)
    connection.request("GET", address.path + path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body


def scan(folder: Path | str, *, stat: bool = False) -> int:
    """Returns the number of entries below a directory, each of which it may look at."""
    n = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            n += 1
            if stat:
                entry.stat()
            if entry.is_dir():
                n += scan(entry.path, stat=stat)
    return n


if __name__ == "__main__":
    sys.exit(main())
