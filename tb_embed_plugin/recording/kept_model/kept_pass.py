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
    return compute(load_model(model_archive(run, step)), x, kept)


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
