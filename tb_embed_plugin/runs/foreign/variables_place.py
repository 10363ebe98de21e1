"""The directory in which a model's variables lie, the run's own or one below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_encoding

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    MANIFEST_FILE,
    PROJECTOR_CONFIG_FILE,
)
from tb_embed_plugin.runs.checkpoints.bundle_entries import INDEX
from tb_embed_plugin.runs.checkpoints.state import MAX_STATE_BYTES
from tb_embed_plugin.runs.foreign.folder_contents import names_in
from tb_embed_plugin.runs.foreign.reader import Reader, VariablesPlace
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths, last_part
from tb_embed_plugin.runs.projector_config import ProjectorConfig
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.runs.safe_path import confined

KERAS_FOLDER = "train"
"""Where Keras' TensorBoard callback saves, below the directory of its configuration."""

MAX_FOLDERS = 200
"""Entries beside a configuration that are looked into for checkpoints."""

_STATE_PATH = re.compile(r'^model_checkpoint_path: "(.*)"$', re.MULTILINE)


def find_variables(
    folder: Path,
    names: list[str],
    paths: WrittenPaths,
    config: ProjectorConfig | None,
    readers: Sequence[Reader],
) -> VariablesPlace:
    """Finds the directory of checkpoints and weights; the run itself where there are none.

    That is the one in which the named checkpoint lies, the run's own, or, below a
    configuration, Keras' or the only one that holds any.

    Args:
        folder: The run's directory, links resolved; nothing outside of it is looked at.
        names: What it holds.
        paths: Resolves the path of the checkpoint that is named.
        config: The configuration beside it, None where there is none.
        readers: Those that read variables.
    """
    written = (config and config.checkpoint) or newest_checkpoint(folder)
    endings = [ending for reader in readers for ending in reader.endings]
    named = _named(paths, written, endings)

    def holds_variables(names: list[str]) -> bool:
        return any(reader.suits(names) for reader in readers)

    main = named.name.removesuffix(INDEX) if named else last_part(written)
    for path in [named.parent, folder] if named else [folder]:
        there = names if path == folder else names_in(path)
        if holds_variables(there):
            return _place(folder, path, there, main)
    place = VariablesPlace("", names, main)
    if config is None:
        return place
    below = _folders_below(folder, names)
    place.watched = [path for path, _ in below]
    with_any = [(path, there) for path, there in below if holds_variables(there)]
    if not config.checkpoint and all(tensor.tensor for tensor in config.tensors):
        with_any = []  # it is about no checkpoint, so no other run is taken for a part of it
    for path, there in below:
        is_keras = path == folder / KERAS_FOLDER and holds_variables(there)
        if is_keras or [(path, there)] == with_any:
            return _place(folder, path, there, main)
    if with_any:
        some = ", ".join(path.name for path, _ in with_any[:5])
        place.problems.append(
            f"there are {len(with_any)} directories of checkpoints below the "
            f"configuration, {some}; name one checkpoint as its model_checkpoint_path"
        )
    return place


def newest_checkpoint(folder: Path) -> str:
    """Returns the newest checkpoint by TensorFlow's state file, empty where it says none."""
    try:
        with open_file(confined(folder, CHECKPOINT_STATE_FILE)) as file:
            text = file.read(MAX_STATE_BYTES).decode(errors="replace")
    except (OSError, UnreadableError):
        return ""  # the file is optional: the checkpoints themselves are looked at
    match = _STATE_PATH.search(text)
    if match is None:
        return ""
    try:
        return bytes(text_encoding.CUnescape(match[1])).decode(errors="replace")
    except ValueError:
        return match[1]  # no text of a protocol buffer, so nothing in it is escaped


def _named(paths: WrittenPaths, written: str, endings: Sequence[str]) -> Path | None:
    """Returns the file of a named checkpoint that there is."""
    for ending in endings if written else ():
        try:
            return paths.find(written, ending)
        except UnreadableError:
            continue  # the next kind of file; the caller reports once that there is none
    return None


def _place(folder: Path, path: Path, names: list[str], main: str) -> VariablesPlace:
    where = "" if path == folder else str(path.relative_to(folder))
    return VariablesPlace(where, names, main or last_part(newest_checkpoint(path)))


def _folders_below(folder: Path, names: list[str]) -> list[tuple[Path, list[str]]]:
    """Returns the directories in a run that are no runs of their own, and what they hold."""
    found = []
    for name in sorted(names)[:MAX_FOLDERS]:
        try:
            path = confined(folder, name).resolve()
        except UnreadableError:
            continue  # nothing outside of the run is looked at
        there = [] if name.startswith(".") else names_in(path)
        if there and not {PROJECTOR_CONFIG_FILE, MANIFEST_FILE} & set(there):
            found.append((path, there))
    return found
