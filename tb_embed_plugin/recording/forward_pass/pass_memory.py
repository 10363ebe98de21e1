"""The memory that a forward pass needs, as each of Keras' backends reports it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tb_embed_plugin.recording.forward_pass.backends import (
    ForwardFunction,
    inference_mode,
    pure_pass,
    tensor_spec,
    traced_pass,
)


def bytes_per_sample(model: Any, forward: ForwardFunction, probe: Any, *, trainer: Any) -> int:
    """Returns the memory that the compiled pass needs for one more sample, in bytes.

    From the backend's reports on passes of 2 and of 4 samples: TensorFlow's graph lists its
    tensors, of which not all live at once; JAX's compiler reports its buffers, and the largest
    operation is a lower bound; PyTorch's operations report what they return. 0 where the
    backend reports nothing, and where the model runs eagerly.

    Args:
        model: A built Keras model.
        trainer: The trained model: the same one, or one that contains it.
        forward: Calls the model with `training=False`.
        probe: A structure of tensors (n, ...).
    """
    if getattr(trainer, "run_eagerly", False):
        return 0
    count = keras.tree.flatten(probe)[0].shape[0]
    measures = {
        "tensorflow": _tensorflow_bytes,
        "jax": _jax_bytes,
        "torch": _torch_bytes,
    }
    measure: Callable[[Any, ForwardFunction, Any, int], int] = measures[keras.backend.backend()]

    def of(n_samples: int) -> int:
        if keras.backend.backend() == "tensorflow":
            return measure(model, forward, probe, n_samples)
        rows = np.arange(n_samples) % count
        taken = keras.tree.map_structure(lambda tensor: tensor[rows], probe)
        return measure(model, forward, taken, n_samples)

    return max(0, (of(4) - of(2)) // 2)


def _tensorflow_bytes(model: Any, forward: ForwardFunction, probe: Any, n_samples: int) -> int:

    signature = keras.tree.map_structure(lambda leaf: tensor_spec(leaf, n_samples), probe)
    traced = traced_pass(model, forward, signature)
    graph = traced.get_concrete_function().graph
    shapes = [
        (output.shape.as_list(), output.dtype.size)
        for operation in graph.get_operations()
        for output in operation.outputs
        if output.shape.rank is not None
    ]
    # The bodies of loops and branches, whose values take 4 bytes as a rule.
    for function in graph.as_graph_def(add_shapes=True).library.function:
        for node in function.node_def:
            for shape in node.attr["_output_shapes"].list.shape:
                sides = None if shape.unknown_rank else [side.size for side in shape.dim]
                shapes.append((sides, 4))
    known: list[tuple[list[int], int]] = [
        (shape, int(size))
        for shape, size in shapes
        if shape is not None and all(side is not None and side >= 0 for side in shape)
    ]
    return sum(math.prod(shape) * size for shape, size in known)


def _jax_bytes(model: Any, forward: ForwardFunction, batch: Any, n_samples: int) -> int:
    import jax

    pure, state = pure_pass(model, forward)
    # On a CPU, libraries that compute parts of it do not report their memory.
    largest = _largest_equation(jax.make_jaxpr(pure)(state, batch).jaxpr)
    analysis = jax.jit(pure).lower(state, batch).compile().memory_analysis()
    if analysis is None:
        return largest
    said = int(analysis.temp_size_in_bytes) + int(analysis.output_size_in_bytes)
    return max(said, largest)


def _largest_equation(jaxpr: Any) -> int:
    """Returns the bytes of inputs and outputs of the largest operation."""
    largest = 0
    for equation in jaxpr.eqns:
        inner = [value for value in equation.params.values() if hasattr(value, "jaxpr")]
        if inner:
            largest = max(largest, *(_largest_equation(one.jaxpr) for one in inner))
            continue
        kinds = [value.aval for value in (*equation.invars, *equation.outvars)]
        sizes = [math.prod(kind.shape) * kind.dtype.itemsize for kind in kinds]
        largest = max(largest, sum(sizes))
    return largest


def _torch_bytes(model: Any, forward: ForwardFunction, batch: Any, n_samples: int) -> int:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Counting(TorchDispatchMode):  # type: ignore[misc] # PyTorch is untyped here
        total = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            returned = func(*args, **(kwargs or {}))
            for leaf in keras.tree.flatten(returned):
                if isinstance(leaf, torch.Tensor):
                    self.total += leaf.numel() * leaf.element_size()
            return returned

    with inference_mode(model), Counting() as counting:
        forward(batch)
    return int(counting.total)
