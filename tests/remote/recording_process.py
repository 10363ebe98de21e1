"""A process that records to an address, which tests kill."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

RECORDING = """
    import sys
    from tb_embed_plugin import record
    from tb_embed_plugin.remote import background_upload
    from tests.clusters import labels, snapshot

    background_upload.EVERY_SECONDS = 0.02
    address, first, last, then = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    for step in range(first, last):
        record(address, step, {"fc1": snapshot(step)}, labels=labels() if step == 0 else None)
        print("recorded", step, flush=True)
    if then == "wait":
        sys.stdin.read()
    elif then == "raise":
        raise RuntimeError("the training has failed")
"""


def recording(address: str, steps: range, then: str) -> subprocess.Popen[str]:
    """Starts a process that records clusters, and waits until it has."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(RECORDING),
            *(address, str(steps.start), str(steps.stop), then),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    for step in steps:
        assert process.stdout.readline() == f"recorded {step}\n"
    return process
