"""One compiled forward pass on each of Keras' backends.

Whatever the model changes in a pass, seeds of random layers or statistics, is thrown away:
training goes on as if nobody had looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import keras

from tb_embed_plugin.errors import MisuseError

Forward = Callable[[Any], dict[str, Any]]
"""A structure of arrays (n, ...) in, tensors (n, n_units) by name out."""

CompiledPass = Callable[[Any], Mapping[str, Any]]
"""A structure of arrays in, what NumPy takes as float32 arrays (n, n_units) out."""


MAX_HELD_BYTES = 1 << 26
"""A larger x is not copied for TensorFlow."""


@contextmanager
def inference(model: Any) -> Iterator[None]:
    """Lets a model be called inside of the `with` block without a trace of it afterwards."""
    with keras.StatelessScope():
        if keras.backend.backend() == "torch":
            with _torch_inference(model):
                yield
        else:
            yield


def compile_pass(model: Any, forward: Forward, batch: Any) -> CompiledPass:
    """Compiles `forward` for batches like `batch`, reading the model's weights of the moment.

    Args:
        model: A built Keras model.
        forward: Calls the model with `training=False`.
        batch: A structure of arrays (n, ...), or of tensors: the first of those to come.

    Raises:
        MisuseError: It hands out what a loop inside of the model computes.
    """
    compilers = {
        "tensorflow": _compile_for_tensorflow,
        "jax": _compile_for_jax,
        "torch": _compile_for_torch,
    }
    backend = keras.backend.backend()
    if backend not in compilers:
        raise MisuseError(
            f"expected Keras on one of its backends {list(compilers)}; received {backend!r}; "
            "set KERAS_BACKEND to one of them"
        )
    return compilers[backend](model, forward, batch)


def hold_batches(x: Any, batch_size: int) -> list[Any]:
    """Returns x in batches: views, or tensors where they are worth their memory.

    TensorFlow copies every array that it is called with, each time. An x of moderate size is
    copied once instead.
    """
    n_samples = len(keras.tree.flatten(x)[0])
    batches = [
        keras.tree.map_structure(lambda array, i=i: array[i : i + batch_size], x)
        for i in range(0, n_samples, batch_size)
    ]
    size = sum(array.nbytes for array in keras.tree.flatten(x))
    if keras.backend.backend() != "tensorflow" or size > MAX_HELD_BYTES:
        return batches
    import tensorflow as tf

    with tf.device("CPU"):
        return [keras.tree.map_structure(tf.constant, batch) for batch in batches]


def _compile_for_tensorflow(model: Any, forward: Forward, batch: Any) -> CompiledPass:
    import tensorflow as tf

    def compiled(batch: Any) -> dict[str, Any]:
        with inference(model):
            return forward(batch)

    if getattr(model, "run_eagerly", False):
        return compiled
    signature = keras.tree.map_structure(
        lambda array: tf.TensorSpec((None, *array.shape[1:]), array.dtype), batch
    )
    # Keras calls models without autograph, too.
    traced = tf.function(compiled, input_signature=[signature], autograph=False)
    try:
        traced.get_concrete_function()
    except ValueError as error:
        # TensorFlow has no public name for the error of a tensor from an inner graph.
        if type(error).__name__ == "InaccessibleTensorError":
            raise inside_a_loop() from error
        raise
    return cast(CompiledPass, traced)


def _compile_for_jax(model: Any, forward: Forward, batch: Any) -> CompiledPass:
    import jax

    def pure(state: list[Any], batch: Any) -> dict[str, Any]:
        mapping = list(zip(model.variables, state, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return forward(keras.tree.map_structure(keras.ops.convert_to_tensor, batch))

    jitted = jax.jit(pure)

    def compiled(batch: Any) -> Mapping[str, Any]:
        # In the middle of an epoch the weights are in the train step's own hands.
        model.jax_state_sync()
        state = [variable.value for variable in model.variables]
        return cast(Mapping[str, Any], jitted(state, batch))

    try:
        compiled(batch)  # JAX compiles, and finds the mistake, when it is called first
    except jax.errors.UnexpectedTracerError as error:
        raise inside_a_loop() from error
    return compiled


def _compile_for_torch(model: Any, forward: Forward, batch: Any) -> CompiledPass:
    import torch

    def compiled(batch: Any) -> Mapping[str, Any]:
        with inference(model):
            device = _torch_device(model)
            tensors = keras.tree.map_structure(
                lambda array: torch.as_tensor(array, device=device), batch
            )
            return {name: value.cpu().numpy() for name, value in forward(tensors).items()}

    return compiled


@contextmanager
def _torch_inference(model: Any) -> Iterator[None]:
    """No gradients, evaluation mode, on the model's own device; all as it was afterwards."""
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


def inside_a_loop() -> MisuseError:
    """Returns the error for a layer whose output is not there once the model has returned."""
    return MisuseError(
        "expected layers whose output is there once the model has returned; received one that "
        "is called inside of a loop or branch, such as the cell of an RNN; choose the layer "
        "around it"
    )
