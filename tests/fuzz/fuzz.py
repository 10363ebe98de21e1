"""Feeds a target with bytes that find new paths through the code: `python -m tests.fuzz.fuzz`.

Atheris, which it needs, has wheels for few versions of Python; `make fuzz` calls it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

from tests.fuzz.corpus import folder_of, kept

with atheris.instrument_imports(include=["tb_embed_plugin"]):
    from tests.fuzz.targets import targets

SLOWEST = 10
"""Seconds that one input may take."""
MEMORY_MB = 4096


def main() -> None:
    """Feeds one target until the time is over; the first fault ends it and leaves its bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--corpus", type=Path, required=True, help="grows there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        known = {target.name: target for target in targets(Path(folder))}
        target = known[chosen.target]
        corpus = chosen.corpus / folder_of(target.name)
        corpus.mkdir(parents=True, exist_ok=True)
        (corpus / "seed").write_bytes(target.seed)
        for number, data in enumerate(kept(target.name)):
            (corpus / f"kept-{number:03}").write_bytes(data)
        limits = [f"-max_total_time={chosen.seconds}", f"-timeout={SLOWEST}"]
        sizes = [f"-rss_limit_mb={MEMORY_MB}", f"-max_len={4 * len(target.seed)}"]
        faults = f"-artifact_prefix={corpus}-fault-"
        atheris.Setup([sys.argv[0], *limits, *sizes, faults, str(corpus)], target.feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
