"""The call of a model with the callback's samples; an error tells whose samples they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.wording import error_words


def call_model(model: Any, call: Callable[[], Any], inputs: Any) -> Any:
    """Calls the model, which `call` does, with `inputs`.

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
            hint = (
                f" (a list of {len(leaves)} arrays is taken for {len(leaves)} inputs; np.stack "
                "makes it one)"
            )
        raise MisuseError(
            f"the model {model.name!r} does not accept x of EmbeddingCheckpoint, here of "
            f"shape {shapes}{hint}: {error_words(error)}; pass x as you pass it to fit"
        ) from error
