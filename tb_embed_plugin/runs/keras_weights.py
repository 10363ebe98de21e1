"""Finds the matrices in Keras' files of weights, `<name><number>.weights.h5`.

`keras.callbacks.TensorBoard(embeddings_freq=…)` writes one an epoch, with all weights of
the model and its optimizer's, into the folder `train` of its log directory; `ModelCheckpoint`
writes such files too. Files whose names differ in the number alone are the steps of one series.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.foreign import ForeignLayer, Found, StoredTensor, by_shape
from tb_embed_plugin.runs.projector_config import ConfiguredTensor
from tb_embed_plugin.runs.stamps import Stamp, stamp_of

WEIGHTS = ".weights.h5"
"""How the names of such files end."""

MAX_FILES = 2000
"""Files of one series; of more, those of the last steps are shown."""

MAX_OBJECTS = 100_000
"""Groups and data sets in one file; a file with more is not read."""

MAX_MATRIX_BYTES = 1 << 30
"""A larger matrix is left out; a file of a few bytes may claim any size."""

_LARGEST_STEP = 2**31 - 1
_NUMBERED = re.compile(r"(.*?)(?<!\d)(?<!\d\.)(\d{1,18})(?:-\d+\.\d+)?", re.ASCII | re.DOTALL)
"""The number at the end, or before a loss as in `{epoch:02d}-{val_loss:.2f}`."""

_OPTIMIZER = re.compile(r"(?:.*/)?optimizer(?:_weights|_\d+)?/.*", re.ASCII | re.DOTALL)
_EMBEDDING = re.compile(r"(?:layers/)?embedding(?:_(\d{1,9}))?/vars/0", re.ASCII)
"""Keras counts the layers of a class in the order of `model.layers`."""

_NAME_OF_ALL = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
"""What Keras' configuration calls every Embedding layer, also in that order."""


@dataclass(frozen=True)
class WeightsTensor:
    """A matrix in a file of weights.

    Attributes:
        path: The file, inside of its run.
        file_stamp: The file's.
        key: Where the matrix is in it.
        name: What a person calls it, `encoder/words` say.
        shape: Rows and columns.
    """

    path: Path
    file_stamp: Stamp
    key: str
    name: str
    shape: tuple[int, int]

    @property
    def embedding(self) -> int | None:
        """Which of the model's layers of Keras' class Embedding it is, from 0 on."""
        match = _EMBEDDING.fullmatch(self.key)
        return None if match is None else int(match[1] or 0)

    @property
    def wall_time(self) -> float:
        """When the file was written, seconds since 1970."""
        return 0.0 if self.file_stamp is None else self.file_stamp[0] / 1e9

    @property
    def stamp(self) -> Hashable:
        """What changes when the values do."""
        return self.file_stamp, self.key

    def read(self) -> NDArray[np.float32]:
        """Returns the values, float32 of `shape`, read-only; wider types lose digits.

        Raises:
            UnreadableError: The file is damaged, or has changed.
        """
        with _opened(self.path) as file:
            data = file.get(self.key)
            if getattr(data, "shape", None) != self.shape:
                raise _unreadable(self.path, f"without {self.key} of {self.shape}")
            with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
                values = np.asarray(data[()]).astype(np.float32, copy=False)
        values.flags.writeable = False
        return values


def find_weights(folder: Path, where: str, names: Sequence[str]) -> Found:
    """Finds the matrices of all weight files in a directory, Embedding layers' first.

    Args:
        folder: The run's directory, links resolved.
        where: Path of the files' directory below it, "" for itself.
        names: The files there.
    """
    found = Found([], [], [])
    series: dict[str, dict[int, str]] = {}
    for name in sorted(name for name in names if name.endswith(WEIGHTS)):
        of, step = _series_and_step(name.removesuffix(WEIGHTS))
        series.setdefault(of, {})[step] = name
    for i, (of, steps) in enumerate(sorted(series.items(), key=lambda x: -len(x[1]))):
        tensors: dict[str, dict[int, StoredTensor]] = {}
        for step in _shown(of, steps, found.problems):
            found.watched.append(folder / where / steps[step])
            try:
                matrices = _matrices(folder, f"{where}/{steps[step]}" if where else steps[step])
            except UnreadableError as error:
                found.problems.append(str(error))
                continue
            for matrix in matrices:
                if 4 * matrix.shape[0] * matrix.shape[1] > MAX_MATRIX_BYTES:
                    found.problems.append(_too_large(matrix))
                    continue
                tensors.setdefault(matrix.name, {})[step] = matrix
        suffix = f" ({of})" if i else ""
        for name, by_step in sorted(tensors.items(), key=_embeddings_first):
            layer = ForeignLayer(name + suffix, by_step, aliases=(name,))
            found.layers += by_shape(layer, found.problems)
    if series and not found.layers and not found.problems:
        found.problems.append(
            f"expected a matrix, of 2 rows and 2 columns or more, in the files *{WEIGHTS}; "
            "received none beside the optimizer's; save a model that has one"
        )
    return found


