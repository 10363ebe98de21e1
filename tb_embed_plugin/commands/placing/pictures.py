"""Pictures as a model takes them: of its size and channels, in the range it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.commands.damaged_files import DAMAGE
from tb_embed_plugin.errors import EmbedError, MisuseError, UnreadableError
from tb_embed_plugin.runs.reading import open_file

SUFFIXES = (".png", ".jpg", ".jpeg")

MAX_FILE_BYTES = 1 << 30
"""Of a file of new samples."""

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}

_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""What black and white become in the usual preparations."""

_NEAR = 0.1
"""Part of a range by which the recorded inputs may fall short of each of its ends."""


@dataclass(frozen=True)
class PictureInput:
    """The input of a model that takes pictures.

    Attributes:
        height: Pixels.
        width: Pixels.
        channels: 1, 3 or 4.
        shape: As the model takes a sample.
        black: The number that a black pixel becomes.
        white: The number that a white pixel becomes.
    """

    height: int
    width: int
    channels: int
    shape: tuple[int, ...]
    black: float
    white: float

    @classmethod
    def of(
        cls, shapes: list[tuple[int | None, ...]], limits: tuple[float, float] | None
    ) -> PictureInput:
        """Returns what a model takes.

        Args:
            shapes: The shape of each of its inputs for one sample.
            limits: The smallest and the largest number of the recorded inputs.

        Raises:
            MisuseError: It takes no pictures, or it is not known how pixels were prepared.
        """
        shape = shapes[0] if len(shapes) == 1 else ()
        known = tuple(size for size in shape if size is not None)
        is_whole = len(known) == len(shape)
        match known:
            case (height, width) if is_whole:
                channels = 1
            case (height, width, 1 | 3 | 4 as channels) if is_whole:
                pass
            case (1 | 3 | 4 as channels, height, width) if is_whole:
                pass
            case _:
                received = " and ".join(map(str, shapes)) or "unknown"
                raise MisuseError(
                    f"the model takes inputs of shape {received} for each sample, not pictures "
                    "(height, width[, channels]); save the new samples with numpy.save, and "
                    "place that file"
                )
        return cls(height, width, channels, known, *_range_of(limits))

    def read(self, file: Path) -> NDArray[np.float32]:
        """Returns a picture as the model takes it, float32 of its shape.

        Raises:
            MisuseError: It is of another size, or has more than 8 bits a channel.
            UnreadableError: It is no picture, or far too large.
            OSError: It cannot be read.
        """
        with open_file(file) as opened:
            try:
                with Image.open(opened, formats=("PNG", "JPEG")) as picture:
                    self._check(file, picture)
                    pixels = np.asarray(picture.convert(_MODES[self.channels]), np.float32)
            except EmbedError:
                raise
            except (*DAMAGE, Image.DecompressionBombError) as error:
                raise UnreadableError(
                    f"{file.name} cannot be read as PNG or JPEG ({error}); save it again, "
                    f"of {self.width} x {self.height} pixels"
                ) from error
        rows = pixels.reshape(self.height, self.width, self.channels)
        if len(self.shape) == 3 and self.shape[0] == self.channels != self.shape[2]:
            rows = rows.transpose(2, 0, 1)
        return self.black + rows.reshape(self.shape) * ((self.white - self.black) / 255)

    def _check(self, file: Path, picture: Any) -> None:
        if picture.size != (self.width, self.height):
            raise MisuseError(
                f"{file.name} has {picture.width} x {picture.height} pixels, but the model "
                f"takes {self.width} x {self.height}; resize it"
            )
        if picture.mode[0] in "IF":
            raise MisuseError(
                f"{file.name} has pixels of more than 8 bits (mode {picture.mode}), not of 8 "
                "bits a channel; save it with 8 bits, or its numbers with numpy.save, and "
                "place that file"
            )


def _range_of(limits: tuple[float, float] | None) -> tuple[float, float]:
    """Returns what black and white became where the recorded inputs have these limits."""
    if limits is not None:
        low, high = limits
        for black, white in _RANGES:
            near = _NEAR * (white - black)
            if black <= low <= black + near and white - near <= high <= white:
                return black, white
    received = "unknown" if limits is None else f"{limits[0]:g}..{limits[1]:g}"
    raise MisuseError(
        f"the range of the recorded inputs is {received}, not 0..1, -1..1 or 0..255, so how "
        "pixels were prepared is not known; save the new samples, prepared alike, with "
        "numpy.save, and place that file"
    )
