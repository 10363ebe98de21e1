"""Finds the matrices in files of weights: Keras' and Hugging Face's, and their steps.

Keras' TensorBoard callback (`embeddings_freq=…`) and `ModelCheckpoint` write a file an epoch,
`.weights.h5` or the whole model as `.keras` or `.h5`; Hugging Face's Trainer a folder a step,
`checkpoint-500/model.safetensors`. Files and folders of one training are steps of one series.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.checkpoint_names import bare_name
from tb_embed_plugin.runs.foreign.folder_contents import (
    FolderContents,
    ForeignLayer,
    StoredTensor,
    bound_layers,
    by_shape,
)
from tb_embed_plugin.runs.foreign.hdf5 import read_contents
from tb_embed_plugin.runs.foreign.safetensors_header import read_header
from tb_embed_plugin.runs.foreign.step_names import Series, find_series
from tb_embed_plugin.runs.foreign.weight_contents import Contents
from tb_embed_plugin.runs.foreign.weight_names import (
    is_embedding,
    is_optimizers,
    readable_names,
)
from tb_embed_plugin.runs.foreign.weight_tensor import WeightsTensor, place_of
from tb_embed_plugin.runs.safe_path import confined

ENDINGS = (".weights.h5", ".keras", ".h5", ".hdf5", ".safetensors")
"""How the names of such files end; of two that fit, the first."""

MAX_FILES = 2000
"""Files of one series, and folders of steps; of more, the last steps are shown."""

MAX_SERIES = 20
"""Series in one directory; of more, the longest are shown."""

_STEP_FOLDER = re.compile(
    r"(?:(?:model|global|weights|keras)[-_.]?)?"
    r"(?:checkpoint|ckpt|cp|epoch|step|iteration|iter)[-_=.]?(?:\d+(?:\.\d+)?|best|last|final)"
    r"(?:[-_,](?:epoch|step|(?:val_)?(?:loss|acc|accuracy))[-_=]?-?\d+(?:\.\d+)?)*",
    re.ASCII | re.IGNORECASE,
)
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})", re.ASCII | re.DOTALL)

_Read = Mapping[Path, tuple[Stamp, Contents | str]]


def is_weights(name: str) -> bool:
    """Whether a file is called as files of weights are."""
    return name.endswith(ENDINGS)


def looks_like_weights(names: Iterable[str]) -> bool:
    """Whether a directory with such entries may hold weights, or folders of them."""
    return any(is_weights(name) or _STEP_FOLDER.fullmatch(name) for name in names)


class WeightFolders:
    """Finds the files of weights in directories, and reads none twice."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[Path, tuple[Stamp, Contents | str]]] = {}

    def find(self, folder: Path, where: str, names: Sequence[str]) -> FolderContents:
        """Finds the matrices, those of embeddings first.

        Args:
            folder: The run's directory, links resolved.
            where: Path of the files' directory below it, "" for itself.
            names: What is there.
        """
        found = FolderContents([], [], [])
        files = _parts_of_files(folder / where, names, found)
        series = _series_of(files, found.problems)
        shown = [path for _, parts in series for one in parts.values() for path in one]
        read = self._contents(folder / where, shown)
        # Keras writes a new file an epoch, in place: the last ones may still grow.
        last = {path for _, parts in series for path in parts[max(parts)]}
        found.watched += last
        found.renamed += [path for path in read if path not in last]
        for i, (one, parts) in enumerate(series):
            tensors = _tensors(parts, read, found)
            suffix = f" ({one.name})" if i else ""
            for name, by_step in sorted(tensors.items(), key=_embeddings_first):
                place = bare_name(place_of(next(iter(by_step.values()))))
                layer = ForeignLayer(
                    name + suffix, by_step, aliases=(name, place), written=one.written
                )
                found.take(by_shape(layer))
        found.looked_in = shown[0].name if shown else ""
        bound_layers(found)
        return found

    def _contents(self, folder: Path, paths: Sequence[Path]) -> _Read:
        """Returns each file's stamp, and what it holds or what is wrong with it."""
        known = self._known.get(folder, {})
        stamps = {path: stamp_of(path) for path in paths}
        read = {
            p: known[p] for p, stamp in stamps.items() if p in known and known[p][0] == stamp
        }
        others = [path for path in paths if path not in read]
        contents = read_contents([p for p in others if p.suffix != ".safetensors"])
        contents |= {p: _header(p) for p in others if p.suffix == ".safetensors"}
        read |= {path: (stamps[path], held) for path, held in contents.items()}
        self._known[folder] = read
        return read


def _header(path: Path) -> Contents | str:
    try:
        return read_header(path)
    except UnreadableError as error:
        return str(error)


