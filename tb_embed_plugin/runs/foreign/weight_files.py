"""The reader of files of weights, Keras' and Hugging Face's: their matrices and steps.

Keras' TensorBoard callback (`embeddings_freq=…`) and `ModelCheckpoint` write a file an epoch,
`.weights.h5` or the whole model as `.keras` or `.h5`; Hugging Face's Trainer a folder a step,
`checkpoint-500/model.safetensors`. Files and folders of one training are steps of one series.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.checkpoint_names import bare_name
from tb_embed_plugin.runs.foreign.folder_contents import (
    FolderContents,
    ForeignLayer,
    bound_layers,
)
from tb_embed_plugin.runs.foreign.placed_tensor import PlacedTensor
from tb_embed_plugin.runs.foreign.reader import RunFolder
from tb_embed_plugin.runs.foreign.step_names import Series, find_series
from tb_embed_plugin.runs.foreign.weight_contents import Found, NotRead, WeightFormat
from tb_embed_plugin.runs.foreign.weight_formats import FORMATS
from tb_embed_plugin.runs.foreign.weight_names import (
    embedding_number,
    is_embedding,
    is_optimizers,
    readable_names,
)
from tb_embed_plugin.runs.reading import refuse_other_kinds
from tb_embed_plugin.runs.safe_path import confined

_ENDINGS = {ending: kind for kind in FORMATS for ending in kind.endings}

MAX_FILES = 2000
"""Files of one series, and folders of steps; of more, the last steps are shown."""

MAX_SERIES = 20
"""Series in one directory; of more, the longest are shown."""

RETRY_SECONDS = 30.0
"""After which a file that was not read is tried again; twice as long each time."""

MAX_DOUBLINGS = 5

_STEP_FOLDER = re.compile(
    r"(?:(?:model|global|weights|keras)[-_.]?)?"
    r"(?:checkpoint|ckpt|cp|epoch|step|iteration|iter)[-_=.]?(?:\d+(?:\.\d+)?|best|last|final)"
    r"(?:[-_,](?:epoch|step|(?:val_)?(?:loss|acc|accuracy))[-_=]?-?\d+(?:\.\d+)?)*",
    re.ASCII | re.IGNORECASE,
)
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})", re.ASCII | re.DOTALL)

_Read = Mapping[Path, tuple[Stamp, Found]]


class WeightFiles:
    """The reader of files of weights; none is read twice."""

    endings: ClassVar[tuple[str, ...]] = tuple(_ENDINGS)

    def __init__(self) -> None:
        self._known: dict[Path, dict[Path, tuple[Stamp, Found]]] = {}

    @staticmethod
    def suits(names: Collection[str]) -> bool:
        """Whether there are files of weights, or folders of them."""
        return any(_is_weights(name) or _STEP_FOLDER.fullmatch(name) for name in names)

    def find(self, folder: RunFolder) -> FolderContents:
        """Finds the matrices, those of embeddings first."""
        found = FolderContents()
        place = folder.path / folder.variables.where
        files = _parts_of_files(place, folder.variables.names, found)
        series = _series_of(files, found.problems)
        kinds = {p: _ENDINGS[end] for (end, _), parts in files.items() for p in parts.values()}
        shown = [path for _, parts in series for one in parts.values() for path in one]
        read = self._contents(place, {path: kinds[path] for path in shown})
        # Keras writes a new file an epoch, in place: the last ones may still grow.
        last = {path for _, parts in series for path in parts[max(parts)]}
        found.watched += last
        found.polled += [path for path in read if path not in last]
        found.unfinished = any(isinstance(held, NotRead) for _, held in read.values())
        for i, (one, parts) in enumerate(series):
            tensors = _tensors(parts, read, found)
            suffix = f" ({one.name})" if i else ""
            for name, by_step in sorted(tensors.items(), key=_embeddings_first):
                first = next(iter(by_step.values())).place
                found.take(
                    ForeignLayer(
                        name + suffix,
                        by_step,
                        aliases=(name, bare_name(first)),
                        written=one.written,
                        embedding=embedding_number(first),
                    )
                )
        found.looked_in = shown[0].name if shown else ""
        bound_layers(found)
        return found

    def _contents(self, folder: Path, paths: Mapping[Path, WeightFormat]) -> _Read:
        """Returns each file's stamp, and what it holds or what is wrong with it."""
        known = self._known.get(folder, {})
        stamps = {path: stamp_of(path) for path in paths}
        now = time.monotonic()
        same = {
            p: known[p] for p, stamp in stamps.items() if p in known and known[p][0] == stamp
        }
        read = {p: one for p, one in same.items() if not _is_due(one[1], now)}
        for kind in FORMATS:
            new = [path for path, of in paths.items() if of is kind and path not in read]
            for path, held in kind.read(new).items():
                before = same[path][1] if path in same else ""
                read[path] = stamps[path], _with_attempts(held, before)
        self._known[folder] = read
        return read


def _is_due(held: Found, now: float) -> bool:
    """Whether a file is to be tried again."""
    return isinstance(held, NotRead) and held.again <= now


