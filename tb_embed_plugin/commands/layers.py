"""`tb-embed layers`: what could be recorded of a saved model."""

from __future__ import annotations

from pathlib import Path

from tb_embed_plugin.errors import UnreadableError


def layers(path: Path) -> str:
    """Returns a table of the layers of the model saved in a `.keras` file.

    Nothing that the file holds is run but Keras' own layers: no Lambda, no pickle.

    Raises:
        UnreadableError: It is no such file, or needs classes that are not here.
        MisuseError: The model does not say what its inputs are.
    """
    import keras

    from tb_embed_plugin.recording.forward_pass.layer_table import layer_table, zero_inputs

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        words = " ".join(str(error).split())[:200]
        raise UnreadableError(
            f"{path.name} cannot be loaded as a .keras model ({words}); for custom layers "
            "call EmbeddingCheckpoint.describe(model, x) in your own program"
        ) from error
    return layer_table(model, zero_inputs(model))
