"""One pass of a model, not yet compiled: which tensors it yields, and what they are.

The model is looked at with a few samples, by the eager pass that Keras itself would make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.metadata import MAX_UNITS, OUTPUTS_TENSOR
from tb_embed_plugin.recording.backends import inference, inside_a_loop
from tb_embed_plugin.recording.calls import (
    Survey,
    survey_calls,
    watched,
    without_rematerialization,
)
from tb_embed_plugin.recording.head_evidence import reproduces
from tb_embed_plugin.recording.layers import Target, find_targets, layer_paths
from tb_embed_plugin.recording.masks import check_mask_fits
from tb_embed_plugin.recording.outputs import (
    Head,
    OutputsChoice,
    UsableOutput,
    find_head,
    find_usable_output,
    why_no_output,
)
from tb_embed_plugin.recording.pooling import REMEDY, Pooling, pool, pooling_by_layer
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo

Tensors = dict[str, Any]
Split = Callable[[Any], tuple[Any, Any]]
"""Given a batch, the model's inputs and a mask (n_samples, n_tokens) or None."""


@dataclass(frozen=True)
class Asked:
    """What is to be recorded of a model, as the callback was told.

    Attributes:
        layers: Layers by name, path or pattern, themselves, or "auto".
        pooling: How activations that are no rows become (n_samples, n_units).
        outputs: What the model's outputs are.
        requires_mask: Whether a mask was passed, and so must fit a layer.
    """

    layers: Sequence[Any]
    pooling: Pooling | Mapping[str, Pooling] = "auto"
    outputs: OutputsChoice = "auto"
    requires_mask: bool = False


@dataclass(frozen=True)
class ModelPass:
    """What one pass yields.

    Attributes:
        layers: What it yields besides the outputs.
        outputs: What the outputs are; None where they are not recorded.
        head: The output layer, where its weights are recorded too.
        forward: A batch of tensors in, float32 tensors (n_samples, n_units) by name out.
        bytes_per_sample: Of the layers' outputs, all at once.
        notes: What is not recorded and why, for the log.
    """

    layers: tuple[Layer, ...]
    outputs: OutputsInfo | None
    head: Head | None
    forward: Callable[[Any], Tensors]
    bytes_per_sample: int
    notes: tuple[str, ...] = field(default=())


def pass_of_model(model: Any, probe: Any, split: Split, asked: Asked) -> ModelPass:
    """Looks at a model with a few samples, building it first if need be.

    Args:
        model: A Keras model, compiled or not.
        probe: Tensors of a few samples, as `split` takes them.
        split: What is batched, taken apart.
        asked: What is to be recorded.

    Raises:
        MisuseError: A layer is unknown, is not called, or yields no (n_samples, n_units) of
            at most `MAX_UNITS`; or an option does not fit.
    """
    inputs, mask = split(probe)
    if not model.built:
        _build(model, inputs)
    survey = _survey(model, inputs)
    output = find_usable_output(model, survey, asked.outputs)
    notes = () if output or asked.outputs is None else (why_no_output(model, survey),)
    producer = output.producer if output else next(iter(survey.producers), None)
    targets = find_targets(model, asked.layers, survey, producer)
    survey.outputs = None  # the tensors are not needed any longer
    how = pooling_by_layer(asked.pooling, {target.name: target.asked for target in targets})
    if asked.requires_mask:
        shapes = {t.name: survey.calls[t.call].shape or () for t in targets}
        check_mask_fits(keras.ops.convert_to_numpy(mask), shapes)

    forward = _forward(model, survey, targets, how, output, split)
    with inference(model):
        tensors = forward(probe)
    n_samples = count_samples(inputs)
    layers = tuple(Layer(t.name, _width(t.name, tensors[t.name], n_samples)) for t in targets)
    as_they_are = [target for target in targets if not callable(how[target.name])]
    head = find_head(output, as_they_are, survey) if output else None
    if head is not None and output is not None and not _is_shown(head, tensors, output):
        notes = (
            f"not the weights of the output layer {head.layer.name!r}, as they do not give the "
            f"model's outputs from {head.fed_by!r}: no decision regions",
        )
        head = None
    return ModelPass(
        layers=layers,
        outputs=_info(output, head),
        head=head,
        forward=forward,
        bytes_per_sample=survey.output_bytes // n_samples,
        notes=tuple(filter(None, notes)),
    )


def pass_of_function(
    function: Callable[[Any], Any], probe: Any, split: Split, asked: Asked
) -> ModelPass:
    """Looks at a function that is given a batch and returns tensors by name.

    Raises:
        MisuseError: It returns something else, or tensors that are no rows once pooled.
    """
    returned = function(split(probe)[0])
    if not isinstance(returned, Mapping) or not returned:
        raise MisuseError(
            "expected model= to be a model, or a function that returns {name: tensor} of a "
            f"batch; it returned {type(returned).__name__}; return a dict"
        )
    names = [name for name in returned if asked.layers == ("auto",) or name in asked.layers]
    missing = [name for name in asked.layers if name != "auto" and name not in returned]
    if missing:
        raise MisuseError(
            f"expected layers that the function given as model= returns, {list(returned)}; "
            f"received {missing[0]!r}; pass one of those names"
        )
    how = pooling_by_layer(asked.pooling, {name: name for name in names})

    def forward(batch: Any) -> Tensors:
        inputs, mask = split(batch)
        tensors = function(inputs)
        return {
            name: keras.ops.cast(
                pool(tensors[name], how[name], channels_first=False, name=name, mask=mask),
                "float32",
            )
            for name in names
        }

    tensors, n_samples = forward(probe), count_samples(split(probe)[0])
    layers = tuple(Layer(name, _width(name, tensors[name], n_samples)) for name in names)
    size = sum(layer.units * 4 for layer in layers)
    return ModelPass(layers, None, None, forward, size)


