"""The recorded forward pass: one for all layers and the outputs, in inference mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import OUTPUTS_TENSOR, OutputsChoice
from tb_embed_plugin.recording.forward_pass.backends import (
    compile_pass,
    inference_mode,
)
from tb_embed_plugin.recording.forward_pass.batched_pass import (
    ForwardPass,
    batch_size_within_budget,
)
from tb_embed_plugin.recording.forward_pass.free_memory import check_memory
from tb_embed_plugin.recording.forward_pass.input_batches import (
    fixed_batch_size,
    probe_batch,
    split_into_batches,
)
from tb_embed_plugin.recording.forward_pass.model_pass import trace_model
from tb_embed_plugin.recording.forward_pass.pass_memory import bytes_per_sample
from tb_embed_plugin.recording.forward_pass.recorded_pass import (
    RecordedPass,
    RecordingRequest,
    trace_function,
)
from tb_embed_plugin.recording.model.masks import attach_mask
from tb_embed_plugin.recording.model.pooling_choice import Pooling


def trace_forward_pass(
    model: Any,
    layers: Sequence[Any],
    x: Any,
    pooling: Pooling | Mapping[str, Pooling] = "auto",
    *,
    of: Any = None,
    outputs: OutputsChoice = "auto",
    mask: Any = None,
    batch_size: int | None = None,
) -> ForwardPass:
    """Traces `model` for the layers `layers`, building it first if needed.

    Args:
        model: The trained Keras model, compiled or not.
        layers: Layers by name, path or pattern, themselves, or "auto".
        x: The samples' inputs: an array (n_samples, ...), or a list, tuple or dict of them.
        pooling: How activations that are no rows become (n_samples, n_units), for all layers
            or by layer.
        of: A part of the model, or a function from a batch to tensors by name, to record in
            place of the model.
        outputs: The kind of the outputs, "auto" to infer it.
        mask: The tokens that count; see `masks.attach_mask`.
        batch_size: Samples of a batch; None for as many as the memory budget allows.

    Raises:
        MisuseError: A layer is unknown, is not called, or does not return (n_samples, n_units)
            of at most `MAX_UNITS`; or another argument does not fit.
        MemoryError: A snapshot does not fit into memory.
    """
    passed = model if of is None else of
    n_samples = len(keras.tree.flatten(x)[0])
    names = [tensor.name for tensor in getattr(passed, "inputs", None) or []]
    masked_x, split = attach_mask(x, mask, n_samples, names)
    fixed = fixed_batch_size(passed)
    request = RecordingRequest(layers, pooling, outputs, requires_mask=mask is not None)
    probe = probe_batch(masked_x, fixed)
    found = _inspect(model, passed, probe, split, request)
    widths = {layer.name: layer.units for layer in found.layers}
    if found.outputs is not None:
        widths[OUTPUTS_TENSOR] = found.outputs.classes
    check_memory(n_samples * sum(widths.values()) * np.dtype(np.float32).itemsize, n_samples)

    trained = passed if isinstance(passed, keras.Layer) else model

    if fixed is not None:
        batch_size = fixed
    elif batch_size is None:
        compiled_need = bytes_per_sample(trained, found.forward, probe, trainer=model)
        need = max(found.bytes_per_sample, compiled_need)
        batch_size = batch_size_within_budget(need)
    split_batches = partial(split_into_batches, masked_x, is_fixed=fixed is not None)
    batches = split_batches(batch_size)
    return ForwardPass(
        layers=found.layers,
        outputs=found.outputs,
        batch_size=batch_size,
        notes=found.notes,
        _split=split_batches,
        _is_fixed=fixed is not None,
        _buffers={
            name: np.empty((n_samples, width), np.float32) for name, width in widths.items()
        },
        _head=None if found.head is None else found.head.tensors,
        _batches=batches,
        _compiled=compile_pass(trained, found.forward, batches[0], trainer=model),
        pooling=found.pooling,
    )


def _inspect(
    model: Any, passed: Any, probe: Any, split: Any, request: RecordingRequest
) -> RecordedPass:
    if isinstance(passed, keras.Layer):
        _check_has_call(passed)
        return trace_model(passed, probe, split, request)
    if not callable(passed):
        raise MisuseError(
            "model must be a Keras model or layer, or a function from a batch to {name: "
            f"tensor}}, not of type {type(passed).__name__}"
        )
    with inference_mode(model):
        return trace_function(passed, probe, split, request)


def _check_has_call(model: Any) -> None:
    """Raises for a model that is trained without being called, as GANs are.

    Raises:
        MisuseError: The model has no `call`.
    """
    if type(model).call not in {keras.Layer.call, keras.Model.call, keras.Operation.call}:
        return
    parts = [name for name, value in vars(model).items() if isinstance(value, keras.Model)]
    example = f"model={model.name}.{parts[0]}" if parts else "model=encoder"
    raise MisuseError(
        f"{type(model).__name__} has no call(), so it has no forward pass to record; pass "
        f"one of its models, such as {example}, or a function from a batch to {{name: "
        "tensor}"
    )
