"""MNIST with one hidden layer, fc1, in JAX: the network of `mnist_fc1.py`, by `record`."""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from tb_embed_plugin import record

Params = dict[str, jax.Array]


def initial_params(key: jax.Array) -> Params:
    """Returns the weights: 784 pixels, 200 hidden units, 10 digits."""
    of_hidden, of_logits = jax.random.split(key)
    return {
        "w1": jax.random.normal(of_hidden, (784, 200)) * (2 / 784) ** 0.5,
        "b1": jnp.zeros(200),
        "w2": jax.random.normal(of_logits, (200, 10)) * (1 / 200) ** 0.5,
        "b2": jnp.zeros(10),
    }


def hidden(params: Params, x: jax.Array) -> jax.Array:
    """Returns fc1, (n_samples, 200), of rows of pixels in [0, 1]."""
    return jax.nn.relu(x @ params["w1"] + params["b1"])


def logits_of(params: Params, fc1: jax.Array) -> jax.Array:
    """Returns the logits, (n_samples, 10)."""
    return fc1 @ params["w2"] + params["b2"]


@jax.jit  # type: ignore[untyped-decorator] # untyped without JAX
def update(
    params: Params, moments: Params, x: jax.Array, y: jax.Array
) -> tuple[Params, Params]:
    """Returns the weights after one batch, by gradient descent with momentum."""

    def loss(params: Params) -> jax.Array:
        scores = jax.nn.log_softmax(logits_of(params, hidden(params, x)))
        return -scores[jnp.arange(len(y)), y].mean()

    gradients = jax.grad(loss)(params)
    moments = jax.tree.map(lambda moment, slope: 0.9 * moment + slope, moments, gradients)
    return jax.tree.map(lambda value, moment: value - 0.05 * moment, params, moments), moments


def main() -> None:
    """Trains, recording how the test set is seen after every epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="an .npz file with MNIST's four arrays"
    )
    parser.add_argument("--logdir", type=Path, default=Path("logs"))
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    with np.load(options.data) as arrays:
        x_train, x_test = (
            arrays[name].reshape(-1, 784) / np.float32(255) for name in ("x_train", "x_test")
        )
        y_train, y_test = arrays["y_train"].astype(int), arrays["y_test"].astype(int)
    params = initial_params(jax.random.key(0))
    moments = jax.tree.map(jnp.zeros_like, params)
    rng = np.random.default_rng(0)

    for epoch in range(options.epochs + 1):
        if epoch:
            # Full batches alone: JAX would compile the last one anew.
            order = 5000 + rng.permutation(len(x_train) - 5000)
            for rows in order[: len(order) // 100 * 100].reshape(-1, 100):
                params, moments = update(params, moments, x_train[rows], y_train[rows])
        fc1 = hidden(params, x_test)
        record(
            options.logdir / "jax",
            epoch,
            {"fc1": fc1},
            outputs=logits_of(params, fc1),
            outputs_kind="logits",
            head=(params["w2"], params["b2"]),
            labels=y_test,
            images=x_test.reshape(-1, 28, 28),
            invert_images=True,
            epoch=epoch,
            finished=epoch == options.epochs,
            overwrite=epoch == 0,
        )
    print(f"tensorboard --logdir={options.logdir}")


if __name__ == "__main__":
    main()
