"""From the command to TensorBoard's address: what part is ours, and what a user can leave out.

Processor time until `tensorboard` prints its address, round by round: with the plugin, without
it (its entry point is hidden), without TensorFlow, and with options that are said to matter.
Then until our list of runs is answered for the first time, which is when our code is loaded.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from tb_embed_plugin import record

ROUNDS = 3
BOUND = 0.03
"""Of the start with the plugin, what the import of our entry point may take."""

HIDDEN = """
from tensorboard import default, main
found = default._iter_entry_points
default._iter_entry_points = lambda group: [
    one for one in found(group) if not one.value.startswith("tb_embed_plugin")
]
main.run_main()
"""
TENSORBOARD = [sys.executable, "-m", "tensorboard.main"]
BARE = [sys.executable, str(Path(__file__).parents[1] / "tests" / "bare_tensorboard.py")]

STARTS = {
    "with the plugin": TENSORBOARD,
    "without it": [sys.executable, "-c", HIDDEN],
    "TensorFlow not installed": BARE,
    "--load_fast=false": [*TENSORBOARD, "--load_fast=false"],
    "--load_fast=true": [*TENSORBOARD, "--load_fast=true"],
    "--samples_per_plugin=scalars=1,images=1": [
        *TENSORBOARD,
        "--samples_per_plugin=scalars=1,images=1",
    ],
}


def main() -> int:
    """Prints all of it; the exit status is 1 where our part is larger than it may be."""
    ours = statistics.median(imported() for _ in range(ROUNDS))
    with tempfile.TemporaryDirectory() as folder:
        for epoch in range(3):
            values = np.random.default_rng(epoch).normal(size=(1000, 64)).astype(np.float32)
            record(Path(folder) / "run", epoch, {"fc1": values})
        used: dict[str, list[float]] = {name: [] for name in STARTS}
        asked = []
        for _ in range(ROUNDS):
            for name, command in STARTS.items():
                started, first = start(command, folder, ask=name == "with the plugin")
                used[name].append(started)
                asked += [first] if first else []
    for name, seconds in used.items():
        print(f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} at least)")
    share = ours / statistics.median(used["with the plugin"])
    print(f"the first list of runs, with what it imports: {statistics.median(asked):.2f} s")
    print(f"importing our entry point: {ours * 1e3:.0f} ms, {share:.2%} (at most {BOUND:.0%})")
    return int(share > BOUND)


def imported() -> float:
    """Returns the processor time that our entry point takes beside TensorBoard's modules."""
    code = (
        "import time, tensorboard.main, tensorboard.default\n"
        "began = time.process_time()\n"
        "import tb_embed_plugin.loader\n"
        "print(time.process_time() - began)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(told.stdout)


def start(command: list[str], logdir: str, *, ask: bool) -> tuple[float, float]:
    """Returns processor time until the address is printed, and of the first list of runs."""
    process = subprocess.Popen(
        [*command, "--logdir", logdir, "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        said: list[str] = []
        for line in process.stderr or ():
            said.append(line)
            if " at http" in line:
                break
        else:
            raise RuntimeError(f"{command} did not start:\n{''.join(said)}")
        started, first = processor_time(process.pid), 0.0
        if ask:
            url = line.split(" at ")[1].split()[0]
            with urllib.request.urlopen(f"{url}data/plugin/tb_embed/runs") as answer:
                answer.read()
            first = processor_time(process.pid) - started
        return started, first
    finally:
        process.terminate()
        process.wait()


def processor_time(pid: int) -> float:
    """Returns what a process has used, in seconds; Linux alone tells."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    began = time.perf_counter()
    status = main()
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(status)