def with_layer_names(
    tensors: Sequence[ConfiguredTensor], layers: Sequence[ForeignLayer]
) -> list[ConfiguredTensor]:
    """Returns a configuration's entries; those of Embedding layers by the layers' names.

    Left as they are where there are more or fewer entries than such layers.
    """
    names: dict[int, str] = {}
    for layer in layers:
        for tensor in layer.tensors.values():
            number = _embedding(tensor)
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


def _series_and_step(name: str) -> tuple[str, int]:
    """Returns which files belong together, and the step of this one, 0 where it has none."""
    match = _NUMBERED.fullmatch(name)
    return (name, 0) if match is None else (f"{match[1]}*", int(match[2]))


def _shown(series: str, steps: Mapping[int, str], problems: list[str]) -> list[int]:
    shown = sorted(step for step in steps if step <= _LARGEST_STEP)[-MAX_FILES:]
    if len(shown) < len(steps):
        problems.append(
            f"expected at most {MAX_FILES} files {series}{WEIGHTS} of steps up to "
            f"{_LARGEST_STEP}; received {len(steps)}: {len(steps) - len(shown)} are left out"
        )
    return shown


def _too_large(matrix: WeightsTensor) -> str:
    return (
        f"expected matrices of at most {MAX_MATRIX_BYTES} bytes; {matrix.name} of "
        f"{matrix.path.name} is {matrix.shape[0]} x {matrix.shape[1]}: it is left out"
    )


def _embeddings_first(item: tuple[str, dict[int, StoredTensor]]) -> tuple[bool, int, str]:
    name, tensors = item
    (*_, newest) = tensors.values()
    return _embedding(newest) is None, -newest.shape[0], name


def _embedding(tensor: StoredTensor) -> int | None:
    return tensor.embedding if isinstance(tensor, WeightsTensor) else None


def _matrices(folder: Path, name: str) -> tuple[WeightsTensor, ...]:
    path = confined(folder, name)
    return _read_matrices(path, stamp_of(path))


@lru_cache(maxsize=1 << 14)
def _read_matrices(path: Path, stamp: Stamp) -> tuple[WeightsTensor, ...]:
    """Returns the matrices of a file; remembered as long as its stamp stays."""
    with _opened(path) as file:
        shapes, names = _contents(path, file)
    readable = _readable_names(shapes, names)
    return tuple(
        WeightsTensor(path, stamp, key, readable[key], shape) for key, shape in shapes.items()
    )


def _contents(path: Path, file: Any) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Returns the matrices' shapes by their place, and the names of Keras' layers by theirs."""
    import h5py

    shapes: dict[str, tuple[int, int]] = {}
    names: dict[str, str] = {}
    objects = 0

    def look(key: str, item: Any) -> None:
        nonlocal objects
        objects += 1
        if objects > MAX_OBJECTS:
            raise _unreadable(path, f"a file of more than {MAX_OBJECTS} objects")
        if isinstance(item, h5py.Group):
            name = item.attrs.get("name")
            if isinstance(name, str) and key.endswith("/vars"):
                names[key.removesuffix("/vars")] = name
        elif isinstance(item, h5py.Dataset) and _is_matrix(key, item):
            shapes[key] = item.shape

    # Every object once, and none behind a link to another file.
    file.visititems(look)
    return shapes, names


def _is_matrix(key: str, data: Any) -> bool:
    """Whether a data set is a matrix of numbers that lie in this file, and no optimizer's."""
    return (
        len(data.shape or ()) == 2
        and min(data.shape) >= 2
        and max(data.shape) <= _LARGEST_STEP
        and data.dtype.kind in "fiu"
        and not data.external
        and not data.is_virtual
        and not _OPTIMIZER.fullmatch(key)
    )


def _readable_names(
    keys: Mapping[str, tuple[int, int]], layers: Mapping[str, str]
) -> dict[str, str]:
    """Returns a name for each matrix: the layers that it lies in, `encoder/words` say.

    Keras numbers a layer's variables; the number is told where one alone does not do.
    """
    ways = {}
    for key in keys:
        *places, number = key.removesuffix(":0").split("/")
        in_keras = places[-1:] == ["vars"]
        known = [
            layers[place]
            for place in ("/".join(places[:end]) for end in range(1, len(places)))
            if in_keras and place in layers
        ]
        ways[key] = "/".join(known or [*places, number]), number
    counts = Counter(name for name, _ in ways.values())
    named = {k: name if counts[name] == 1 else f"{name}/{n}" for k, (name, n) in ways.items()}
    counts = Counter(named.values())
    return {key: name if counts[name] == 1 else key for key, name in named.items()}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Opens a file of weights; whatever is wrong with it becomes one kind of error.

    Raises:
        UnreadableError: It is damaged, or being written.
    """
    import h5py

    try:
        # No lock: the training may want to write this very file.
        with h5py.File(path, "r", locking=False) as file:
            yield file
    # What damage makes of the library's answers is any of these.
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unreadable(path, f"damaged or being written ({type(error).__name__})") from error


def _unreadable(path: Path, received: str) -> UnreadableError:
    return UnreadableError(
        f"expected Keras' weights as HDF5; {path.name} is {received}; save them again"
    )
