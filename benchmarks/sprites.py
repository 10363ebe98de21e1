"""What writing the sprite of 10,000 MNIST digits costs, against encoding it alone.

Claim: the sprite of 10,000 digits takes at most 1.3 times encoding the finished sheet.

The floor is Pillow's encoding of the finished sheet as PNG at the same level, into memory. Both
sides in one process, pair by pair; the digits are floating point in [0, 1], as a model takes
them.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.clock import seconds
from benchmarks.ratio import Ratio
from tb_embed_plugin import write_sprite_image

PAIRS = 15
BOUND = 1.3


def main() -> int:
    """Prints the ratio; the exit status is 1 where it is above 1.3."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's .npz file")
    with np.load(parser.parse_args().data) as file:
        digits = file["x_test"].astype(np.float32) / np.float32(255)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sprite_images.png"
        write_sprite_image(path, digits)
        sheet = np.asarray(Image.open(path))

        def ours() -> None:
            write_sprite_image(path, digits)

        def floor() -> None:
            Image.fromarray(sheet).save(io.BytesIO(), "PNG")

        pairs = [(seconds(ours), seconds(floor)) for _ in range(PAIRS)]
    ratio = Ratio.of(pairs)
    written, encoded = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"sprite of {len(digits):,} digits: {written * 1e3:.0f} ms; encoding the finished "
        f"sheet: {encoded * 1e3:.0f} ms; {ratio} (at most {BOUND})"
    )
    return int(ratio.median > BOUND)


if __name__ == "__main__":
    sys.exit(main())
