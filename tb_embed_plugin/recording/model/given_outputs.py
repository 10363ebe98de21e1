"""Outputs and head as a training loop hands them over, checked, as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_OUTPUT_CLASSES, OUTPUTS_TENSOR, OutputsKind
from tb_embed_plugin.recording.model.head_tensors import (
    LOW_PRECISION_TOLERANCE,
    MAX_HEAD_BYTES,
    head_tensors,
    tensors_reproduce_outputs,
    two_columns,
)
from tb_embed_plugin.recording.samples.input_arrays import as_array
from tb_embed_plugin.runs.manifest import OutputsInfo
from tb_embed_plugin.wording import as_typed, listed, must_be_one_of, no_such

Array = NDArray[np.float32]

MAX_COMPARED = 256
"""Samples on which a head is checked."""

SUM_TOLERANCE = 1e-2
"""Rows of probabilities in bfloat16 add up to 1 within two digits."""


@dataclass(frozen=True)
class GivenOutputs:
    """The outputs of a snapshot.

    Attributes:
        info: What the manifest says of them; without the names of classes.
        tensors: The outputs (n_samples, n_classes), and the head's kernel and bias if given.
    """

    info: OutputsInfo
    tensors: dict[str, Array]


def read_outputs(
    outputs: Any,
    kind: Any,
    head: Any,
    activations: Mapping[str, Array],
    fed_by: str | None = None,
) -> GivenOutputs | None:
    """Returns a model's outputs as the callback records them, None where there are none.

    Args:
        outputs: (n_samples, n_classes); (n_samples,) or (n_samples, 1) of the second of two
            classes.
        kind: `"logits"` or `"probabilities"`.
        head: Kernel (n_units, n_classes) and bias (n_classes,) or None, of the layer that
            makes the logits of one layer's activations; or a dict of that pair by the name of
            that layer.
        activations: The recorded layers, (n_samples, n_units) each.
        fed_by: The layer of which it is known that it feeds the head.

    Raises:
        MisuseError: They do not fit each other.
    """
    if outputs is None:
        for name, value in (("outputs_kind", kind), ("head", head)):
            if value is not None:
                raise MisuseError(
                    f"{name} was passed without outputs, which it describes; pass "
                    "outputs=, the model's outputs (n_samples, n_classes), as well"
                )
        return None
    checked_kind = _kind(kind)
    rows = _rows(outputs, len(next(iter(activations.values()))), checked_kind)
    is_binary = rows.shape[1] == 1
    recorded = two_columns(rows, checked_kind) if is_binary else rows
    tensors = {OUTPUTS_TENSOR: recorded}
    layer = None
    if head is not None:
        layer, weights = _head(head, activations, rows.shape[1], recorded, checked_kind, fed_by)
        tensors |= weights
    return GivenOutputs(OutputsInfo(recorded.shape[1], checked_kind, layer), tensors)


def _kind(kind: Any) -> OutputsKind:
    choices = get_args(OutputsKind)
    if kind is None:
        raise MisuseError(
            "outputs was passed without outputs_kind, and their values do not tell; pass "
            "outputs_kind='logits' for what goes into a softmax, 'probabilities' for what "
            "comes out of it"
        )
    if kind not in choices:
        raise MisuseError(must_be_one_of("outputs_kind", kind, choices))
    return cast("OutputsKind", kind)


def _rows(outputs: Any, n_samples: int, kind: OutputsKind) -> Array:
    """Returns the outputs as they were given, one column for a binary output."""
    rows = numbers("outputs", outputs)
    if rows.ndim == 1:
        rows = rows[:, None]
    if rows.ndim != 2 or not 1 <= rows.shape[1] <= MAX_OUTPUT_CLASSES:
        raise MisuseError(
            f"outputs has shape {rows.shape}, not (n_samples, n_classes) with at most "
            f"{MAX_OUTPUT_CLASSES} classes; leave outputs out where they are no classes"
        )
    if len(rows) != n_samples:
        raise MisuseError(
            f"outputs has {len(rows)} rows but the activations have {n_samples}; pass the "
            "outputs for the same samples"
        )
    if kind == "probabilities":
        _check_probabilities(rows)
    return rows


def _check_probabilities(rows: Array) -> None:
    finite = rows[np.isfinite(rows).all(axis=1)]
    if len(finite) and not (finite.min() >= 0 and finite.max() <= 1 + SUM_TOLERANCE):
        raise MisuseError(
            "outputs_kind='probabilities' needs outputs in [0, 1], but they are "
            f"{finite.min():.3g} to {finite.max():.3g}; pass outputs_kind='logits'"
        )
    sums = finite.sum(axis=1)
    if rows.shape[1] > 1 and len(finite) and np.abs(sums - 1).max() > SUM_TOLERANCE:
        worst = sums[np.abs(sums - 1).argmax()]
        raise MisuseError(
            "outputs_kind='probabilities' needs outputs that add up to 1 for each sample, but "
            f"those of one add up to {worst:.3g}; leave outputs out where several classes may "
            "hold at once"
        )


def _head(
    head: Any,
    activations: Mapping[str, Array],
    width: int,
    outputs: Array,
    kind: OutputsKind,
    fed_by: str | None,
) -> tuple[str, dict[str, Array]]:
    """Returns the layer that feeds the head, and the head's tensors."""
    named, pair = _pair(head, activations)
    kernel, bias = _weights(pair, width)
    candidates = {name: rows for name, rows in activations.items() if named in (None, name)}
    fitting = {n: rows for n, rows in candidates.items() if rows.shape[1] == len(kernel)}
    if kernel.shape[1] != width or not fitting:
        raise _misshapen(kernel, candidates, width)
    tensors = head_tensors(kernel, bias, is_binary=width == 1)
    found = [name for name, rows in fitting.items() if _gives(tensors, rows, outputs, kind)]
    if fed_by in found:
        return str(fed_by), tensors
    if not found:
        raise MisuseError(
            f"head does not give the outputs: activations of {listed(fitting, 'or')} times "
            "the kernel, plus the bias, are others; pass kernel and bias with which these "
            "outputs were computed, of the layer that the recorded one feeds directly"
            + (", and the kernel as (n_units, n_classes)" if len(kernel) == width else "")
        )
    if len(found) > 1:
        raise MisuseError(
            f"head gives the outputs from each of {listed(found)}, so nothing tells which one "
            f"feeds it; name it: head={{{found[-1]!r}: (kernel, bias)}}"
        )
    return found[0], tensors