def _parts_of_files(
    folder: Path, names: Collection[str], found: FolderContents
) -> dict[tuple[str, str], dict[str, Path]]:
    """Returns the files by ending and name; of one that is stored in parts all of them."""
    files: dict[tuple[str, str], dict[str, Path]] = {}
    inside = [name for name in names if is_weights(name)]
    for step in sorted(filter(_STEP_FOLDER.fullmatch, names))[-MAX_FILES:]:
        there = _weights_in(folder, step, found)
        inside += [f"{step}/{name}" for name in there]
    for name in sorted(inside):
        try:
            path = confined(folder, name)
        except UnreadableError as error:
            found.problems.append(str(error))
            continue
        if not path.is_file():
            continue  # a saved model may be a directory, which others read
        ending = next(filter(name.endswith, ENDINGS))
        stem = name.removesuffix(ending)
        shard = _SHARD.fullmatch(stem) if ending == ".safetensors" else None
        key, part = (shard[1], f"{shard[2]} of {shard[3]}") if shard else (stem, "1 of 1")
        files.setdefault((ending, key), {})[part] = path
    for (ending, name), parts in files.items():
        expected = max(int(part.rpartition(" ")[2]) for part in parts)
        if len(parts) != expected:
            found.problems.append(
                f"expected {expected} parts of {name}{ending}; received {len(parts)}: it is "
                "being written, or was copied in part; copy the others too"
            )
    return files


def _weights_in(folder: Path, step: str, found: FolderContents) -> list[str]:
    """Returns the files of weights in a folder of a step, unless it is a run of ours."""
    try:
        path = confined(folder, step)
        names = os.listdir(path)  # noqa: PTH208 # thousands of folders: no need of Paths
    except (UnreadableError, OSError):
        return []  # a file, or a link that leads out: nothing that could be shown
    found.watched.append(path)
    weights = [name for name in names if is_weights(name)]
    if not weights or (path / MANIFEST_FILE).exists():
        return []
    found.adopted.append(path)
    return weights


def _series_of(
    files: Mapping[tuple[str, str], Mapping[str, Path]], problems: list[str]
) -> list[tuple[Series, dict[int, list[Path]]]]:
    """Returns the series of files, the longest first, with the parts of each step's file."""
    by_ending: dict[str, list[str]] = {}
    for ending, name in files:
        by_ending.setdefault(ending, []).append(name)
    found: list[tuple[Series, str]] = [
        (series, ending) for ending, names in by_ending.items() for series in find_series(names)
    ]
    found.sort(key=lambda one: (-len(one[0].names), one[0].name, one[1]))
    if len(found) > 1:
        some = ", ".join(f"{series.name}{ending}" for series, ending in found[:5])
        problems.append(
            f"expected one series of files of weights; received {len(found)}, {some}: layers "
            f"of all but the first bear its name, and at most {MAX_SERIES} are shown; save "
            "each into a directory of its own"
        )
    several = len(by_ending) > 1
    shown = []
    for series, ending in found[:MAX_SERIES]:
        problems += [series.note] if series.note else []
        names = list(series.names.items())
        if len(names) > MAX_FILES:
            problems.append(
                f"expected at most {MAX_FILES} files {series.name}{ending}; received "
                f"{len(names)}: the first {len(names) - MAX_FILES} are left out"
            )
        parts = {s: list(files[ending, name].values()) for s, name in names[-MAX_FILES:]}
        name = f"{series.name}{ending}" if several else series.name
        shown.append((replace(series, name=name), parts))
    return shown


def _tensors(
    steps: Mapping[int, Sequence[Path]], read: _Read, found: FolderContents
) -> dict[str, dict[int, StoredTensor]]:
    """Returns the matrices of a series by name and step."""
    tensors: dict[str, dict[int, StoredTensor]] = {}
    for step, paths in sorted(steps.items()):
        for path in paths:
            for name, tensor in _tensors_in(path, *read[path], found):
                tensors.setdefault(name, {})[step] = tensor
    return tensors


def _tensors_in(
    path: Path, stamp: Stamp, contents: Contents | str, found: FolderContents
) -> list[tuple[str, WeightsTensor]]:
    """Returns the matrices of a file with their names, and tells which cannot be read."""
    if isinstance(contents, str):
        found.problems.append(
            contents
            if contents.startswith("expected")
            else f"expected Keras' weights as HDF5; {path.name} is damaged or being written "
            f"({contents}); save them again"
        )
        return []
    places = [place for place in contents.matrices if not is_optimizers(place)]
    others = [place for place in contents.others if not is_optimizers(place)]
    names = readable_names([*places, *others], contents.names)
    for place in others:
        words = contents.others[place]
        found.others |= {names[place]: words, bare_name(place): words}
    # What is no layer of its own leaves a layer's only matrix the layer's name.
    large = [place for place in places if min(contents.matrices[place].shape) >= 2]
    names |= readable_names(large, contents.names)
    found.problems += [
        f"expected matrices stored in one piece; {place} of {path.name} is not: it is left out"
        for place in contents.apart
        if not is_optimizers(place)
    ]
    tensors = []
    for place in places:
        matrix = contents.matrices[place]
        if stamp is None or (not matrix.member and matrix.end > stamp[1]):
            size = matrix.end
            found.problems.append(
                f"expected {size} bytes or more in {path.name}, where {names[place]} ends; it "
                "is cut short: that is left out"
            )
            continue
        tensors.append((names[place], WeightsTensor(path, stamp, place, matrix)))
    return tensors


def _embeddings_first(item: tuple[str, dict[int, StoredTensor]]) -> tuple[bool, int, str]:
    name, tensors = item
    (*_, newest) = tensors.values()
    return not is_embedding(place_of(newest)), -newest.shape[0], name
