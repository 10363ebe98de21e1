"""A matrix in a file of weights, and what a configuration of Keras' callback calls it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.folder_contents import ForeignLayer, StoredTensor
from tb_embed_plugin.runs.foreign.weight_contents import Matrix
from tb_embed_plugin.runs.foreign.weight_names import embedding_number
from tb_embed_plugin.runs.projector_config import ConfiguredTensor

_NAME_OF_ALL = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
"""What Keras' configuration calls every Embedding layer, in the order of `model.layers`."""


@dataclass(frozen=True)
class WeightsTensor:
    """A matrix in a file of weights.

    Attributes:
        path: The file, inside of its run.
        file_stamp: The file's.
        place: Where the matrix is in it.
        matrix: Where its values lie.
    """

    path: Path
    file_stamp: Stamp
    place: str
    matrix: Matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

    @property
    def wall_time(self) -> float:
        """When the file was written, seconds since 1970."""
        return 0.0 if self.file_stamp is None else self.file_stamp[0] / 1e9

    @property
    def stamp(self) -> Hashable:
        """What changes when the values do."""
        return self.file_stamp, self.place

    def read(self) -> NDArray[np.float32]:
        """Returns the values, float32 of `shape`, read-only; wider types lose digits.

        Raises:
            UnreadableError: The file has changed.
        """
        if stamp_of(self.path) != self.file_stamp:
            raise UnreadableError(
                f"expected {self.path.name} as it was listed; it was written anew; reload "
                "the page"
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and so told
            return self.matrix.read(self.path).astype(np.float32, copy=False)


def place_of(tensor: StoredTensor) -> str:
    """Returns where a matrix is in its file of weights, empty where it is in no such file."""
    return tensor.place if isinstance(tensor, WeightsTensor) else ""


def with_layer_names(
    tensors: Sequence[ConfiguredTensor], layers: Sequence[ForeignLayer]
) -> list[ConfiguredTensor]:
    """Returns a configuration's entries; those of Embedding layers by the layers' names.

    Left as they are where there are more or fewer entries than such layers.
    """
    names: dict[int, str] = {}
    for layer in layers:
        for tensor in layer.tensors.values():
            number = embedding_number(place_of(tensor))
            if number is not None:
                names[number] = layer.aliases[0]
    ordered = [name for _, name in sorted(names.items())]
    if [tensor.name for tensor in tensors].count(_NAME_OF_ALL) != len(ordered):
        return list(tensors)
    waiting = iter(ordered)
    return [
        replace(tensor, name=next(waiting)) if tensor.name == _NAME_OF_ALL else tensor
        for tensor in tensors
    ]