def _pair(head: Any, activations: Mapping[str, Array]) -> tuple[str | None, Any]:
    named = None
    if isinstance(head, Mapping):
        if len(head) != 1:
            raise MisuseError(
                f"head must name one layer, not {listed(head)}; pass "
                "head={'fc1': (kernel, bias)}"
            )
        ((named, head),) = head.items()
        if named not in activations:
            raise MisuseError(no_such("layer", named, activations, "activations"))
    if not isinstance(head, list | tuple) or len(head) != 2:
        raise MisuseError(
            f"head must be a pair (kernel, bias), not {as_typed(head)}; pass (kernel, None) "
            "where there is no bias"
        )
    return named, head


def _weights(pair: Any, width: int) -> tuple[Array, Array]:
    kernel = numbers("the kernel of head", pair[0])
    if kernel.ndim != 2:
        raise MisuseError(
            f"the kernel of head has shape {kernel.shape}, not (n_units, n_classes); pass the "
            "weights of a dense layer"
        )
    if len(kernel) * max(2, width) * 4 > MAX_HEAD_BYTES:
        raise MisuseError(
            f"the kernel of head has {len(kernel) * width * 4} bytes as float32, but at most "
            f"{MAX_HEAD_BYTES} are recorded; leave head out"
        )
    bias = np.zeros(width, np.float32)
    if pair[1] is not None:
        bias = numbers("the bias of head", pair[1])
    if bias.shape != (width,):
        raise MisuseError(
            f"the bias of head has shape {bias.shape}, but outputs has {width} columns; pass "
            f"({width},), or None where there is no bias"
        )
    return kernel, bias


def _misshapen(kernel: Array, activations: Mapping[str, Array], width: int) -> MisuseError:
    units = {name: rows.shape[1] for name, rows in activations.items()}
    remedy = "pass the weights of the layer that makes the outputs of one of them"
    if len(kernel) == width and kernel.shape[1] in units.values():
        remedy = "pass its transpose: PyTorch's Linear keeps (n_classes, n_units)"
    wide = listed(f"{name} ({count})" for name, count in units.items())
    return MisuseError(
        f"the kernel of head has shape {kernel.shape}, not (n_units, {width}) with the units "
        f"of a recorded layer: {wide}; {remedy}"
    )


def _gives(
    tensors: dict[str, Array], activations: Array, outputs: Array, kind: OutputsKind
) -> bool:
    """Whether a head gives the outputs, on samples where that can be told."""
    finite = np.isfinite(activations).all(axis=1) & np.isfinite(outputs).all(axis=1)
    known = np.flatnonzero(finite)
    if not len(known) or not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        return True
    some = known[:: -(-len(known) // MAX_COMPARED)]
    return tensors_reproduce_outputs(
        tensors, activations[some], outputs[some], kind, LOW_PRECISION_TOLERANCE
    )


def numbers(name: str, value: Any) -> Array:
    """Returns an array or tensor of any library as float32.

    Raises:
        MisuseError: It holds no numbers.
    """
    array = as_array(value)
    wrong = f"{name} must be an array of numbers, not of dtype {array.dtype}; convert it first"
    if array.dtype.kind in "cSUmM":
        # NumPy would drop imaginary parts, read digits, and count nanoseconds.
        raise MisuseError(wrong)
    try:
        return array.astype(np.float32, copy=False)
    except (TypeError, ValueError) as error:
        raise MisuseError(wrong) from error
