"""The module's output that is recorded, and the head that makes it of a recorded layer.

Nothing tells a loop's loss. So only what the module itself says is taken for classes: a softmax
or sigmoid at its end, or Hugging Face's name `logits`; the rest needs `outputs=`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_OUTPUT_CLASSES, OutputsChoice, OutputsKind
from tb_embed_plugin.recording.model.head_tensors import (
    LOW_PRECISION_TOLERANCE,
    MAX_HEAD_BYTES,
    TOLERANCE,
    head_tensors,
    tensors_reproduce_outputs,
    two_columns,
)
from tb_embed_plugin.torch.layer_selection import Target
from tb_embed_plugin.torch.module_calls import ModuleCall, is_same

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ModuleOutput:
    """The output that is recorded.

    Attributes:
        key: Its place in what the module returns: None for all of it, a number, or a name.
        kind: Whether its values are logits or probabilities.
        width: Its columns; 1 for a binary output.
    """

    key: Any
    kind: OutputsKind
    width: int

    @property
    def classes(self) -> int:
        """Recorded columns."""
        return max(2, self.width)

    def columns(self, returned: Any) -> Array:
        """Returns the recorded columns of what the module returned."""
        rows = to_array(_parts(returned)[self.key])
        rows = rows.reshape(len(rows), -1)
        return two_columns(rows, self.kind) if self.width == 1 else rows


@dataclass(frozen=True)
class ModuleHead:
    """The output layer that a recorded layer feeds.

    Attributes:
        fed_by: Name of the recorded layer.
        linear: The output layer.
        is_binary: Whether the output is one value a sample.
    """

    fed_by: str
    linear: Any
    is_binary: bool

    def tensors(self) -> dict[str, Array]:
        """Returns its present weights; see `head_tensors`."""
        kernel = np.ascontiguousarray(to_array(self.linear.weight).T)
        bias = np.zeros(kernel.shape[1], np.float32)
        if self.linear.bias is not None:
            bias = to_array(self.linear.bias)
        return head_tensors(kernel, bias, is_binary=self.is_binary)


def to_array(tensor: Any) -> Array:
    """Returns a tensor as a float32 array of its own memory."""
    copied = tensor.detach().to("cpu", torch.float32, copy=True)
    return np.asarray(copied.numpy())


def find_output(
    module: Any, returned: Any, calls: Sequence[ModuleCall], wanted: OutputsChoice, n: int
) -> tuple[ModuleOutput | None, str]:
    """Returns the first output of classes, and why there is none, for the log.

    Args:
        module: The module.
        returned: What it returned for `n` samples.
        calls: The calls of that pass.
        wanted: The kind of the outputs; "auto" to infer it, None to record none.
        n: Number of samples.

    Raises:
        MisuseError: The outputs are not of the wanted kind.
    """
    if wanted is None:
        return None, ""
    fitting = {key: part for key, part in _parts(returned).items() if _fits(part, n)}
    for key, part in fitting.items():
        kind = wanted if wanted != "auto" else _kind(module, key, part, calls)
        if kind is None:
            continue
        values = to_array(part)
        if wanted == "probabilities" and not ((values >= 0) & (values <= 1)).all():
            raise MisuseError(
                "outputs='probabilities' needs outputs in [0, 1], but the module returns "
                f"{values.min():.3g} to {values.max():.3g}; pass outputs='logits'"
            )
        return ModuleOutput(key, kind, values.size // n), ""
    if wanted != "auto":
        raise MisuseError(
            f"outputs={wanted!r} needs an output (n_samples, n_classes) of at most "
            f"{MAX_OUTPUT_CLASSES} classes, which the module does not have; leave outputs= out"
        )
    return None, (
        "The module's outputs are not recorded, since nothing tells whether they are logits or "
        "probabilities; pass outputs='logits' or 'probabilities' where they are of classes."
    )


def find_head_call(
    output: ModuleOutput | None, calls: Sequence[ModuleCall]
) -> ModuleCall | None:
    """Returns the call of the output layer: the last Linear as wide, else the last weights."""
    weighted = [call for call in calls if call.has_weights]
    linear = [
        call
        for call in weighted
        if output is not None
        and isinstance(call.module, torch.nn.Linear)
        and call.module.out_features == output.width
    ]
    return next(reversed(linear or weighted), None)


def find_head(
    output: ModuleOutput | None,
    head: ModuleCall | None,
    targets: Sequence[Target],
    rows: Mapping[str, Array],
    columns: Array | None,
) -> tuple[ModuleHead | None, str]:
    """Returns the head where a recorded layer feeds it and it gives the outputs, or why not.

    Args:
        output: The recorded output.
        head: The call of the output layer.
        targets: The recorded layers that are stored unchanged.
        rows: Their activations for a few samples.
        columns: The recorded outputs for these.
    """
    if output is None or columns is None or head is None:
        return None, ""
    linear = head.module
    if not isinstance(linear, torch.nn.Linear) or linear.out_features != output.width:
        return None, ""
    if linear.in_features * output.classes * 4 > MAX_HEAD_BYTES:
        return None, ""
    # A ReLU in place makes one tensor the output of two modules.
    fed = [t for t in targets if is_same(t.tensor, head.inputs) and t.tensor.ndim == 2]
    exact = linear.weight.dtype in (torch.float32, torch.float64)
    tolerance = TOLERANCE if exact else LOW_PRECISION_TOLERANCE
    for target in fed:
        found = ModuleHead(target.name, linear, output.width == 1)
        if tensors_reproduce_outputs(
            found.tensors(), rows[target.name], columns, output.kind, tolerance
        ):
            return found, ""
    if not fed:
        return None, ""
    return None, (
        f"The weights of the output layer {head.path!r} are not recorded, since they do "
        f"not reproduce the module's outputs from {fed[0].name!r}; there will be no "
        "decision regions."
    )


def _parts(returned: Any) -> dict[Any, Any]:
    if isinstance(returned, Mapping):
        return dict(returned)
    if isinstance(returned, tuple | list):
        return dict(enumerate(returned))
    return {None: returned}


def _fits(part: Any, n: int) -> bool:
    if not isinstance(part, torch.Tensor) or not part.is_floating_point():
        return False
    if part.ndim not in (1, 2) or len(part) != n:
        return False
    return bool(1 <= part.numel() // n <= MAX_OUTPUT_CLASSES)


def _kind(module: Any, key: Any, part: Any, calls: Sequence[ModuleCall]) -> OutputsKind | None:
    """Returns the kind of an output where the module tells it."""
    width = part.numel() // len(part)
    made_by = [call.module for call in calls if is_same(call.output, part)]
    if width == 1:
        return "probabilities" if _is_one_of(made_by, torch.nn.Sigmoid) else None
    if _is_one_of(made_by, torch.nn.Softmax):
        return "probabilities" if np.allclose(to_array(part).sum(1), 1, atol=1e-2) else None
    if _is_one_of(made_by, torch.nn.LogSoftmax):
        return "logits"
    problem = getattr(getattr(module, "config", None), "problem_type", None)
    is_single = problem in (None, "single_label_classification")
    return "logits" if key == "logits" and is_single else None


def _is_one_of(modules: Sequence[Any], kind: Any) -> bool:
    return any(isinstance(module, kind) for module in modules)
