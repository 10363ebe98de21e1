"""The trained model, as the recorder sees it: the digest of its weights, its optimizer."""

from __future__ import annotations

import weakref
from typing import Any

import keras

from tb_embed_plugin.recording.model.weights_digest import digest_weights
from tb_embed_plugin.recording.training.trained_network import careful_digest
from tb_embed_plugin.runs.manifest import Step

_optimizers: weakref.WeakKeyDictionary[Any, weakref.ref[Any] | None] = (
    weakref.WeakKeyDictionary()
)
"""By model, the optimizer of its last recorded training."""


class TrainedModel:
    """A Keras model in a training.

    Args:
        model: The model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.digest = careful_digest(lambda: digest_weights(model), "EmbeddingCheckpoint")

    @property
    def iterations(self) -> int | None:
        """Updates that the optimizer has counted, None where unknown; for information only."""
        iterations = getattr(self._optimizer, "iterations", None)
        if iterations is None:
            return None
        try:
            return int(keras.ops.convert_to_numpy(iterations))
        except Exception:  # noqa: BLE001 # for information only, and custom optimizers may raise anything
            return None

    def is_recompiled(self, last: Step) -> bool:
        """Whether its optimizer is another one than that of a snapshot."""
        known = _optimizers.get(self._model)
        if known is not None:
            return known() is not self._optimizer
        now = self.iterations
        return last.iterations is not None and now is not None and now < last.iterations

    def note_optimizer(self) -> None:
        """Remembers its optimizer, for `is_recompiled` of the next training."""
        optimizer = self._optimizer
        _optimizers[self._model] = None if optimizer is None else weakref.ref(optimizer)

    @property
    def _optimizer(self) -> Any:
        return getattr(self._model, "optimizer", None)


def is_chief(model: Any) -> bool:
    """Whether this process writes for all: one of those that train one Keras model."""
    strategy = getattr(model, "distribute_strategy", None)
    return strategy is None or bool(strategy.extended.should_checkpoint)


def not_keras(kind: type) -> str:
    """Returns what to say of a model that is none of Keras 3."""
    return (
        "EmbeddingCheckpoint records models of Keras 3, but this is a "
        f"{kind.__module__}.{kind.__name__}; record its activations with "
        "tb_embed_plugin.record once per epoch, or one of PyTorch with "
        "tb_embed_plugin.torch.EmbeddingRecorder"
    )
