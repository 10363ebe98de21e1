"""Finds the matrices in Keras' files of weights, `<name><number>.weights.h5`.

`keras.callbacks.TensorBoard(embeddings_freq=…)` writes one an epoch, with all weights of
the model and its optimizer's, into the folder `train` of its log directory; `ModelCheckpoint`
writes such files too. Files whose names differ in the number alone are the steps of one series.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.found import ForeignLayer, Found, StoredTensor, by_shape
from tb_embed_plugin.runs.hdf5 import Contents, Matrix, read_contents
from tb_embed_plugin.runs.projector_config import ConfiguredTensor
from tb_embed_plugin.runs.stamps import Stamp, stamp_of

WEIGHTS = ".weights.h5"
"""How the names of such files end."""

MAX_FILES = 2000
"""Files of one series; of more, those of the last steps are shown."""

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
        matrix: Where its values lie.
    """

    path: Path
    file_stamp: Stamp
    key: str
    name: str
    matrix: Matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

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
            UnreadableError: The file has changed.
        """
        if stamp_of(self.path) != self.file_stamp:
            raise UnreadableError(
                f"expected {self.path.name} as it was listed; it was written anew; reload "
                "the page"
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and so told
            return self.matrix.read(self.path).astype(np.float32, copy=False)


class WeightFolders:
    """Finds the files of weights in directories, and reads none twice."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[Path, tuple[Stamp, Contents | str]]] = {}

    def find(self, folder: Path, where: str, names: Sequence[str]) -> Found:
        """Finds the matrices, those of Embedding layers first.

        Args:
            folder: The run's directory, links resolved.
            where: Path of the files' directory below it, "" for itself.
            names: The files there.
        """
        found = Found([], [], [])
        series: dict[str, dict[int, Path]] = {}
        for name in sorted(name for name in names if name.endswith(WEIGHTS)):
            try:
                path = confined(folder / where, name)
            except UnreadableError as error:
                found.problems.append(str(error))
                continue
            of, step = _series_and_step(name.removesuffix(WEIGHTS))
            series.setdefault(of, {})[step] = path
        for of, steps in series.items():
            _bound(of, steps, found.problems)
        read = self._contents(folder / where, [p for s in series.values() for p in s.values()])
        # Keras writes a new file an epoch, in place: the last ones may still grow.
        last = {steps[max(steps)] for steps in series.values() if steps}
        found.watched += last
        found.renamed += [path for path in read if path not in last]
        by_length = sorted(series, key=lambda of: (-len(series[of]), of))
        for i, of in enumerate(by_length):
            tensors = _tensors(series[of], read, found.problems)
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

    def _contents(
        self, folder: Path, paths: Sequence[Path]
    ) -> dict[Path, tuple[Stamp, Contents | str]]:
        """Returns each file's stamp, and what it holds or what is wrong with it."""
        known = self._known.get(folder, {})
        stamps = {path: stamp_of(path) for path in paths}
        read = {
            p: known[p] for p, stamp in stamps.items() if p in known and known[p][0] == stamp
        }
        others = read_contents([path for path in paths if path not in read])
        read |= {path: (stamps[path], contents) for path, contents in others.items()}
        self._known[folder] = read
        return read


def _tensors(
    steps: Mapping[int, Path],
    read: Mapping[Path, tuple[Stamp, Contents | str]],
    problems: list[str],
) -> dict[str, dict[int, StoredTensor]]:
    """Returns the matrices of a series by name and step."""
    tensors: dict[str, dict[int, StoredTensor]] = {}
    for step, path in sorted(steps.items()):
        stamp, contents = read[path]
        if isinstance(contents, str):
            problems.append(
                f"expected Keras' weights as HDF5; {path.name} is damaged or being written "
                f"({contents}); save them again"
            )
            continue
        weights = [place for place in contents.matrices if not _OPTIMIZER.fullmatch(place)]
        names = _readable_names(weights, contents.names)
        problems += [
            f"expected matrices stored in one piece; {place} of {path.name} is not: it is "
            "left out"
            for place in contents.apart
            if not _OPTIMIZER.fullmatch(place)
        ]
        for place in weights:
            matrix = contents.matrices[place]
            if stamp is None or matrix.end > stamp[1]:
                problems.append(
                    f"expected {matrix.end} bytes or more in {path.name}, where "
                    f"{names[place]} ends; it is cut short: that is left out"
                )
                continue
            tensor = WeightsTensor(path, stamp, place, names[place], matrix)
            tensors.setdefault(tensor.name, {})[step] = tensor
    return tensors


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


def _bound(series: str, steps: dict[int, Path], problems: list[str]) -> None:
    """Takes out the files whose step cannot be shown, and all but the newest of too many."""
    shown = sorted(step for step in steps if step <= _LARGEST_STEP)[-MAX_FILES:]
    if len(shown) < len(steps):
        problems.append(
            f"expected at most {MAX_FILES} files {series}{WEIGHTS} of steps up to "
            f"{_LARGEST_STEP}; received {len(steps)}: {len(steps) - len(shown)} are left out"
        )
        for step in steps.keys() - set(shown):
            del steps[step]


def _embeddings_first(item: tuple[str, dict[int, StoredTensor]]) -> tuple[bool, int, str]:
    name, tensors = item
    (*_, newest) = tensors.values()
    return _embedding(newest) is None, -newest.shape[0], name


def _embedding(tensor: StoredTensor) -> int | None:
    return tensor.embedding if isinstance(tensor, WeightsTensor) else None


def _readable_names(keys: Iterable[str], layers: Mapping[str, str]) -> dict[str, str]:
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
