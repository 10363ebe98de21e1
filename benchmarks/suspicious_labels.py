"""How many of 200 wrong labels planted in MNIST the list of suspicious labels names first."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import wrong_labels as example

LEAST = 0.6


def main() -> int:
    """Runs the example; the exit status is 1 where fewer than 60 % of its list are planted."""
    with tempfile.TemporaryDirectory() as folder:
        sys.argv += ["--logdir", folder]
        share = example.main()
    print(f"at least {LEAST:.0%} are claimed")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
