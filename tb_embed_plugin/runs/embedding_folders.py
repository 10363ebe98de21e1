"""Finds what `SummaryWriter.add_embedding` of PyTorch and of tensorboardX wrote.

Each call writes `<step>/<tag>/tensors.tsv` with the table and the thumbnails beside it, and
then an entry `<tag>:<step>` into `projector_config.pbtxt`. PyTorch's writer begins that file
anew when a training goes on, so the folders of the steps are looked at as well; what a call
is writing right now is known by not being in the file yet. A tag becomes a layer, its steps the
steps of the layer.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.found import ForeignLayer, Found
from tb_embed_plugin.runs.metadata_inference import MAX_TABLE_BYTES
from tb_embed_plugin.runs.projector_config import ConfiguredTensor
from tb_embed_plugin.runs.stamps import Stamp, stamp_of
from tb_embed_plugin.runs.tensor_file import TensorFile

MAX_TENSORS = 20_000
"""Files looked at in one run; the others are left out."""

_LARGEST_STEP = 2**31 - 1
_FOLDER = re.compile(r"\d{5,10}", re.ASCII)
"""A step as the writers pad it."""

_STEP = re.compile(r"\d{1,10}", re.ASCII)
_PATH = re.compile(r"(\d{5,10})/([^/]+)/tensors\.(?:tsv|bytes)", re.ASCII)

_ESCAPED = {"%25": "%", "%2f": "/", "%5c": "\\"}
_ESCAPES = re.compile("|".join(_ESCAPED))
_FILES = ("tensors.tsv", "tensors.bytes")


@dataclass(frozen=True)
class _Entry:
    """One call of `add_embedding`, by the names of its files relative to the run."""

    tag: str
    step: int
    file: str
    shape: tuple[int, ...] = ()
    table: str = ""
    sheet: str = ""
    cell: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Tensor:
    """What an entry leads to: its files, all inside of the run."""

    file: TensorFile
    table: Path | None
    sheet: Path | None
    cell: tuple[int, ...]


def looks_like_steps(names: Iterable[str]) -> bool:
    """Whether a directory with such entries may hold folders of steps."""
    return any(is_step(name) for name in names)


def is_step(name: str) -> bool:
    """Whether a directory's name is a step as the writers pad it."""
    return _FOLDER.fullmatch(name) is not None and int(name) <= _LARGEST_STEP


def find_embeddings(
    folder: Path, names: Sequence[str], tensors: Sequence[ConfiguredTensor]
) -> Found:
    """Finds the tensors of a run that are files of their own.

    Args:
        folder: The run's directory, links resolved; no file outside of it is looked at.
        names: What it holds.
        tensors: The entries of its configuration; those without a file are not for this module.
    """
    found = Found([], [], [], source="torch")
    listed = [_listed(tensor) for tensor in tensors if tensor.tensor]
    entries = {(entry.tag, entry.step): entry for entry in listed}
    for entry in _unlisted(folder, names, {entry.file for entry in listed}, found):
        entries.setdefault((entry.tag, entry.step), entry)
    if len(entries) > MAX_TENSORS:
        found.problems.append(
            f"expected at most {MAX_TENSORS} embeddings in a run; received {len(entries)}: the "
            "others are left out; log fewer steps into one run"
        )
    by_tag: dict[str, dict[int, _Tensor]] = {}
    for entry in list(entries.values())[:MAX_TENSORS]:
        try:
            tensor = _open(folder, entry, found)
        except UnreadableError as error:
            found.problems.append(f"{entry.tag} at step {entry.step}: {error}")
        else:
            by_tag.setdefault(entry.tag, {})[entry.step] = tensor
    for tag, by_step in by_tag.items():
        found.layers += _layers(tag, by_step, found.problems)
    return found


def _listed(tensor: ConfiguredTensor) -> _Entry:
    """Returns an entry of the configuration."""
    tag, step = _tag_and_step(tensor.name or tensor.tensor, tensor.tensor)
    return _Entry(
        tag=tag,
        step=step,
        file=tensor.tensor,
        shape=tensor.shape,
        table=tensor.metadata,
        sheet=tensor.sprite,
        cell=tensor.cell,
    )


def _tag_and_step(name: str, path: str) -> tuple[str, int]:
    """Returns what an entry is; one of anybody else's is a layer of the one step 0."""
    # The folder's name is escaped in full, which tensorboardX's configuration is not.
    if (match := _PATH.fullmatch(path)) and int(match[1]) <= _LARGEST_STEP:
        return _unescaped(match[2]), int(match[1])
    tag, colon, digits = name.rpartition(":")
    if colon and _STEP.fullmatch(digits) and int(digits) <= _LARGEST_STEP:
        return tag, int(digits)
    return name, 0


def _unescaped(tag: str) -> str:
    return _ESCAPES.sub(lambda match: _ESCAPED[match[0]], tag)


