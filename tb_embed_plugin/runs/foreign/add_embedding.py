"""The reader of what `SummaryWriter.add_embedding` of PyTorch and of tensorboardX wrote.

Each call writes `<step>/<tag>/tensors.tsv` with the table and the thumbnails beside it, and
then an entry `<tag>:<step>` into `projector_config.pbtxt`. PyTorch's writer begins that file
anew when a training goes on, so the folders of the steps are looked at as well; what a call
is writing right now is known by being new and not in the file yet. A tag becomes a layer, its
steps the steps of the layer.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents, names_in
from tb_embed_plugin.runs.foreign.reader import RunFolder
from tb_embed_plugin.runs.foreign.step_words import in_their_order
from tb_embed_plugin.runs.foreign.tag_layers import TaggedTensor, layers_of_tag
from tb_embed_plugin.runs.foreign.tensor_tsv import TensorFile
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths
from tb_embed_plugin.runs.projector_config import ConfiguredTensor, two_entries
from tb_embed_plugin.runs.safe_path import confined

MAX_TENSORS = 20_000
"""Files looked at in one run; the others are left out."""

QUIET_SECONDS = 5.0
"""A file that nobody has changed for so long is complete, listed or not."""

_FOLDER = re.compile(r"(?=.{5,20}$)-?\d+(?:\.\d+)?", re.ASCII)
"""A step as the writers pad it, which is a number mostly: 00003, 000.5, 1716908800123."""

_STEP = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_PATH = re.compile(
    r"(?:.*[\\/])?([^\\/]+)[\\/]([^\\/]+)[\\/]tensors\.(?:tsv|bytes)", re.ASCII | re.DOTALL
)

_ESCAPED = {"%25": "%", "%2f": "/", "%5c": "\\"}
_ESCAPES = re.compile("|".join(_ESCAPED))


_Key = tuple[str, str]
"""Tag, and the step as it was written."""


def is_step(name: str) -> bool:
    """Whether a directory's name is a step as the writers pad it."""
    return _FOLDER.fullmatch(name) is not None


class AddEmbedding:
    """The reader of tensors in files of their own, and of those that a configuration names."""

    endings: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def suits(names: Collection[str]) -> bool:
        """Whether there may be folders of steps."""
        return any(map(is_step, names))

    def find(self, folder: RunFolder) -> FolderContents:
        """Finds the tensors, a layer a tag."""
        return _find(folder.path, folder.names, folder.config.tensors, folder.paths)


def _find(
    folder: Path,
    names: Sequence[str],
    tensors: Sequence[ConfiguredTensor],
    paths: WrittenPaths,
) -> FolderContents:
    found = FolderContents(writer="torch")
    opened: dict[_Key, TaggedTensor] = {}
    listed: dict[_Key, ConfiguredTensor] = {}
    for tensor in tensors:
        if tensor.tensor and len(opened) < MAX_TENSORS:
            key = _tag_and_step(tensor.name or tensor.tensor, tensor.tensor)
            first = listed.setdefault(key, tensor)
            if first is not tensor and key in opened:
                found.problems += two_entries(key[0], first, tensor)
                continue
            with _told(key, found):
                opened[key] = _open_listed(tensor, paths, found)
    # An entry that cannot be opened hides no folder.
    unlisted = _unlisted(folder, names, opened, found)
    for key, inside in unlisted.items():
        if len(opened) < MAX_TENSORS:
            with _told(key, found):
                opened[key] = _open_unlisted(folder, inside, found)
    received = sum(bool(tensor.tensor) for tensor in tensors) + len(unlisted)
    if len(opened) == MAX_TENSORS < received:
        found.problems.append(
            f"the run has {received} embeddings, of which the first {MAX_TENSORS} are "
            "shown; log fewer steps into one run"
        )
    words = list(dict.fromkeys(step for _, step in opened))
    # All tags together, so that one step is the same moment in each of them.
    steps = dict(zip(words, in_their_order(words), strict=True))
    written = {step: word for word, step in steps.items() if word != str(step)}
    by_tag: dict[str, dict[int, TaggedTensor]] = {}
    for (tag, word), one in opened.items():
        by_tag.setdefault(tag, {})[steps[word]] = one
    found.problems += dict.fromkeys(p for one in opened.values() for p in one.file.problems)
    for tag, by_step in by_tag.items():
        found.layers += layers_of_tag(tag, by_step, written, found.problems)
    return found


@contextmanager
def _told(key: _Key, found: FolderContents) -> Iterator[None]:
    """Turns a tensor that cannot be opened into one problem."""
    try:
        yield
    except UnreadableError as error:
        tag, step = key
        found.tell(f"{tag} at step {step}: {error}")


