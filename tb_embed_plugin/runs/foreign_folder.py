"""Makes a directory that others wrote a run: its tensors, and what a configuration adds.

They lie in checkpoints, in Keras' files of weights, or in files of `add_embedding`. The
configuration may lie beside the checkpoints, above them (Keras' TensorBoard callback saves into
`train/`), or be missing. Its paths may be those of the machine that trained.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import CHECKPOINT_STATE_FILE, PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.checkpoint_folder import INDEX, CheckpointFolders
from tb_embed_plugin.runs.checkpoint_names import bare_name
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.embedding_folders import find_embeddings, looks_like_steps
from tb_embed_plugin.runs.found import ForeignLayer, Found
from tb_embed_plugin.runs.keras_weights import WEIGHTS, WeightFolders, with_layer_names
from tb_embed_plugin.runs.projector_config import (
    ConfiguredTensor,
    ProjectorConfig,
    read_projector_config,
)

KERAS_FOLDER = "train"
"""Where Keras' TensorBoard callback saves, below the directory of its configuration."""

_STATE_PATH = re.compile(r'^model_checkpoint_path: "(.*)"$', re.MULTILINE)
_MAX_STATE_BYTES = 1 << 20
_MAX_WORDS = 80
"""Characters of a configuration that a problem repeats."""


def looks_foreign(names: Collection[str]) -> bool:
    """Whether a directory with such entries is worth looking into."""
    signs = (PROJECTOR_CONFIG_FILE, CHECKPOINT_STATE_FILE)
    return looks_like_steps(names) or any(
        name in signs or name.endswith((INDEX, WEIGHTS)) for name in names
    )


class ForeignFolders:
    """Looks into directories for what others wrote."""

    def __init__(self) -> None:
        self._checkpoints = CheckpointFolders()
        self._weights = WeightFolders()

    def find(self, folder: Path) -> Found | None:
        """Finds the layers of a directory, None where nobody wrote any.

        Args:
            folder: The directory, links resolved; nothing outside of it is read.

        Raises:
            OSError: The directory cannot be listed.
        """
        names = os.listdir(folder)  # noqa: PTH208 # thousands of names: no need of Paths
        problems: list[str] = []
        config = ProjectorConfig()
        if has_config := PROJECTOR_CONFIG_FILE in names:
            try:
                config = read_projector_config(folder) or config
            except UnreadableError as error:
                problems.append(str(error))
        embeddings = find_embeddings(folder, names, config.tensors)
        where, names = _checkpoints_folder(folder, names, config, is_configured=has_config)
        main = _last_part(config.checkpoint or _newest(folder / where))
        found = self._checkpoints.find(folder, where, names, main)
        if main in names and not any(name.endswith(INDEX) for name in names):
            found.problems.append(
                f"expected a checkpoint in TensorFlow's V2 format; {main} is in the first one, "
                "before TensorFlow 0.12; save it again by a newer tf.compat.v1.train.Saver"
            )
        found.add(self._weights.find(folder, where, names))
        parts = (found, embeddings)
        if not has_config and not any(part.layers or part.problems for part in parts):
            return None
        found.problems[:0] = problems
        found.watched += [folder, folder / where, folder / PROJECTOR_CONFIG_FILE]
        found.adopted += [folder / where] if where else []
        if config.checkpoint and f"{main}{INDEX}" not in names:
            found.problems.append(
                f"expected the checkpoint {_shown(config.checkpoint)} that the configuration "
                "names; received none of that name in the run; copy it there"
            )
        _configure(folder, with_layer_names(config.tensors, found.layers), found)
        if not found.layers:
            found.source = embeddings.source
        found.add(embeddings)
        elsewhere = any(tensor.tensor for tensor in config.tensors)
        if not (found.layers or found.problems or elsewhere):
            found.problems.append(
                "expected a checkpoint beside the configuration, or in train/ below it; "
                "received none that can be shown; save one there"
            )
        _name_apart(found)
        return found