def _unlisted(
    folder: Path, names: Sequence[str], listed: set[str], found: Found
) -> list[_Entry]:
    """Returns what lies in the folders of the steps and is complete."""
    config = stamp_of(folder / PROJECTOR_CONFIG_FILE)
    entries = []
    for step in sorted(filter(is_step, names)):
        if config is None:
            found.watched.append(folder / step)
        for tag in _names(folder / step):
            inside = f"{step}/{tag}"
            if listed & {f"{inside}/{name}" for name in _FILES}:
                continue
            found.watched.append(folder / inside)
            file = f"{inside}/tensors.tsv"
            stamp = stamp_of(folder / file)
            if stamp is None or (config is not None and stamp[0] > config[0]):
                continue  # it is being written, and will be listed
            beside = set(_names(folder / inside))
            entries.append(
                _Entry(
                    tag=_unescaped(tag),
                    step=int(step),
                    file=file,
                    table=f"{inside}/metadata.tsv" if "metadata.tsv" in beside else "",
                    sheet=f"{inside}/sprite.png" if "sprite.png" in beside else "",
                )
            )
    return entries


def _names(folder: Path) -> list[str]:
    """Returns what a directory holds, nothing where it is none or cannot be read."""
    try:
        return os.listdir(folder)  # noqa: PTH208 # thousands of names: no need of Paths
    except OSError:
        return []


def _open(folder: Path, entry: _Entry, found: Found) -> _Tensor:
    """Opens the files of an entry.

    Raises:
        UnreadableError: The tensor's cannot be read, or one lies outside of the run.
    """
    path = confined(folder, entry.file)
    table = confined(folder, entry.table) if entry.table else None
    sheet = confined(folder, entry.sheet) if entry.sheet else None
    # Whoever writes them again writes the configuration after them.
    found.renamed += [file for file in (path, table, sheet) if file is not None]
    return _Tensor(TensorFile.open(path, entry.shape), table, sheet, entry.cell)


def _layers(
    tag: str, tensors: Mapping[int, _Tensor], problems: list[str]
) -> list[ForeignLayer]:
    """Returns a tag as one layer, or as several where its rows are not the same samples.

    The newest keeps the name; the others are named by their steps.
    """
    groups: dict[tuple[tuple[int, int], str], list[int]] = {}
    for step in sorted(tensors, reverse=True):
        tensor = tensors[step]
        groups.setdefault((tensor.file.shape, _digest(tensor.table)), []).insert(0, step)
    order = sorted(tensors)
    layers: list[ForeignLayer] = []
    for steps in groups.values():
        newest = tensors[steps[-1]]
        layers.append(
            ForeignLayer(
                name=f"{tag} ({_span(steps, order)})" if layers else tag,
                tensors={step: tensors[step].file for step in steps},
                table=newest.table,
                sheet=newest.sheet,
                cell=newest.cell,
            )
        )
    if len(groups) > 1:
        problems.append(_difference(tag, list(groups), [layer.name for layer in layers]))
    return layers


def _difference(
    tag: str, groups: Sequence[tuple[tuple[int, int], str]], names: Sequence[str]
) -> str:
    """Says why a tag's steps are shown apart."""
    shapes = list(dict.fromkeys(shape for shape, _ in groups))
    received = "tables of metadata that differ"
    if len(shapes) > 1:
        some = ", ".join(f"{rows} x {columns}" for rows, columns in shapes[:3])
        received = f"tensors of {some}{' and others' * (len(shapes) > 3)}"
    shown = ", ".join(names[:3]) + " and others" * (len(names) > 3)
    return (
        f"expected the same samples at all steps of {tag}; received {received}: they are shown "
        f"apart, as {shown}; pass the same samples and metadata to add_embedding at every step"
    )


def _span(steps: Sequence[int], order: Sequence[int]) -> str:
    """Returns some of a tag's steps in words: those that follow one another as a range."""
    places = {step: place for place, step in enumerate(order)}
    ranges = []
    for _, pairs in groupby(enumerate(steps), key=lambda pair: places[pair[1]] - pair[0]):
        row = [step for _, step in pairs]
        ranges.append(f"{row[0]}" if len(row) == 1 else f"{row[0]}-{row[-1]}")
    some = ranges if len(ranges) < 5 else [*ranges[:3], "…", ranges[-1]]
    return f"step{'s' * (len(steps) > 1)} {', '.join(some)}"


def _digest(table: Path | None) -> str:
    return "" if table is None else _content_digest(table, stamp_of(table))


@lru_cache(maxsize=1 << 16)
def _content_digest(table: Path, stamp: Stamp) -> str:
    """Returns a hash of a table's content; remembered as long as its stamp stays."""
    if stamp is None or stamp[1] > MAX_TABLE_BYTES:
        return "unreadable"
    try:
        with table.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"