def _tag_and_step(name: str, path: str) -> _Key:
    """Returns what an entry is; one of anybody else's is a layer of the one step 0."""
    # The folder's name is escaped in full, which tensorboardX's configuration is not.
    match = _PATH.fullmatch(path)
    tag, colon, step = name.rpartition(":")
    if match and (is_step(match[1]) or (colon and step == match[1])):
        return _unescaped(match[2]), _unpadded(match[1])
    if colon and _STEP.fullmatch(step):
        return tag, _unpadded(step)
    return name, "0"


def _unpadded(step: str) -> str:
    """Returns a step as it was given, before `str.zfill`: 0.5 for 000.5, best for 0best."""
    sign, digits = ("-", step[1:]) if step.startswith("-") else ("", step)
    bare = digits.lstrip("0")
    return sign + (f"0{bare}" if bare[:1] in {"", "."} else bare)


def _order(step: str) -> float:
    """Returns the number that a step is; a word comes before all."""
    return float(step) if _STEP.fullmatch(step) else -math.inf


def _unescaped(tag: str) -> str:
    return _ESCAPES.sub(lambda match: _ESCAPED[match[0]], tag)


def _unlisted(
    folder: Path, names: Sequence[str], listed: Collection[_Key], found: FolderContents
) -> dict[_Key, str]:
    """Returns the folders of steps, relative to the run, that are complete and not listed."""
    config = stamp_of(folder / PROJECTOR_CONFIG_FILE)
    newest: dict[str, float] = {}
    for tag, step in listed:
        newest[tag] = max(_order(step), newest.get(tag, -math.inf))
    folders = {}
    for name in sorted(filter(is_step, names)):
        if config is None:
            found.watched.append(folder / name)
        for escaped in names_in(folder / name):
            key = tag, step = _unescaped(escaped), _unpadded(name)
            if key in listed:
                continue
            inside = f"{name}/{escaped}"
            found.watched.append(folder / inside)
            stamp = stamp_of(folder / inside / "tensors.tsv")
            if stamp is None:
                continue
            if config is None:
                # Without a configuration above, it looks like a run of its own.
                found.owned.append(folder / inside)
            elif not (
                stamp[0] <= config[0]
                or _order(step) < newest.get(tag, -math.inf)
                or _is_quiet(stamp)
            ):
                found.unfinished = True
                continue  # it is being written, and will be listed
            folders[key] = inside
    return folders


def _is_quiet(stamp: Stamp) -> bool:
    """Whether a file has not changed for a while: copying makes it newer than what lists it."""
    return stamp is not None and stamp[0] < (time.time() - QUIET_SECONDS) * 1e9


def _open_listed(
    tensor: ConfiguredTensor, paths: WrittenPaths, found: FolderContents
) -> TaggedTensor:
    """Opens the files of an entry of the configuration.

    Raises:
        UnreadableError: The tensor's is not there or cannot be read.
    """
    # A writer that writes them again writes the configuration after them.
    try:
        path = paths.find(tensor.tensor)
    except UnreadableError:
        awaited = paths.awaited(tensor.tensor)  # it may come yet
        found.polled += [awaited] if awaited else []
        raise
    found.polled.append(path)
    if _PATH.fullmatch(tensor.tensor) and not (path.parent / PROJECTOR_CONFIG_FILE).exists():
        # Its folder, with the table beside it, looks like a run where the step is a word.
        found.owned.append(path.parent)
    return TaggedTensor(
        TensorFile.open(path, tensor.shape),
        table=found.auxiliary(paths, tensor.metadata, found.polled),
        sheet=found.auxiliary(paths, tensor.sprite, found.polled),
        cell=tensor.cell,
    )


def _open_unlisted(folder: Path, inside: str, found: FolderContents) -> TaggedTensor:
    """Opens the files that lie in the folder `inside` of a run.

    Raises:
        UnreadableError: The tensor's cannot be read or lies outside of the run.
    """
    path = confined(folder, f"{inside}/tensors.tsv")
    beside = set(names_in(folder / inside))

    def file(name: str) -> Path | None:
        if name not in beside:
            return None
        try:
            return confined(folder, f"{inside}/{name}")
        except UnreadableError as error:
            found.problems.append(str(error))
            return None

    table, sheet = file("metadata.tsv"), file("sprite.png")
    found.polled += [one for one in (path, table, sheet) if one is not None]
    return TaggedTensor(TensorFile.open(path, ()), table, sheet, cell=())
