"""The recorded forward pass of a PyTorch module: one for all layers and the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OUTPUTS_TENSOR, OutputsChoice
from tb_embed_plugin.recording.forward_pass.batched_pass import (
    ForwardPass,
    batch_size_within_budget,
)
from tb_embed_plugin.recording.forward_pass.free_memory import check_memory
from tb_embed_plugin.recording.model.pooling_choice import (
    MASK_INPUTS,
    Pooling,
    checked_width,
    pooling_by_layer,
)
from tb_embed_plugin.recording.samples.input_arrays import (
    count_rows,
    describe_arrays,
    map_arrays,
)
from tb_embed_plugin.recording.samples.sparse_ragged import batch_of
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo
from tb_embed_plugin.torch.inference import device_of, undisturbed
from tb_embed_plugin.torch.layer_selection import Target, find_targets
from tb_embed_plugin.torch.module_calls import ModuleCall, capturing, trace_calls
from tb_embed_plugin.torch.module_outputs import (
    ModuleOutput,
    find_head,
    find_head_call,
    find_output,
    to_array,
)
from tb_embed_plugin.torch.pooling import has_channels_first, pool

PROBE_SAMPLES = 3
"""Number of samples with which a module is inspected."""

Forward = Callable[[Any, Any], Any]
"""A function from the module and a batch of tensors to what the module returns."""

Array = NDArray[np.float32]


def trace_module(
    module: Any,
    layers: Sequence[Any],
    x: Any,
    pooling: Pooling | Mapping[str, Pooling] = "auto",
    *,
    outputs: OutputsChoice = "auto",
    forward: Forward | None = None,
    batch_size: int | None = None,
) -> ForwardPass:
    """Traces a module for its layers.

    Args:
        module: The module.
        layers: Layers by name, pattern, themselves, or "auto".
        x: The samples' inputs: an array (n_samples, ...), or a list, tuple or dict of them.
        pooling: How activations that are no rows become (n_samples, n_units).
        outputs: The kind of the outputs, "auto" to infer it.
        forward: How the module is called; None to pass an array as it is, a list or tuple
            as arguments by position, a dict by name.
        batch_size: Samples of a batch; None for as many as the memory budget allows.

    Raises:
        MisuseError: A layer is unknown, is not called, or does not return (n_samples, n_units);
            or another argument does not fit.
        MemoryError: A snapshot does not fit into memory.
    """
    n_samples = count_rows(x)
    probe = map_arrays(lambda rows: batch_of(rows[: min(PROBE_SAMPLES, n_samples)]), x)
    run = partial(_call, module, forward or _pass_inputs)
    with undisturbed(module):
        calls, returned = trace_calls(module, lambda: _tried(run, probe))
        n = count_rows(probe)
        output, note = find_output(module, returned, calls, outputs, n)
        head_call = find_head_call(output, calls)
        targets = find_targets(module, layers, calls, head_call)
    how = pooling_by_layer(pooling, {t.name: t.requested for t in targets})
    compiled = _compile(module, run, targets, calls, how, output)
    rows = compiled(probe)
    found = tuple(Layer(t.name, checked_width(t.name, rows[t.name], n)) for t in targets)
    as_they_are = [target for target in targets if not callable(how[target.name])]
    head, head_note = find_head(output, head_call, as_they_are, rows, rows.get(OUTPUTS_TENSOR))
    widths = {layer.name: layer.units for layer in found}
    info = None
    if output is not None:
        widths[OUTPUTS_TENSOR] = output.classes
        info = OutputsInfo(output.classes, output.kind, None if head is None else head.fed_by)
    check_memory(n_samples * sum(widths.values()) * np.dtype(np.float32).itemsize, n_samples)

    size = batch_size or batch_size_within_budget(_bytes_of(calls) // n)
    split = partial(_split, x, n_samples)
    return ForwardPass(
        layers=found,
        outputs=info,
        batch_size=size,
        notes=tuple(filter(None, (note, head_note))),
        _split=split,
        _is_fixed=False,
        _buffers={
            name: np.empty((n_samples, width), np.float32) for name, width in widths.items()
        },
        _head=None if head is None else head.tensors,
        _batches=split(size),
        _compiled=compiled,
    )


def _compile(
    module: Any,
    run: Callable[[Any], Any],
    targets: Sequence[Target],
    calls: Sequence[ModuleCall],
    how: Mapping[str, Pooling],
    output: ModuleOutput | None,
) -> Callable[[Any], dict[str, Array]]:
    """Returns the pass of a batch of arrays to the recorded rows by name."""
    channels_first = {t.name: has_channels_first(t.tensor, calls) for t in targets}
    swapped = {t.name: _is_time_first(t) for t in targets}
    modules = {id(t.call.module): t.call.module for t in targets}
    wanted = {(id(t.call.module), t.is_input, t.call.number): t for t in targets}

    def passed(batch: Any) -> dict[str, Array]:
        rows: dict[str, Array] = {}
        counts: dict[tuple[int, bool], int] = {}
        mask = _mask_in(batch, device_of(module))

        def take(key: int, is_input: bool, tensor: Any) -> None:  # noqa: FBT001 # see `capturing`
            number = counts.get((key, is_input), 0)
            counts[key, is_input] = number + 1
            target = wanted.get((key, is_input, number))
            if target is not None:
                name = target.name
                rows[name] = to_array(
                    pool(
                        tensor.swapaxes(0, 1) if swapped[name] else tensor,
                        how[name],
                        mask,
                        channels_first=channels_first[name],
                        name=name,
                    )
                )

        with undisturbed(module), capturing(modules, modules, take):
            returned = run(batch)
        if output is not None:
            rows[OUTPUTS_TENSOR] = output.columns(returned)
        return rows

    return passed


def _is_time_first(target: Target) -> bool:
    """Whether a recurrent or attention module has the samples on its second axis."""
    return (
        getattr(target.call.module, "batch_first", True) is False
        and getattr(target.tensor, "ndim", 0) == 3
    )


def _mask_in(batch: Any, device: Any) -> Any:
    """Returns the mask (n_samples, n_tokens) among the inputs, None where there is none."""
    names = [name for name in MASK_INPUTS if isinstance(batch, Mapping) and name in batch]
    return torch.tensor(batch[names[0]], device=device) if names else None


def _split(x: Any, n_samples: int, batch_size: int) -> list[Any]:
    def batch(start: int) -> Any:
        return map_arrays(lambda rows: batch_of(rows[start : start + batch_size]), x)

    return [batch(start) for start in range(0, n_samples, batch_size)]


def _call(module: Any, forward: Forward, batch: Any) -> Any:
    device = device_of(module)
    floats = (p.dtype for p in module.parameters() if p.is_floating_point())
    dtype = next(floats, torch.get_default_dtype())

    def tensor(rows: NDArray[Any]) -> Any:
        if rows.dtype.kind == "O":
            return rows.tolist()  # texts, for a `forward` that reads them
        kind = dtype if rows.dtype.kind == "f" else None
        return torch.tensor(rows, dtype=kind, device=device)

    return forward(module, map_arrays(tensor, batch))


def _pass_inputs(module: Any, batch: Any) -> Any:
    if isinstance(batch, Mapping):
        return module(**batch)
    return module(*batch) if isinstance(batch, tuple | list) else module(batch)


def _tried(run: Callable[[Any], Any], probe: Any) -> Any:
    try:
        return run(probe)
    except Exception as error:
        raise MisuseError(
            f"the module does not accept x, here {describe_arrays(probe)}: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}; pass the "
            "samples as the training passes them, a tuple for arguments by position, a dict "
            "for arguments by name, or forward=, a function of the module and a batch"
        ) from error


def _bytes_of(calls: Sequence[ModuleCall]) -> int:
    """Returns the bytes of what all modules returned."""
    outputs = {id(c.output): c.output for c in calls if c.output is not None}
    return sum(tensor.numel() * tensor.element_size() for tensor in outputs.values())
