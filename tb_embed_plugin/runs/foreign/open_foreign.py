"""The contents of a directory that others wrote: what all readers find, and a configuration.

The configuration may lie beside the checkpoints, above them (Keras' callback saves into
`train/`), or be missing. Its paths may be those of the machine that trained.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import CHECKPOINT_STATE_FILE, PROJECTOR_CONFIG_FILE
from tb_embed_plugin.runs.checkpoints.bundle_entries import INDEX
from tb_embed_plugin.runs.foreign.configured_layers import configure
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents, split_problems
from tb_embed_plugin.runs.foreign.reader import RunFolder
from tb_embed_plugin.runs.foreign.readers import READERS
from tb_embed_plugin.runs.foreign.variables_place import find_variables
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths, shown
from tb_embed_plugin.runs.projector_config import ProjectorConfig, read_projector_config


def looks_foreign(names: Collection[str]) -> bool:
    """Whether a directory with such entries is worth looking into."""
    signs = (PROJECTOR_CONFIG_FILE, CHECKPOINT_STATE_FILE)
    return any(sign in names for sign in signs) or any(
        reader.suits(names) for reader in READERS
    )


class ForeignFolders:
    """Looks into directories for what others wrote."""

    def __init__(self) -> None:
        self._readers = [reader() for reader in READERS]

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
        if config.left_out:
            problems.append(
                f"the configuration has {len(config.tensors) + config.left_out} entries, of "
                f"which the first {len(config.tensors)} are looked at; log fewer into one run"
            )
        paths = WrittenPaths(folder, config.paths)
        variables = find_variables(
            folder,
            names,
            paths,
            config if has_config else None,
            [reader for reader in self._readers if reader.endings],
        )
        paths.look_in(variables.where)
        found, apart = self._read(RunFolder(folder, names, config, paths, variables))
        is_any = has_config or bool(found.looked_in)
        if not is_any and not any(part.layers or part.problems for part in (found, apart)):
            return None
        found.problems[:0] = [*problems, *variables.problems]
        found.watched += [
            folder,
            folder / variables.where,
            folder / PROJECTOR_CONFIG_FILE,
            *variables.watched,
        ]
        found.owned += [folder / variables.where] if variables.where else []
        there = set(variables.names)
        if config.checkpoint and not {variables.main, f"{variables.main}{INDEX}"} & there:
            found.problems.append(
                f"the configuration names the checkpoint {shown(config.checkpoint)}, which "
                "the run does not have; copy it there"
            )
        configure(config.tensors, paths, found)
        found.problems += split_problems(found.layers)
        if found.looked_in and not (found.layers or found.problems):
            found.problems.append(_no_matrix(found))
        found.add(apart)
        elsewhere = any(tensor.tensor for tensor in config.tensors)
        if not (found.layers or found.problems or elsewhere):
            found.problems.append(
                "there is no checkpoint that can be shown beside the configuration or in "
                "train/ below it; save one there"
            )
        _name_apart(found)
        return found

    def _read(self, folder: RunFolder) -> tuple[FolderContents, FolderContents]:
        """Returns the variables, which a configuration knows by name, and all other tensors."""
        variables, apart = FolderContents(), FolderContents()
        for reader in self._readers:
            (variables if reader.endings else apart).add(reader.find(folder))
        return variables, apart


def _no_matrix(found: FolderContents) -> str:
    """Says what files hold that have no matrix."""
    there = {
        layer.name: f"of shape {layer.shape}" for layer in found.spare
    } | found.other_tensors
    some = "; ".join(f"{name}, {what}" for name, what in list(there.items())[:3])
    return (
        f"{found.looked_in} hold no matrix of 2 rows and 2 columns or more, but "
        f"{some or 'nothing'} beside the optimizer's; save the variable that holds it"
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
