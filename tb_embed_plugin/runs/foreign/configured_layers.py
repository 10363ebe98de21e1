"""The tables and thumbnails that a configuration gives to layers which it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tb_embed_plugin.runs.foreign.checkpoint_names import bare_name
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents, ForeignLayer
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths, shown
from tb_embed_plugin.runs.projector_config import ConfiguredTensor, two_entries

_NAME_OF_ALL = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
"""What Keras' configuration calls every Embedding layer, in the order of `model.layers`."""


def configure(
    entries: Sequence[ConfiguredTensor], paths: WrittenPaths, found: FolderContents
) -> None:
    """Gives layers their tables and sheets; the ones that the configuration names come first.

    Args:
        entries: Those of the configuration; the ones with a file of values are left alone.
        paths: Resolves the paths in them.
        found: Holds the layers, and receives the problems.
    """
    tensors = _with_layer_names(entries, [*found.layers, *found.spare])
    by_name: dict[str, list[int]] = {}
    layers = [*found.layers, *found.spare]
    for i, layer in enumerate(layers):
        for name in {layer.name, *layer.aliases}:
            by_name.setdefault(name, []).append(i)
    first: dict[int, ForeignLayer] = {}
    known: dict[str, ConfiguredTensor] = {}
    for tensor in tensors:
        if tensor.tensor or not tensor.name:
            continue
        wanted = bare_name(tensor.name)
        before = known.setdefault(wanted, tensor)
        if before is not tensor:
            found.problems += two_entries(wanted, before, tensor)
            continue
        meant = [i for i in by_name.get(wanted, ()) if i not in first]
        first |= {i: _with_files(layers[i], tensor, paths, found) for i in meant}
        if not meant:
            found.problems += _missing(tensor.name, found)
    others = [layer for i, layer in enumerate(found.layers) if i not in first]
    for_all = [tensor for tensor in tensors if not tensor.tensor and not tensor.name]
    if for_all:
        # One table and one sheet for all of them: the last that was written.
        others = [
            replace(_with_files(layer, for_all[-1], paths, found), table_for_all=True)
            for layer in others
        ]
        if any(tensor != for_all[-1] for tensor in for_all):
            found.problems.append(
                f"the configuration has {len(for_all)} entries for all tensors, without a "
                "tensor_name, of which the last is shown; name the tensors"
            )
    found.layers = [*first.values(), *others]


def _missing(name: str, found: FolderContents) -> list[str]:
    """Says what a tensor is that a configuration names and no layer shows."""
    if what := found.other_tensors.get(bare_name(name)):
        return [f"the tensor {shown(name)} is not a matrix but {what}"]
    if not found.layers:
        return []  # what is missing then is the checkpoint, which has a problem of its own
    there = ", ".join(layer.name for layer in found.layers[:5])
    problem = (
        f"the configuration names the tensor {shown(name)}, but the files hold "
        f"{shown(there)}; correct its tensor_name"
    )
    return [problem]


def _with_files(
    layer: ForeignLayer, tensor: ConfiguredTensor, paths: WrittenPaths, found: FolderContents
) -> ForeignLayer:
    return replace(
        layer,
        table=found.auxiliary(paths, tensor.metadata, found.watched),
        sheet=found.auxiliary(paths, tensor.sprite, found.watched),
        cell=tensor.cell,
    )


def _with_layer_names(
    tensors: Sequence[ConfiguredTensor], layers: Sequence[ForeignLayer]
) -> list[ConfiguredTensor]:
    """Returns a configuration's entries; those of Embedding layers by the layers' names.

    Left as they are where there are more or fewer entries than such layers.
    """
    names: dict[int, str] = {}
    for layer in layers:
        if layer.embedding is not None:
            names[layer.embedding] = layer.aliases[0]
    ordered = [name for _, name in sorted(names.items())]
    if [tensor.name for tensor in tensors].count(_NAME_OF_ALL) != len(ordered):
        return list(tensors)
    waiting = iter(ordered)
    return [
        replace(tensor, name=next(waiting)) if tensor.name == _NAME_OF_ALL else tensor
        for tensor in tensors
    ]