def _with_attempts(held: Found, before: Found) -> Found:
    """Returns what a file holds; what is not read yet with the time of the next attempt."""
    if not isinstance(held, NotRead):
        return held
    attempts = before.attempts + 1 if isinstance(before, NotRead) else 1
    wait = RETRY_SECONDS * 2 ** min(attempts - 1, MAX_DOUBLINGS)
    return replace(held, attempts=attempts, again=time.monotonic() + wait)


def _is_weights(name: str) -> bool:
    """Whether a file is called as files of weights are."""
    return name.endswith(WeightFiles.endings)


def _parts_of_files(
    folder: Path, names: Collection[str], found: FolderContents
) -> dict[tuple[str, str], dict[str, Path]]:
    """Returns the files by ending and name; of one that is stored in parts all of them."""
    files: dict[tuple[str, str], dict[str, Path]] = {}
    inside = [name for name in names if _is_weights(name)]
    for step in sorted(filter(_STEP_FOLDER.fullmatch, names))[-MAX_FILES:]:
        there = _weights_in(folder, step, found)
        inside += [f"{step}/{name}" for name in there]
    for name in sorted(inside):
        try:
            path = confined(folder, name)
            if path.is_dir():
                continue  # a saved model may be one, which others read
            refuse_other_kinds(path, path.stat().st_mode)
        except UnreadableError as error:
            found.problems.append(str(error))
            continue
        except OSError:
            continue  # gone since it was listed
        ending = next(filter(name.endswith, _ENDINGS))
        stem = name.removesuffix(ending)
        shard = _SHARD.fullmatch(stem) if _ENDINGS[ending].in_parts else None
        key, part = (shard[1], f"{shard[2]} of {shard[3]}") if shard else (stem, "1 of 1")
        files.setdefault((ending, key), {})[part] = path
    for (ending, name), parts in files.items():
        expected = max(int(part.rpartition(" ")[2]) for part in parts)
        if len(parts) != expected:
            found.problems.append(
                f"{name}{ending} has {len(parts)} of {expected} parts: it is being "
                "written, or was copied in part; copy the others too"
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
    weights = [name for name in names if _is_weights(name)]
    if not weights or (path / MANIFEST_FILE).exists():
        return []
    found.owned.append(path)
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
            f"the directory has {len(found)} series of files of weights, {some}: layers of "
            f"all but the first bear the series' name, and at most {MAX_SERIES} are shown; "
            "save each into a directory of its own"
        )
    several = len(by_ending) > 1
    shown = []
    for series, ending in found[:MAX_SERIES]:
        problems += [series.note] if series.note else []
        names = list(series.names.items())
        if len(names) > MAX_FILES:
            problems.append(
                f"there are {len(names)} files {series.name}{ending}, of which the last "
                f"{MAX_FILES} are shown; save less often, or move some into a directory of "
                "their own"
            )
        parts = {s: list(files[ending, name].values()) for s, name in names[-MAX_FILES:]}
        name = f"{series.name}{ending}" if several else series.name
        shown.append((replace(series, name=name), parts))
    return shown


def _tensors(
    steps: Mapping[int, Sequence[Path]], read: _Read, found: FolderContents
) -> dict[str, dict[int, PlacedTensor]]:
    """Returns the matrices of a series by name and step."""
    tensors: dict[str, dict[int, PlacedTensor]] = {}
    for step, paths in sorted(steps.items()):
        for path in paths:
            for name, tensor in _tensors_in(path, *read[path], found):
                tensors.setdefault(name, {})[step] = tensor
    return tensors


def _tensors_in(
    path: Path, stamp: Stamp, contents: Found, found: FolderContents
) -> list[tuple[str, PlacedTensor]]:
    """Returns the matrices of a file with their names, and tells which cannot be read."""
    if isinstance(contents, (str, NotRead)):
        found.problems.append(contents if isinstance(contents, str) else contents.why)
        return []
    places = [place for place in contents.matrices if not is_optimizers(place)]
    others = [place for place in contents.others if not is_optimizers(place)]
    names = readable_names([*places, *others], contents.names)
    for place in others:
        words = contents.others[place]
        found.other_tensors |= {names[place]: words, bare_name(place): words}
    # What is no layer of its own leaves a layer's only matrix the layer's name.
    large = [place for place in places if min(contents.matrices[place].shape) >= 2]
    names |= readable_names(large, contents.names)
    found.problems += [
        f"{place} of {path.name} is not stored in one piece: it is left out"
        for place in contents.apart
        if not is_optimizers(place)
    ]
    tensors = []
    for place in places:
        matrix = contents.matrices[place]
        if stamp is None or (not matrix.member and matrix.place.end > stamp[1]):
            size = matrix.place.end
            found.problems.append(
                f"{path.name} is cut short: {names[place]} ends at byte {size}, so it is "
                "left out"
            )
            continue
        tensors.append((names[place], PlacedTensor(path, stamp, place, matrix)))
    return tensors


def _embeddings_first(item: tuple[str, dict[int, PlacedTensor]]) -> tuple[bool, int, str]:
    name, tensors = item
    (*_, newest) = tensors.values()
    return not is_embedding(newest.place), -newest.shape[0], name
