"""Makes a directory that others wrote a run: its tensors, and what a configuration adds.

They lie in checkpoints, in Keras' files of weights, in files of `add_embedding`, or in tables
of numbers. The configuration may lie beside the checkpoints, above them (Keras' callback saves
into `train/`), or be missing. Its paths may be those of the machine that trained.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import CHECKPOINT_STATE_FILE, PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.checkpoints.bundle_entries import INDEX
from tb_embed_plugin.runs.foreign.add_embedding import find_embeddings, looks_like_steps
from tb_embed_plugin.runs.foreign.checkpoint_files import CheckpointFolders
from tb_embed_plugin.runs.foreign.checkpoint_names import bare_name
from tb_embed_plugin.runs.foreign.checkpoint_place import find_checkpoints
from tb_embed_plugin.runs.foreign.folder_contents import (
    FolderContents,
    ForeignLayer,
    split_problems,
)
from tb_embed_plugin.runs.foreign.loose_tables import find_tables, looks_like_tables
from tb_embed_plugin.runs.foreign.weight_files import WeightFolders, looks_like_weights
from tb_embed_plugin.runs.foreign.weight_tensor import with_layer_names
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths, shown
from tb_embed_plugin.runs.projector_config import (
    ConfiguredTensor,
    ProjectorConfig,
    read_projector_config,
    two_entries,
)


def looks_foreign(names: Collection[str]) -> bool:
    """Whether a directory with such entries is worth looking into."""
    signs = (PROJECTOR_CONFIG_FILE, CHECKPOINT_STATE_FILE)
    return (
        looks_like_steps(names)
        or looks_like_tables(names)
        or looks_like_weights(names)
        or any(name in signs or name.endswith(INDEX) for name in names)
    )


class ForeignFolders:
    """Looks into directories for what others wrote."""

    def __init__(self) -> None:
        self._checkpoints = CheckpointFolders()
        self._weights = WeightFolders()

    def find(self, folder: Path) -> FolderContents | None:
        """Finds the layers of a directory, None where nobody wrote any.

        Args:
            folder: The directory, links resolved; nothing outside of it is read.

        Raises:
            OSError: The directory cannot be listed.
        """
        names = os.listdir(folder)  # noqa: PTH208 # thousands of names: no need of Paths
        problems: list[str] = []
        has_config = PROJECTOR_CONFIG_FILE in names
        config = ProjectorConfig()
        try:
            config = (read_projector_config(folder) if has_config else None) or config
        except UnreadableError as error:
            problems.append(str(error))
        paths = WrittenPaths(folder, config.paths)
        embeddings = find_embeddings(folder, names, config.tensors, paths)
        place = find_checkpoints(folder, names, paths, config if has_config else None)
        where, names, main = place.where, place.names, place.main
        paths.look_in(where)
        problems += place.problems
        has_checkpoints = any(name.endswith(INDEX) for name in names)
        found = self._checkpoints.find(folder, where, names, main)
        if main in names and not has_checkpoints:
            found.problems.append(
                f"expected a checkpoint in TensorFlow's V2 format; {main} is in the first one, "
                "before TensorFlow 0.12; save it again by a newer tf.compat.v1.train.Saver"
            )
        found.add(self._weights.find(folder, where, names))
        embeddings.add(find_tables(folder, paths.found()))
        parts = (found, embeddings)
        is_any = has_config or has_checkpoints or bool(found.looked_in)
        if not is_any and not any(part.layers or part.problems for part in parts):
            return None
        found.problems[:0] = problems
        found.watched += [
            folder,
            folder / where,
            folder / PROJECTOR_CONFIG_FILE,
            *place.watched,
        ]
        found.adopted += [folder / where] if where else []
        if config.checkpoint and not {main, f"{main}{INDEX}"} & set(names):
            found.problems.append(
                f"expected the checkpoint {shown(config.checkpoint)} that the configuration "
                "names; received none of that name in the run; copy it there"
            )
        _configure(
            with_layer_names(config.tensors, [*found.layers, *found.spare]), paths, found
        )
        found.problems += split_problems(found.layers)
        looked_in = "the checkpoints" if has_checkpoints else found.looked_in
        if looked_in and not (found.layers or found.problems):
            found.problems.append(_no_matrix(found, looked_in))
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


def _configure(
    tensors: Sequence[ConfiguredTensor], paths: WrittenPaths, found: FolderContents
) -> None:
    """Gives the layers their tables and sheets; those that the file names come first."""
    others = list(found.layers)
    first: list[ForeignLayer] = []
    known: dict[str, ConfiguredTensor] = {}
    for tensor in tensors:
        if tensor.tensor or not tensor.name:
            continue
        wanted = bare_name(tensor.name)
        before = known.setdefault(wanted, tensor)
        if before is not tensor:
            found.problems += two_entries(wanted, before, tensor)
            continue
        meant = [
            layer
            for layer in (*others, *found.spare)
            if wanted in (layer.name, *layer.aliases) and layer not in first
        ]
        others = [layer for layer in others if layer not in meant]
        first += [_with_files(layer, tensor, paths, found) for layer in meant]
        if not meant:
            found.problems += _missing(tensor.name, found)
    for tensor in tensors:
        if not tensor.tensor and not tensor.name:
            others = [
                replace(_with_files(layer, tensor, paths, found), table_for_all=True)
                for layer in others
            ]
    found.layers = first + others


def _missing(name: str, found: FolderContents) -> list[str]:
    """Says what a tensor is that a configuration names and no layer shows."""
    if what := found.others.get(bare_name(name)):
        return [f"expected a matrix as the tensor {shown(name)}; it is {what}"]
    if not found.layers:
        return []  # what is missing then is the checkpoint, and so told
    there = ", ".join(layer.name for layer in found.layers[:5])
    problem = (
        f"expected the tensor {shown(name)} that the configuration names; the files hold "
        f"{shown(there)}; correct its tensor_name"
    )
    return [problem]


def _no_matrix(found: FolderContents, looked_in: str) -> str:
    """Says what files hold that have no matrix."""
    there = {layer.name: f"of shape {layer.shape}" for layer in found.spare} | found.others
    some = "; ".join(f"{name}, {what}" for name, what in list(there.items())[:3])
    return (
        f"expected a matrix, of 2 rows and 2 columns or more, in {looked_in}; received "
        f"{some or 'nothing'} beside the optimizer's; save the variable that holds it"
    )


def _with_files(
    layer: ForeignLayer, tensor: ConfiguredTensor, paths: WrittenPaths, found: FolderContents
) -> ForeignLayer:
    return replace(
        layer,
        table=found.auxiliary(paths, tensor.metadata, found.watched),
        sheet=found.auxiliary(paths, tensor.sprite, found.watched),
        cell=tensor.cell,
    )


def _name_apart(found: FolderContents) -> None:
    """Gives layers of one name different ones."""
    names: set[str] = set()
    for i, layer in enumerate(found.layers):
        name, n = layer.name, 1
        while name in names:
            n += 1
            name = f"{layer.name} ({n})"
        names.add(name)
        found.layers[i] = replace(layer, name=name)