def _checkpoints_folder(
    folder: Path, names: list[str], config: ProjectorConfig, *, is_configured: bool
) -> tuple[str, list[str]]:
    """Returns where the checkpoints are, as a path below `folder`, and the files there."""
    places = []
    if config.checkpoint and not Path(config.checkpoint).is_absolute():
        places.append(str(Path(config.checkpoint).parent))
    places += ["."]
    places += [KERAS_FOLDER] if is_configured else []
    for place in places:
        try:
            path = confined(folder, place)
            there = names if path == folder else os.listdir(path)  # noqa: PTH208 # likewise
        except (UnreadableError, OSError):
            continue  # the next place; where there is none, the checkpoint is told missing
        if any(name.endswith((INDEX, WEIGHTS)) for name in there):
            return ("" if path == folder else str(path.relative_to(folder))), there
    return "", names


def _newest(folder: Path) -> str:
    """Returns the newest checkpoint by TensorFlow's state file, empty where it says none."""
    try:
        with confined(folder, CHECKPOINT_STATE_FILE).open("rb") as file:
            text = file.read(_MAX_STATE_BYTES).decode(errors="replace")
    except (OSError, UnreadableError):
        return ""  # the file is optional: the checkpoints themselves are looked at
    match = _STATE_PATH.search(text)
    return match[1] if match else ""


def _configure(folder: Path, tensors: Sequence[ConfiguredTensor], found: Found) -> None:
    """Gives the layers their tables and sheets; those that the file names come first."""
    others = list(found.layers)
    first: list[ForeignLayer] = []
    for tensor in tensors:
        if tensor.tensor or not tensor.name:
            continue
        wanted = bare_name(tensor.name)
        meant = [layer for layer in others if wanted in (layer.name, *layer.aliases)]
        others = [layer for layer in others if layer not in meant]
        first += [_with_files(folder, layer, tensor, found) for layer in meant]
        if not meant and found.layers:
            there = ", ".join(layer.name for layer in found.layers[:5])
            found.problems.append(
                f"expected the tensor {_shown(tensor.name)} that the configuration names; the "
                f"checkpoints hold {_shown(there)}; correct its tensor_name"
            )
    for tensor in tensors:
        if not tensor.tensor and not tensor.name:
            others = [
                replace(_with_files(folder, layer, tensor, found), table_for_all=True)
                for layer in others
            ]
    found.layers = first + others


def _with_files(
    folder: Path, layer: ForeignLayer, tensor: ConfiguredTensor, found: Found
) -> ForeignLayer:
    def file(written: str) -> Path | None:
        path = find_file(folder, written) if written else None
        with contextlib.suppress(UnreadableError):
            watched = path or confined(folder, written)  # it may come yet
            found.watched += [] if watched in found.watched else [watched]
        problem = (
            f"expected the file {_shown(written)} that the configuration names; there is none "
            f"in the run; put {_shown(_last_part(written))} there"
        )
        if written and path is None and problem not in found.problems:
            found.problems.append(problem)
        return path

    return replace(
        layer, table=file(tensor.metadata), sheet=file(tensor.sprite), cell=tensor.cell
    )


def find_file(folder: Path, written: str) -> Path | None:
    """Returns the file of a run that a configuration names, None where there is none.

    Args:
        folder: The run's directory, links resolved.
        written: The path in the configuration. One that leads out of the run, as those of
            another machine do, means the file of that name in the run.
    """
    for name in (written, _last_part(written)):
        try:
            path = confined(folder, name)
            if name and path.is_file():
                return path
        except (UnreadableError, OSError):
            continue  # the same name in the run may do; None says that nothing did
    return None


def _name_apart(found: Found) -> None:
    """Gives layers of one name different ones."""
    names: set[str] = set()
    for i, layer in enumerate(found.layers):
        name, n = layer.name, 1
        while name in names:
            n += 1
            name = f"{layer.name} ({n})"
        names.add(name)
        found.layers[i] = replace(layer, name=name)


def _last_part(path: str) -> str:
    """Returns the file's name in a path of any system."""
    return re.split(r"[\\/]", path)[-1]


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"
