"""The recorded part of a kept model's pass, computed again for other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tb_embed_plugin.recording.kept_model.twin import load_model
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.recording.samples.batched_inputs import read_inputs
from tb_embed_plugin.recording.samples.input_arrays import describe_arrays
from tb_embed_plugin.runs.kept_models import KeptPass, kept_pass, model_archive
from tb_embed_plugin.runs.run import Run


def activations_of(run: Run, step: int, inputs: Any) -> dict[str, NDArray[np.float32]]:
    """Returns what the model of a step yields for new inputs, at each recorded layer.

    Args:
        run: A run that was recorded with `keep_model=True`.
        step: The step.
        inputs: As `x` of `EmbeddingCheckpoint`, prepared as the recorded samples were.

    Returns:
        Float32 (n_new, n_units) by the layer's name.

    Raises:
        NotRecordedError: No model was kept with the step.
        UnreadableError: It cannot be loaded in Keras' safe mode.
        MisuseError: The model does not accept the inputs.
    """
    kept = kept_pass(run, step)
    _check_configuration(kept)
    x = read_inputs(inputs, kept.floatx).take(None)
    model = load_model(model_archive(run, step))
    try:
        found = compute(model, x, kept)
        _check_units(run, found)
    except MisuseError as error:
        expected = _inputs_in_words(model)
        if not expected:
            raise
        raise MisuseError(
            f"the kept model takes {expected} for each sample, and does not accept "
            f"{describe_arrays(x)}; prepare new samples as the recorded ones were"
        ) from error
    return found


def input_shapes(run: Run, step: int) -> list[tuple[int | None, ...]]:
    """Returns the shape of each input of a step's model, without the axis of samples.

    Empty where the model does not say.

    Raises:
        NotRecordedError: No model was kept with the step.
        UnreadableError: It cannot be loaded in Keras' safe mode.
    """
    kept_pass(run, step)
    return _shapes(load_model(model_archive(run, step)))


def compute(model: Any, x: Any, kept: KeptPass) -> dict[str, NDArray[np.float32]]:
    """Returns the activations of inputs that are read already, as `activations_of` does."""
    names = list(kept.pooling)
    pooling = cast("Mapping[str, Pooling]", kept.pooling)
    forward = trace_forward_pass(model, names, x, pooling, outputs=None, mask=kept.mask)
    found = forward.run()
    return {name: found[name] for name in names}


def _check_configuration(kept: KeptPass) -> None:
    now = (keras.config.floatx(), keras.config.image_data_format())
    if now != (kept.floatx, kept.data_format):
        raise MisuseError(
            f"Keras is configured to {' and '.join(now)}, but the run was recorded with "
            f"{kept.floatx} and {kept.data_format}; call keras.config.set_floatx and "
            "set_image_data_format first"
        )


def _check_units(run: Run, found: Mapping[str, NDArray[np.float32]]) -> None:
    """Refuses pictures of another size, which a convolutional model may take as they are."""
    for name, rows in found.items():
        units = run.layer(name).units
        if rows.shape[1] != units:
            raise MisuseError(
                f"the kept model yields {rows.shape[1]} units at {name!r}, where {units} were "
                "recorded; prepare new samples as the recorded ones were"
            )


def _shapes(model: Any) -> list[tuple[int | None, ...]]:
    return [tuple(tensor.shape[1:]) for tensor in _inputs(model)]


def _inputs_in_words(model: Any) -> str:
    """Returns the shapes of a model's inputs, with their names where there are several."""
    match _inputs(model):
        case []:
            return ""
        case [one]:
            return f"inputs of shape {tuple(one.shape[1:])}"
        case several:
            return " and ".join(f"{one.name!r} of shape {one.shape[1:]}" for one in several)


def _inputs(model: Any) -> list[Any]:
    return list(keras.tree.flatten(getattr(model, "inputs", None) or []))
