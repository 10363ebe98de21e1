"""Inference that leaves no trace: modes, buffers and random numbers as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def undisturbed(module: Any) -> Iterator[None]:
    """Lets a module be called inside of the `with` block without changing it.

    Without gradients, in evaluation mode, eagerly. Not in PyTorch's inference mode: tensors
    that a module caches there could not be used by the training.
    """
    # PyTorch has no public name for a module's own buffers, which a pass may replace.
    owned = [(part, part._buffers) for part in module.modules()]  # noqa: SLF001
    modes = [(part, part.training) for part in module.modules()]
    buffers = [
        (own, name, buffer, buffer.clone())
        for _, own in owned
        for name, buffer in own.items()
        if buffer is not None
    ]
    with ExitStack() as stack:
        stack.enter_context(_random_numbers_kept(device_of(module)))
        stack.enter_context(torch.no_grad())
        if hasattr(torch.compiler, "set_stance"):  # hooks inside of compiled modules
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        module.eval()
        try:
            yield
        finally:
            for part, mode in modes:
                part.training = mode
            for own, name, buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)
                own[name] = buffer


def device_of(module: Any) -> Any:
    """Returns the device of a module's first parameter or buffer."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.get_default_device()


def bare_module(module: Any) -> Any:
    """Returns a module without what compiles it or trains it in parallel."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and type(module).__name__ in {
            "DataParallel",
            "DistributedDataParallel",
        }:
            inner = module.module
        if inner is None:
            return module
        module = inner


@contextmanager
def _random_numbers_kept(device: Any) -> Iterator[None]:
    """Puts the random state of the processor, and of the module's device, back."""
    library: Any = getattr(torch, device.type, None)
    if device.type == "cpu" or not hasattr(library, "get_rng_state"):
        with torch.random.fork_rng(devices=[]):
            yield
        return
    place = () if device.type == "mps" else (device,)
    state = library.get_rng_state(*place)
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            library.set_rng_state(state, *place)
