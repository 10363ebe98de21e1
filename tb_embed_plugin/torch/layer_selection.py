"""Layer selection in a PyTorch module: by name, pattern, or "auto" for the last hidden layer.

A name is that of `named_modules`, `encoder.fc1`; `encoder.fc1:1` is the module's second call in
a pass, and `fc2:input` what the module is given: where a network computes between two modules
without one, by `torch.relu` say, that is the only name for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.recording.model.layer_patterns import compile_pattern, is_pattern
from tb_embed_plugin.torch.module_calls import ModuleCall, is_same
from tb_embed_plugin.wording import as_typed, listed, no_such

AUTO = "auto"
INPUT = ":input"

_PASSES = (torch.nn.Identity, torch.nn.modules.dropout._DropoutNd)  # noqa: SLF001 # all dropouts
"""Modules that return what they are given."""


@dataclass(frozen=True)
class Target:
    """One tensor of one call, which is to be recorded.

    Attributes:
        name: The tensor's name in the run.
        requested: The name, pattern or "auto" that selected it.
        call: The call.
        is_input: Whether it is what the module is given, not what it returns.
    """

    name: str
    requested: str
    call: ModuleCall
    is_input: bool = False

    @property
    def tensor(self) -> Any:
        """The tensor, None where the call had none."""
        return self.call.inputs if self.is_input else self.call.output


def find_targets(
    module: Any, requested: Sequence[Any], calls: Sequence[ModuleCall], head: ModuleCall | None
) -> tuple[Target, ...]:
    """Returns the selected tensors, in the order of the request.

    Args:
        module: The module.
        requested: Names, patterns, modules, or "auto".
        calls: The calls of one pass, in the order in which they ended.
        head: The call of the output layer, before which "auto" looks.

    Raises:
        MisuseError: There is no such module, it is not called, or it is named twice.
    """
    paths = {path: part for path, part in module.named_modules(remove_duplicate=False) if path}
    found: dict[tuple[int, bool], Target] = {}
    for one in requested:
        if one == AUTO and AUTO not in paths:
            targets = [_last_hidden(calls, head, list(paths))]
        elif isinstance(one, str) and is_pattern(one):
            targets = _matching(one, paths, calls)
        else:
            targets = [_named(_path_of(one, paths), paths, calls)]
        for target in targets:
            key = id(target.call), target.is_input
            if key in found and not is_pattern(target.requested):
                raise MisuseError(
                    f"layers must name different layers, but {as_typed(tuple(requested))} "
                    f"names {target.name!r} twice; name each layer once"
                )
            found.setdefault(key, target)
    return tuple(found.values())


def _path_of(one: Any, paths: dict[str, Any]) -> str:
    if isinstance(one, str):
        return one
    for path, part in paths.items():
        if part is one:
            return path
    raise MisuseError(no_such("layer", type(one).__name__, paths, "the module"))


def _matching(pattern: str, paths: dict[str, Any], calls: Sequence[ModuleCall]) -> list[Target]:
    wanted = compile_pattern(pattern, ".")
    first = {call.path: call for call in reversed(calls) if call.number == 0}
    matching = [
        Target(path, pattern, first[path])
        for path in paths
        if wanted.fullmatch(path) and path in first and first[path].output is not None
    ]
    if not matching:
        raise MisuseError(no_such("layer", pattern, paths, "the module"))
    return matching


def _named(requested: str, paths: dict[str, Any], calls: Sequence[ModuleCall]) -> Target:
    path, is_input, number = requested, False, 0
    if path not in paths and path.endswith(INPUT):
        path, is_input = path.removesuffix(INPUT), True
    if path not in paths and (match := re.fullmatch(r"(.+):(\d+)", path)):
        path, number = match[1], int(match[2])
    if path not in paths:
        raise MisuseError(no_such("layer", requested, paths, "the module"))
    of_module = [call for call in calls if call.module is paths[path]]
    if not of_module:
        raise MisuseError(
            f"the module does not call its layer {requested!r}, so there is nothing to "
            "record; choose one that it calls: "
            f"{listed(dict.fromkeys(call.path for call in calls if call.path), 'or')}"
        )
    if number >= len(of_module):
        raise MisuseError(
            f"the module calls layer {path!r} {len(of_module)} times, so there is no call "
            f"{requested!r} (numbers start from 0); pass a smaller number"
        )
    target = Target(requested, requested, of_module[number], is_input)
    if target.tensor is None:
        raise MisuseError(
            f"layer {requested!r} has no tensor to record; choose another layer, or "
            f"{path + INPUT!r}"
        )
    return target


def _last_hidden(
    calls: Sequence[ModuleCall], head: ModuleCall | None, paths: Sequence[str]
) -> Target:
    """Returns what the output layer is given, by the name of the module that made it.

    Where that is too wide to record (a flattened feature map), it is what it was made of, or
    the output of the last module with weights before it.
    """
    before = [] if head is None else list(calls[: calls.index(head)])
    first = next((call for call in before if call.has_weights), None)
    if head is None or first is None:
        raise MisuseError(
            "the module has no hidden layer between input and output, which layers='auto' "
            f"needs; choose one of its layers: {listed(paths, 'or')}"
        )
    before = before[before.index(first) :]
    wanted = head.inputs
    maker = _maker(wanted, before)
    if maker is not None and not can_be_recorded(maker.output):
        maker = _maker(maker.inputs, before) or maker
    if maker is None and can_be_recorded(wanted):
        return Target(f"{head.path}{INPUT}", AUTO, head, is_input=True)
    if maker is None or not can_be_recorded(maker.output):
        weighted = [c for c in before if c.has_weights and can_be_recorded(c.output)]
        maker = weighted[-1] if weighted else first
    return Target(f"{maker.path}:{maker.number}" if maker.number else maker.path, AUTO, maker)


def _maker(tensor: Any, calls: Sequence[ModuleCall]) -> ModuleCall | None:
    """Returns the last call, the outermost of one tensor's, that returned a tensor."""
    return next(
        (
            call
            for call in reversed(calls)
            if call.path
            and is_same(call.output, tensor)
            and not isinstance(call.module, _PASSES)
        ),
        None,
    )


def can_be_recorded(tensor: Any) -> bool:
    """Whether a tensor has few enough units, once pooled."""
    if tensor is None or not tensor.is_floating_point() or tensor.ndim < 1:
        return False
    units = 1 if tensor.ndim == 1 else tensor.shape[-1 if tensor.ndim <= 3 else 1]
    return bool(units <= MAX_UNITS)