def _forward(
    model: Any,
    survey: Survey,
    targets: Sequence[Target],
    how: Mapping[str, Pooling],
    output: UsableOutput | None,
    split: Split,
) -> Callable[[Any], Tensors]:
    channels_first = {target.name: _channels_first(survey, target) for target in targets}
    n_calls = {id(target.layer): len(survey.calls_of(target.layer)) for target in targets}
    everything = [model, *layer_paths(model).values()]

    def forward(batch: Any) -> Tensors:
        inputs, mask = split(batch)
        returned: dict[int, list[Any]] = {id(target.layer): [] for target in targets}
        with (
            without_rematerialization(everything),
            watched(
                (target.layer for target in targets),
                lambda layer, inputs: returned[id(layer)].append,
            ),
        ):
            outputs = model(inputs, training=False)
        tensors = {}
        for target in targets:
            calls = returned[id(target.layer)]
            # A loop is run when the model is looked at, and only traced when it is compiled.
            if len(calls) != n_calls[id(target.layer)]:
                raise inside_a_loop()
            rows = pool(
                calls[target.number],
                how[target.name],
                channels_first=channels_first[target.name],
                name=target.name,
                mask=mask,
            )
            tensors[target.name] = keras.ops.cast(rows, "float32")
        if output is not None:
            tensors[OUTPUTS_TENSOR] = output.columns(outputs)
        return tensors

    return forward


def _build(model: Any, inputs: Any) -> None:
    if getattr(model, "run_eagerly", False):
        _called(model, lambda: model(inputs, training=False), inputs)
    else:
        # With symbolic inputs, as fit does it, so that no seed is drawn.
        symbolic = keras.tree.map_structure(_symbolic, inputs)
        _called(model, lambda: model(symbolic), inputs)


def _survey(model: Any, inputs: Any) -> Survey:
    layers = list(layer_paths(model).values())
    with inference(model), without_rematerialization([model, *layers]):
        return survey_calls(
            layers, lambda: _called(model, lambda: model(inputs, training=False), inputs)
        )


def _called(model: Any, call: Callable[[], Any], inputs: Any) -> Any:
    """Calls the model; an error of its own says whose samples they were.

    Raises:
        MisuseError: The model raised an error.
    """
    try:
        return call()
    except (EmbedError, MemoryError):
        raise
    except Exception as error:
        leaves = keras.tree.flatten(inputs)
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves[:5])
        hint = ""
        if isinstance(inputs, list) and len(leaves) > len(getattr(model, "inputs", None) or []):
            hint = f" (a list of {len(leaves)} arrays is that many inputs: np.stack makes one)"
        raise MisuseError(
            f"the model {model.name!r} cannot take x of EmbeddingCheckpoint, here of shape "
            f"{shapes}{hint}: {type(error).__name__}: {error}; pass x as fit takes it"
        ) from error


def _channels_first(survey: Survey, target: Target) -> bool:
    """Says where a layer's channels are: as the layers before it have them, else as Keras."""
    index: int | None = survey.calls[target.call].made_by
    shape = survey.calls[target.call].shape or ()
    while index is not None and len(survey.calls[index].shape or ()) == len(shape):
        data_format = getattr(survey.calls[index].layer, "data_format", None)
        if data_format is not None:
            return bool(data_format == "channels_first")
        index = survey.fed_by(index)
    return len(shape) > 3 and keras.config.image_data_format() == "channels_first"


def _is_shown(head: Head, tensors: Tensors, output: UsableOutput) -> bool:
    fed_by, outputs = (_to_numpy(tensors[name]) for name in (head.fed_by, OUTPUTS_TENSOR))
    return reproduces(head, fed_by, outputs, output.kind)


def _info(output: UsableOutput | None, head: Head | None) -> OutputsInfo | None:
    if output is None:
        return None
    return OutputsInfo(output.classes, output.kind, None if head is None else head.fed_by)


def _width(name: str, tensor: Any, n_samples: int) -> int:
    shape = tuple(tensor.shape)
    if len(shape) != 2 or shape[0] != n_samples or not shape[1]:
        raise MisuseError(
            f"expected layer {name!r} to yield (n_samples, n_units), pooled; it yields {shape} "
            f"for {n_samples} samples; {REMEDY}"
        )
    if shape[1] > MAX_UNITS:
        raise MisuseError(
            f"expected a layer of at most {MAX_UNITS} units; {name!r} yields {shape[1]}; "
            "choose a narrower layer, or pass pooling='mean' or a function that projects it"
        )
    return int(shape[1])


def count_samples(inputs: Any) -> int:
    """Returns the length of a structure's first array."""
    return int(keras.tree.flatten(inputs)[0].shape[0])


def _to_numpy(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)


def _symbolic(tensor: Any) -> Any:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return keras.KerasTensor((None, *tensor.shape[1:]), dtype=dtype)
