"""Keras' backends: the compiled forward pass on each of them.

Changes that a pass makes to the model, to random seeds or statistics, are discarded: the
training is not affected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import keras
import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.forward_pass.batched_pass import CompiledPass
from tb_embed_plugin.recording.samples.sparse_ragged import SparseRows, batch_of
from tb_embed_plugin.wording import listed

ForwardFunction = Callable[[Any], dict[str, Any]]
"""A function from a structure of arrays (n, ...) to tensors (n, n_units) by name."""


@contextmanager
def inference_mode(model: Any) -> Iterator[None]:
    """Lets a model be called inside of the `with` block without changing it."""
    with keras.StatelessScope():
        if keras.backend.backend() == "torch":
            with _torch_inference(model):
                yield
        else:
            yield


def compile_pass(
    model: Any, forward: ForwardFunction, batch: Any, *, trainer: Any
) -> CompiledPass:
    """Compiles `forward` for batches like `batch`; each call reads the model's present weights.

    Args:
        model: A built Keras model.
        forward: Calls the model with `training=False`.
        batch: A structure of arrays or tensors (n, ...): the first batch.
        trainer: The trained model: the same one, or one that contains it.

    Raises:
        MisuseError: A layer's output exists only inside of a loop of the model.
    """
    compilers = {
        "tensorflow": _compile_for_tensorflow,
        "jax": _compile_for_jax,
        "torch": _compile_for_torch,
    }
    backend = keras.backend.backend()
    if backend not in compilers:
        raise MisuseError(
            f"Keras runs on the backend {backend!r}, which is not supported; set "
            f"KERAS_BACKEND to {listed(compilers, 'or')}"
        )
    compiled = compilers[backend](model, forward, batch, trainer)
    if any(isinstance(leaf, SparseRows) for leaf in keras.tree.flatten(batch)):
        return lambda batch: compiled(_as_arrays(batch))
    return compiled


def _as_arrays(batch: Any) -> Any:
    """Returns a batch with its sparse rows as dense arrays."""
    return keras.tree.map_structure(batch_of, batch)


def tensorflow_constant(leaf: Any) -> Any:
    """Returns an array, also one of texts, as a TensorFlow tensor in main memory."""
    import tensorflow as tf

    with tf.device("CPU"):
        if not isinstance(leaf, np.ndarray):
            return leaf
        return tf.constant(leaf, tf.string) if leaf.dtype.kind == "O" else tf.constant(leaf)


def _compile_for_tensorflow(
    model: Any, forward: ForwardFunction, batch: Any, trainer: Any
) -> CompiledPass:

    def eager(batch: Any) -> dict[str, Any]:
        with inference_mode(model):
            return forward(batch)

    if getattr(trainer, "run_eagerly", False):
        return eager
    signature = keras.tree.map_structure(tensor_spec, _as_arrays(batch))
    return cast(CompiledPass, traced_pass(model, forward, signature))


def traced_pass(model: Any, forward: ForwardFunction, signature: Any) -> Any:
    """Returns the pass as a traced `tf.function`.

    Raises:
        MisuseError: A layer's output exists only inside of a loop of the model.
    """
    import tensorflow as tf

    def called(batch: Any) -> dict[str, Any]:
        with inference_mode(model):
            return forward(batch)

    # Keras calls models without autograph, too.
    traced = tf.function(called, input_signature=[signature], autograph=False)
    try:
        traced.get_concrete_function()
    except ValueError as error:
        # TensorFlow has no public name for the error of a tensor from an inner graph.
        if type(error).__name__ == "InaccessibleTensorError":
            raise inside_loop_error() from error
        raise
    return traced


def tensor_spec(leaf: Any, n_samples: int | None = None) -> Any:
    """Returns TensorFlow's signature of a leaf, for any number of rows or `n_samples`."""
    import tensorflow as tf

    if isinstance(leaf, tf.RaggedTensor):
        shape = [n_samples, *leaf.shape[1:]]
        return tf.RaggedTensorSpec(shape, leaf.dtype, leaf.ragged_rank, leaf.row_splits.dtype)
    return tf.TensorSpec((n_samples, *leaf.shape[1:]), leaf.dtype)


def pure_pass(
    model: Any, forward: ForwardFunction
) -> tuple[Callable[[Any, Any], Any], list[Any]]:
    """Returns the pass as a function of the model's state and a batch, and that state."""

    def pure(state: list[Any], batch: Any) -> dict[str, Any]:
        mapping = list(zip(model.variables, state, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return forward(keras.tree.map_structure(keras.ops.convert_to_tensor, batch))

    return pure, [variable.value for variable in model.variables]


def _compile_for_jax(
    model: Any, forward: ForwardFunction, batch: Any, trainer: Any
) -> CompiledPass:
    import jax

    pure, _ = pure_pass(model, forward)
    jitted = jax.jit(pure)

    def compiled(batch: Any) -> Mapping[str, Any]:
        # In the middle of an epoch the train step holds the weights.
        trainer.jax_state_sync()
        state = [variable.value for variable in model.variables]
        return cast(Mapping[str, Any], jitted(state, batch))

    try:
        compiled(batch)  # JAX compiles, and notices the mistake, in the first call
    except jax.errors.UnexpectedTracerError as error:
        raise inside_loop_error() from error
    return compiled


def _compile_for_torch(
    model: Any, forward: ForwardFunction, batch: Any, trainer: Any
) -> CompiledPass:
    import torch

    def compiled(batch: Any) -> Mapping[str, Any]:
        with inference_mode(model):
            device = _torch_device(model)
            tensors = keras.tree.map_structure(
                lambda array: torch.as_tensor(array, device=device), batch
            )
            return {name: value.cpu().numpy() for name, value in forward(tensors).items()}

    return compiled


@contextmanager
def _torch_inference(model: Any) -> Iterator[None]:
    """No gradients, evaluation mode, on the model's device; restored afterwards."""
    import torch

    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad(), keras.device(str(_torch_device(model))):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _torch_device(model: Any) -> Any:
    import torch

    parameters = [v.value for v in model.variables if isinstance(v.value, torch.Tensor)]
    return parameters[0].device if parameters else torch.get_default_device()


def inside_loop_error() -> MisuseError:
    """Returns the error for a layer whose output is gone once the model has returned."""
    return MisuseError(
        "a layer inside of a loop or branch, such as the cell of an RNN, has no output "
        "once the model has returned; choose the layer around it"
    )
