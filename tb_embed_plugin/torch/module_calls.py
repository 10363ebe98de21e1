"""The calls of one pass: which module was called when, with which tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass
class ModuleCall:
    """One call of one module.

    Attributes:
        path: The module's name in the whole, joined by dots; empty for the whole itself.
        module: The module.
        number: Its number among the module's calls in a pass, from 0.
        inputs: The first tensor that it was given, None where there is none.
        output: The first tensor that it returned, None where there is none.
    """

    path: str
    module: Any
    number: int
    inputs: Any
    output: Any = None

    @property
    def has_weights(self) -> bool:
        """Whether it has parameters of its own and no modules below it."""
        is_leaf = next(self.module.children(), None) is None
        return is_leaf and next(self.module.parameters(recurse=False), None) is not None


def trace_calls(module: Any, run: Callable[[], Any]) -> tuple[list[ModuleCall], Any]:
    """Returns the calls of one pass in the order in which they ended, and what it returned."""
    ended: list[ModuleCall] = []
    running: list[ModuleCall] = []
    counts: dict[int, int] = {}

    def starts(path: str) -> Callable[..., None]:
        def hook(part: Any, inputs: Any, named: Any) -> None:
            number = counts.get(id(part), 0)
            counts[id(part)] = number + 1
            running.append(ModuleCall(path, part, number, first_tensor((inputs, named))))

        return hook

    def ends(part: Any, inputs: Any, named: Any, output: Any) -> None:
        call = running.pop()
        call.output = first_tensor(output)
        ended.append(call)

    with _hooks() as handles:
        for path, part in module.named_modules():
            handles.append(part.register_forward_pre_hook(starts(path), with_kwargs=True))
            handles.append(part.register_forward_hook(ends, with_kwargs=True))
        returned = run()
    return ended, returned


@contextmanager
def capturing(
    inputs_of: Mapping[int, Any],
    outputs_of: Mapping[int, Any],
    take: Callable[[int, bool, Any], None],
) -> Iterator[None]:
    """Calls `take` with the inputs and outputs of chosen modules, as they are called.

    Args:
        inputs_of: Modules by key, whose first input is taken.
        outputs_of: Modules by key, whose first output is taken.
        take: Called with the key, whether it is the input, and the tensor.
    """

    def before(key: int) -> Callable[..., None]:
        return lambda part, inputs, named: take(key, True, first_tensor((inputs, named)))  # noqa: FBT003 # the key and which tensor

    def after(key: int) -> Callable[..., None]:
        return lambda part, inputs, output: take(key, False, first_tensor(output))  # noqa: FBT003 # as above

    with _hooks() as handles:
        for key, part in inputs_of.items():
            handles.append(part.register_forward_pre_hook(before(key), with_kwargs=True))
        for key, part in outputs_of.items():
            handles.append(part.register_forward_hook(after(key)))
        yield


@contextmanager
def _hooks() -> Iterator[list[Any]]:
    handles: list[Any] = []
    try:
        yield handles
    finally:
        for handle in handles:
            handle.remove()


def first_tensor(structure: Any) -> Any:
    """Returns the first tensor of a structure of tuples, lists and mappings, None without."""
    if isinstance(structure, torch.Tensor):
        return structure
    if isinstance(structure, Mapping):
        structure = tuple(structure.values())
    if isinstance(structure, tuple | list):
        found = (first_tensor(member) for member in structure)
        return next((tensor for tensor in found if tensor is not None), None)
    return None


def is_same(one: Any, other: Any) -> bool:
    """Whether two tensors are one: dropout returns its input in evaluation mode."""
    if one is None or other is None:
        return False
    return one is other or (
        one.data_ptr() == other.data_ptr()
        and one.shape == other.shape
        and one.stride() == other.stride()
        and one.dtype == other.dtype
    )
