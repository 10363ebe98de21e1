"""The recorded part of a kept model's pass, computed again for other inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import keras
import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tb_embed_plugin.recording.kept_model.twin import load_model
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.recording.samples.batched_inputs import read_inputs
from tb_embed_plugin.recording.samples.input_arrays import arrays_of
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
    _check_shapes(model, x)
    return compute(model, x, kept)


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


def _check_shapes(model: Any, x: Any) -> None:
    expected = _shapes(model)
    received = [tuple(rows.shape[1:]) for _, rows in arrays_of(x)]
    fits = len(expected) == len(received) and all(
        len(a) == len(b) and all(one in {None, other} for one, other in zip(a, b, strict=True))
        for a, b in zip(expected, received, strict=True)
    )
    if expected and not fits:
        raise MisuseError(
            f"the kept model takes {_in_words(expected)} for each sample, not "
            f"{_in_words(received)}; prepare new samples as the recorded ones were"
        )


def _shapes(model: Any) -> list[tuple[int | None, ...]]:
    inputs = keras.tree.flatten(getattr(model, "inputs", None) or [])
    return [tuple(tensor.shape[1:]) for tensor in inputs]


def _in_words(shapes: Sequence[tuple[int | None, ...]]) -> str:
    return f"inputs of shape {' and '.join(map(str, shapes))}"
