"""A PyTorch module in a training, as the recorder sees it: the digest of its weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tb_embed_plugin.recording.model.value_digest import MAX_TOTAL, MAX_VALUES, digest_values
from tb_embed_plugin.recording.training.trained_network import careful_digest
from tb_embed_plugin.runs.manifest import Step


class TrainedModule:
    """A module in a training.

    Args:
        module: The module.
        recorder: The recorder's name, for messages.
        iterations: Returns the optimizer's updates, None where nobody counts them.
    """

    def __init__(
        self, module: Any, recorder: str, iterations: Callable[[], int | None] | None = None
    ) -> None:
        self.digest = careful_digest(lambda: digest_module(module), recorder)
        self._iterations = iterations

    @property
    def iterations(self) -> int | None:
        """Updates that the optimizer has counted, None where unknown; for information only."""
        return None if self._iterations is None else self._iterations()

    def is_recompiled(self, last: Step) -> bool:
        """Returns False: nothing tells."""
        return False

    def note_optimizer(self) -> None:
        """Does nothing: the optimizer is the loop's."""


def digest_module(module: Any) -> str:
    """Returns 32 hexadecimal digits that differ where the parameters or saved buffers do.

    It survives saving and loading, and a move to another device. Floating-point values are
    compared as float32.
    """
    found = module.state_dict().values()
    tensors = [tensor.detach() for tensor in found if isinstance(tensor, torch.Tensor)]
    each = max(1, min(MAX_VALUES, MAX_TOTAL // max(1, len(tensors))))
    shapes = [tuple(tensor.shape) for tensor in tensors]
    return digest_values(shapes, _values(tensors, each))


def _values(tensors: list[Any], at_most: int) -> Iterator[NDArray[np.generic]]:
    for tensor in tensors:
        stride = max(1, -(-math.prod(tensor.shape) // at_most))
        some = tensor.reshape(-1)[::stride]
        yield np.asarray((some.float() if some.is_floating_point() else some).cpu().numpy())
