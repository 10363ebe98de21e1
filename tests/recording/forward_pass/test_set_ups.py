"""Models, layers and inputs of every set-up that people train, each against NumPy or Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.cli import main
from tb_embed_plugin.recording.forward_pass import free_memory
from tb_embed_plugin.recording.forward_pass.forward_pass import trace_forward_pass
from tb_embed_plugin.recording.samples.samples import Samples, prepare_samples
from tests.harness import read_run

layers = keras.layers
RNG = np.random.default_rng(0)
X = RNG.random((20, 8), np.float32)
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def prepare(x: Any, **options: Any) -> Samples:
    nothing = {
        "labels": None,
        "images": None,
        "metadata": None,
        "image_shape": None,
        "invert_images": False,
    }
    return prepare_samples(x, floatx="float32", **nothing | options)


def classifier(*first: Any, last: Any = None, loss: Any = LOGITS) -> Any:
    model = keras.Sequential([*first, layers.Dense(6, "relu", name="fc1"), last or dense(3)])
    model.compile("sgd", loss)
    return model


def dense(units: int, activation: str | None = None) -> Any:
    return layers.Dense(units, activation, name="classes")


# --- Layers that Keras calls by another door


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantized_layers_are_captured(mode: str) -> None:
    model = classifier(keras.Input((8,)))
    model.quantize(mode)
    forward = trace_forward_pass(model, ["fc1"], X)

    np.testing.assert_allclose(forward.run()["fc1"], np.asarray(model.layers[0](X)), atol=1e-6)
    # Its kernel in full precision is not what makes the logits.
    assert forward.outputs is not None
    assert forward.outputs.head is None
    assert "no decision regions" in forward.notes[0]


@pytest.mark.parametrize("mode", ["full", "activations", "list_of_layers"])
def test_rematerialized_layers_are_captured(mode: str) -> None:
    names = {"layer_names": ["fc1"]} if mode == "list_of_layers" else {}
    with keras.RematScope(mode=mode, **names):
        model = classifier(keras.Input((8,)))
    kernel, bias = model.layers[0].get_weights()

    recorded = trace_forward_pass(model, ["fc1"], X).run()["fc1"]
    np.testing.assert_allclose(recorded, np.maximum(X @ kernel + bias, 0), atol=1e-6)


# --- Which layer


def stateful() -> Any:
    inputs = keras.Input(batch_shape=(4, 7, 5))
    recurrent = layers.LSTM(6, stateful=True, name="lstm")
    model = keras.Model(inputs, layers.Dense(3)(recurrent(inputs)))
    model.compile("sgd", LOGITS)
    return model


def recurrent(**options: Any) -> Any:
    model = keras.Sequential(
        [keras.Input((7, 5)), layers.LSTM(6, name="lstm", **options), dense(3)]
    )
    model.compile("sgd", LOGITS)
    return model


class TanhBetween(keras.Model):  # type: ignore[misc] # Keras is untyped
    """Computes between an RNN and the output layer without a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = layers.RNN(layers.GRUCell(6))
        self.classes = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.classes(keras.ops.tanh(2 * self.rnn(x)))


@pytest.mark.parametrize(
    ("build", "expected"),
    [(recurrent, "lstm"), (lambda: recurrent(unroll=True), "lstm"), (TanhBetween, "rnn")],
)
def test_auto_is_the_rnn_and_not_its_cell(build: Callable[[], Any], expected: str) -> None:
    forward = trace_forward_pass(build(), ["auto"], RNG.random((10, 7, 5), np.float32))

    assert [layer.name for layer in forward.layers] == [expected]
    assert forward.run()[expected].shape == (10, 6)


def nested() -> Any:
    encoder = keras.Sequential(
        [layers.Dense(5, name="a"), layers.Dense(4, name="b")], name="encoder"
    )
    return keras.Sequential([keras.Input((8,)), encoder, layers.Dense(3, name="c")])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["encoder/*"], ["encoder/a", "encoder/b"]),
        (["**/[!a]"], ["encoder/b"]),
        (["encoder/?", "c"], ["c", "encoder/a", "encoder/b"]),
        (["encoder/a", "**"], ["encoder/a", "encoder", "encoder/b", "c"]),
    ],
)
def test_patterns_name_layers(asked: list[str], expected: list[str]) -> None:
    forward = trace_forward_pass(nested(), asked, X)

    assert {layer.name for layer in forward.layers} == set(expected)


def test_layers_themselves_are_taken() -> None:
    model = nested()
    inner = model.layers[0].layers[0]

    assert trace_forward_pass(model, [inner], X).layers[0].name == "encoder/a"
    with pytest.raises(MisuseError, match="the model has no layer"):
        trace_forward_pass(model, [layers.Dense(2)], X)


def test_a_name_near_another_is_asked_for() -> None:
    with pytest.raises(MisuseError, match="did you mean 'fc1'"):
        trace_forward_pass(classifier(keras.Input((8,))), ["fc_1"], X)
    with pytest.raises(MisuseError, match=r"no layer 'decoder/\*'"):
        trace_forward_pass(nested(), ["decoder/*"], X)


# --- Which model


class Adversaries(keras.Model):  # type: ignore[misc] # Keras is untyped
    """As Keras' example of a GAN: two models, a training step, no call."""

    def __init__(self) -> None:
        super().__init__()
        self.discriminator = keras.Sequential(
            [keras.Input((8,)), layers.Dense(6, "relu", name="hidden"), layers.Dense(1)]
        )
        self.generator = keras.Sequential([keras.Input((2,)), layers.Dense(8)])


def test_a_model_without_call_says_what_to_pass() -> None:
    with pytest.raises(MisuseError, match=r"Adversaries has no call\(\).*\.discriminator"):
        trace_forward_pass(Adversaries(), ["auto"], X)


def test_a_part_of_the_model_is_recorded() -> None:
    model = Adversaries()
    forward = trace_forward_pass(model, ["auto"], X, of=model.discriminator)
    kernel, bias = model.discriminator.layers[0].get_weights()

    expected = np.maximum(X @ kernel + bias, 0)
    np.testing.assert_allclose(forward.run()["hidden"], expected, atol=1e-6)
    # It is passed with the weights of then.
    model.discriminator.layers[0].set_weights([2 * kernel, 2 * bias])
    np.testing.assert_allclose(forward.run()["hidden"], 2 * expected, atol=1e-5)


def test_a_function_of_a_batch_is_recorded() -> None:
    model = Adversaries()
    first = model.discriminator.layers[0]
    forward = trace_forward_pass(
        model, ["auto"], X, of=lambda batch: {"twice": 2 * first(batch), "maps": batch[:, None]}
    )

    recorded = forward.run()
    np.testing.assert_allclose(recorded["twice"], 2 * np.asarray(first(X)), atol=1e-6)
    np.testing.assert_allclose(recorded["maps"], X, atol=1e-6)
    with pytest.raises(MisuseError, match=r"return a dict"):
        trace_forward_pass(model, ["auto"], X, of=lambda batch: batch)


# --- What x may be


def texts_model() -> Any:
    vectorize = layers.TextVectorization(max_tokens=20, output_sequence_length=5)
    vectorize.adapt(["a b c", "b c", "a"])
    return classifier(
        keras.Input((), dtype="string"),
        vectorize,
        layers.Embedding(20, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
    )


TEXTS = ["a b c", "b c", "a", "c ü\t"] * 4


@pytest.mark.parametrize(
    "form",
    [
        np.array,
        lambda texts: np.array(texts, object),
        tf.constant,
        lambda texts: tf.data.Dataset.from_tensor_slices(texts).batch(3),
        lambda texts: {"review": np.array(texts)},
    ],
    ids=["str array", "object array", "tensor", "dataset", "dict"],
)
def test_texts_are_inputs_and_a_column(form: Callable[[Any], Any]) -> None:
    model = texts_model()
    samples = prepare(form(TEXTS))
    column = samples.columns[-1]

    assert column.name == ("review" if isinstance(form(TEXTS), dict) else "text")
    assert list(column.cells) == TEXTS
    x = samples.x["review"] if isinstance(samples.x, dict) else samples.x
    expected = np.asarray(keras.Sequential(model.layers[:-1])(tf.constant(TEXTS)))
    recorded = trace_forward_pass(model, ["fc1"], x).run()["fc1"]
    np.testing.assert_allclose(recorded, expected, atol=1e-6)


def test_other_texts_are_other_samples() -> None:
    changed = [*TEXTS[:-1], "another"]

    assert prepare(np.array(TEXTS)).fingerprint == prepare(np.array(TEXTS, object)).fingerprint
    assert prepare(np.array(TEXTS)).fingerprint != prepare(np.array(changed)).fingerprint


SPARSE: Any = scipy.sparse.random(30, 8, 0.2, format="csr", dtype=np.float32, random_state=0)


@pytest.mark.parametrize(
    "form",
    [
        lambda: SPARSE,
        SPARSE.tocoo,
        lambda: tf.sparse.from_dense(SPARSE.toarray()),
        lambda: tf.data.Dataset.from_tensor_slices(
            tf.sparse.from_dense(SPARSE.toarray())
        ).batch(7),
    ],
    ids=["csr", "coo", "SparseTensor", "dataset"],
)
@pytest.mark.parametrize("max_samples", [None, 11])
def test_sparse_rows(form: Callable[[], Any], max_samples: int | None) -> None:
    model = classifier(keras.Input((8,)))
    samples = prepare(form(), max_samples=max_samples)
    rows = [int(cell) for cell in samples.columns[0].cells]
    kernel, bias = model.layers[0].get_weights()

    expected = np.maximum(SPARSE.toarray()[rows] @ kernel + bias, 0)
    recorded = trace_forward_pass(model, ["fc1"], samples.x, batch_size=4).run()["fc1"]
    np.testing.assert_allclose(recorded, expected, atol=1e-6)
    assert len(rows) == (max_samples or 30)


RAGGED = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 1]] * 3


@pytest.mark.parametrize("in_batches", [False, True])
def test_ragged_rows(*, in_batches: bool) -> None:
    tokens = layers.Embedding(10, 4)
    model = classifier(
        keras.Input((None,), dtype="int32", ragged=True),
        tokens,
        layers.GlobalAveragePooling1D(name="mean"),
    )
    x: Any = tf.ragged.constant(RAGGED, tf.int32)
    if in_batches:
        x = tf.data.Dataset.from_tensor_slices(x).batch(5)
    samples = prepare(x, max_samples=7)
    rows = [int(cell) for cell in samples.columns[0].cells]
    recorded = trace_forward_pass(model, ["mean"], samples.x, batch_size=3).run()["mean"]

    vectors = tokens.get_weights()[0]
    expected = [vectors[RAGGED[row]].mean(axis=0) for row in rows]
    np.testing.assert_allclose(recorded, expected, atol=1e-6)


def test_an_error_of_the_model_says_whose_x_is_meant() -> None:
    with pytest.raises(
        MisuseError, match=r"does not accept x of EmbeddingCheckpoint.*\(3, 8\)"
    ):
        trace_forward_pass(classifier(keras.Input((7,))), ["fc1"], X)
    with pytest.raises(MisuseError, match=r"list of 20 arrays is taken for 20 inputs; np\."):
        trace_forward_pass(classifier(keras.Input((8,))), ["fc1"], list(X))


# --- Masks


def with_a_mask_as_input() -> tuple[Any, dict[str, NDArray[Any]], NDArray[np.float64]]:
    """A model, its inputs, and the mean of the tokens that count."""
    tokens, padding = (
        keras.Input((6,), name="token_ids"),
        keras.Input((6,), name="padding_mask"),
    )
    embedding = layers.Embedding(10, 4, name="words")
    inputs = {"token_ids": tokens, "padding_mask": padding}
    model = keras.Model(inputs, layers.Dense(3)(embedding(tokens)[:, 0]))
    x: dict[str, NDArray[Any]] = {
        "token_ids": RNG.integers(0, 10, (9, 6)),
        "padding_mask": (np.arange(6) < RNG.integers(1, 7, (9, 1))).astype(np.int32),
    }
    vectors, kept = embedding.get_weights()[0][x["token_ids"]], x["padding_mask"][..., None]
    return model, x, (vectors * kept).sum(axis=1) / kept.sum(axis=1)


@pytest.mark.parametrize(
    "mask",
    [
        lambda x: None,
        lambda x: "padding_mask",
        lambda x: x["padding_mask"],
        lambda x: lambda batch: batch["padding_mask"],
    ],
    ids=["by its name", "key", "array", "function"],
)
def test_what_a_mask_leaves_out_is_not_pooled(mask: Any) -> None:
    model, x, expected = with_a_mask_as_input()
    recorded = trace_forward_pass(model, ["words"], x, mask=mask(x), batch_size=4).run()[
        "words"
    ]

    np.testing.assert_allclose(recorded, expected, atol=1e-6)


def test_a_mask_that_fits_nothing_is_refused() -> None:
    model, x, _ = with_a_mask_as_input()
    for mask, message in [
        ("attention", "x has no input 'attention'"),
        (np.ones((3, 6)), r"shape \(3, 6\) but x has 9 samples"),
        (np.ones((9, 5)), "no recorded layer returns a sequence of as many tokens"),
    ]:
        with pytest.raises(MisuseError, match=message):
            trace_forward_pass(model, ["words"], x, mask=mask)


# --- Outputs and heads


class Capped(keras.layers.Dense):  # type: ignore[misc] # Keras is untyped
    """A Dense whose logits are capped, as some language models have them."""

    def call(self, x: Any) -> Any:
        return 0.5 * keras.ops.tanh(super().call(x) / 0.5)


class Scaled(keras.layers.Dense):  # type: ignore[misc] # Keras is untyped
    """A Dense with a temperature."""

    def call(self, x: Any) -> Any:
        return super().call(x) / 2


@pytest.mark.parametrize("last", [Capped, Scaled])
def test_a_head_that_does_not_give_the_outputs_is_not_recorded(last: Any) -> None:
    forward = trace_forward_pass(
        classifier(keras.Input((8,)), last=last(3, name="classes")), ["fc1"], X
    )

    assert forward.outputs is not None
    assert forward.outputs.head is None
    (note,) = forward.notes
    assert note == (
        "The weights of the output layer 'classes' are not recorded, since they do not "
        "reproduce the model's outputs from 'fc1'; there will be no decision regions."
    )


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("activation", [None, "softmax"])
def test_a_head_that_gives_the_outputs_is_recorded(policy: str, activation: str | None) -> None:
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(6, "relu", name="fc1", dtype=policy),
            layers.Dense(3, activation, dtype=policy),
        ]
    )
    model.compile("sgd", LOGITS if activation is None else "sparse_categorical_crossentropy")
    # Steep, so that some probabilities are nearly 0.
    model.layers[1].set_weights([20 * weights for weights in model.layers[1].get_weights()])

    outputs = trace_forward_pass(model, ["fc1"], X).outputs
    assert outputs is not None
    assert outputs.head == "fc1"


@pytest.mark.parametrize(
    ("activation", "loss", "said"),
    [("softmax", "sparse_categorical_crossentropy", True), (None, "mse", False)],
)
def test_too_many_classes_are_told(activation: str | None, loss: str, *, said: bool) -> None:
    hidden = layers.Dense(4, "relu", name="fc1")
    model = keras.Sequential([keras.Input((8,)), hidden, layers.Dense(1001, activation)])
    model.compile("sgd", loss)

    found = trace_forward_pass(model, ["fc1"], X)
    assert found.outputs is None
    told = "have 1,001 classes and at most 1,000 are recorded: predictions, and what follows"
    assert [told in note for note in found.notes] == [True] * said


def test_outputs_are_what_somebody_says() -> None:
    model = classifier(keras.Input((8,)), loss=lambda y, p: keras.ops.mean(p))

    silent = trace_forward_pass(model, ["fc1"], X)
    assert silent.outputs is None
    (note,) = silent.notes
    assert note == (
        "The model's outputs are not recorded, since its loss does not tell whether they are "
        "logits or probabilities; pass outputs='logits' or outputs='probabilities'."
    )
    said = trace_forward_pass(model, ["fc1"], X, outputs="logits")
    assert said.outputs is not None
    assert (said.outputs.kind, said.outputs.head, said.notes) == ("logits", "fc1", ())
    assert trace_forward_pass(model, ["fc1"], X, outputs=None).notes == ()
    with pytest.raises(MisuseError, match=r"needs outputs in \[0, 1\], but"):
        trace_forward_pass(model, ["fc1"], X, outputs="probabilities")


def test_a_regression_is_told_nothing_of_outputs() -> None:
    assert trace_forward_pass(classifier(keras.Input((8,)), loss="mse"), ["fc1"], X).notes == ()


# --- In trainings


def adversarial() -> Any:
    """A model without call, whose own step trains one of its parts."""

    class Trained(Adversaries):
        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            with tf.GradientTape() as tape:
                errors = self.discriminator(x, training=True)[:, 0] - tf.cast(y, tf.float32)
                loss = tf.reduce_mean(errors**2)
            weights = self.discriminator.trainable_weights
            self.optimizer.apply_gradients(
                zip(tape.gradient(loss, weights), weights, strict=True)
            )
            return {"loss": loss}

    model = Trained()
    model.compile("sgd")
    return model


def masked() -> Any:
    model = with_a_mask_as_input()[0]
    model.compile("sgd", LOGITS)
    return model


def float8() -> Any:
    model = classifier(keras.Input((8,)))
    model.quantize("float8")
    return model


def ragged() -> Any:
    return classifier(
        keras.Input((None,), dtype="int32", ragged=True),
        layers.Embedding(10, 4),
        layers.GlobalAveragePooling1D(),
    )


IN_TRAININGS: dict[str, tuple[Callable[[], Any], Any, Callable[[Any], dict[str, Any]]]] = {
    "a part of a model without call": (
        adversarial,
        X,
        lambda model: {"model": model.discriminator, "layers": "hidden"},
    ),
    "a function": (
        adversarial,
        X,
        lambda model: {"model": lambda x: {"h": model.discriminator.layers[0](x)}},
    ),
    "a mask": (masked, with_a_mask_as_input()[1], lambda model: {"layers": "words"}),
    "a layer itself": (
        lambda: classifier(keras.Input((8,))),
        X,
        lambda model: {"layers": model.layers[0]},
    ),
    "texts": (texts_model, tf.constant(TEXTS), lambda model: {}),
    "sparse rows": (lambda: classifier(keras.Input((8,))), SPARSE, lambda model: {}),
    "ragged rows": (ragged, tf.ragged.constant(RAGGED, tf.int32), lambda model: {}),
    "float8 layers": (float8, X, lambda model: {}),
    "a stateful RNN": (stateful, RNG.random((8, 7, 5), np.float32), lambda model: {}),
}


@pytest.mark.parametrize("kind", IN_TRAININGS)
def test_weights_and_history_are_those_without_the_callback(tmp_path: Path, kind: str) -> None:
    build, x, options = IN_TRAININGS[kind]
    n_samples = len(next(iter(x.values()))) if isinstance(x, dict) else x.shape[0]
    y = np.arange(n_samples) % 3

    def trained(*, recorded: bool) -> tuple[list[NDArray[Any]], Any]:
        keras.utils.set_random_seed(1)
        model = build()
        callbacks = []
        if recorded:
            callbacks = [EmbeddingCheckpoint(tmp_path, x, y, **options(model))]
        history = model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=callbacks)
        return model.get_weights(), history.history

    plain, call_hooks = trained(recorded=False), trained(recorded=True)
    for before, after in zip(plain[0], call_hooks[0], strict=True):
        np.testing.assert_array_equal(before, after)
    assert plain[1] == call_hooks[1]
    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    first, last = (run.snapshot(run.layers[0].name, step) for step in (0, 2))
    assert first.shape[0] == n_samples
    assert not np.array_equal(first, last)


def test_what_is_not_recorded_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = (RNG.random((20, 16, 16, 3)) * 2 - 1).astype(np.float32)
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), layers.Flatten(), layers.Dense(4, name="fc1"), dense(3)]
    )
    model.compile("sgd", lambda y, p: keras.ops.mean(p))
    with caplog.at_level("INFO", "tb_embed_plugin"):
        callback = EmbeddingCheckpoint(tmp_path, images, verbose=True)
        model.fit(images, np.zeros(20), verbose=0, callbacks=[callback])

    assert "The thumbnails show x, scaled from -1..1; pass images= for others." in caplog.text
    assert "The model's outputs are not recorded, since its loss does not tell" in caplog.text
    sprite = read_run(tmp_path).manifest.sprite
    assert sprite is not None
    assert sprite.scaling == "scaled from -1..1"


def test_what_does_not_fit_into_memory_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(free_memory, "free_memory", lambda: 100)
    model = classifier(keras.Input((8,)))
    with pytest.warns(RuntimeWarning, match=r"records nothing: one snapshot of 20 samples"):
        history = model.fit(
            X, np.zeros(20), verbose=0, callbacks=[EmbeddingCheckpoint(tmp_path / "run", X)]
        )

    assert len(history.history["loss"]) == 1
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_none_of_keras_3_is_told_of_record() -> None:
    class OtherModel:
        pass

    with pytest.raises(MisuseError, match=r"models of Keras 3.*OtherModel.*\.record"):
        EmbeddingCheckpoint("unused", X).set_model(OtherModel())


# A nested model's output is its last layer's: one tensor, of which "auto" takes the outer name.
TABLE = """\
layer      class       shape of a sample
encoder    Sequential  4                  layers="auto"
encoder/a  Dense       5
encoder/b  Dense       4
c          Dense       3"""


def test_layers_are_listed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "tb_embed_plugin"):
        EmbeddingCheckpoint.describe(nested(), X)

    assert caplog.messages == [TABLE]


def test_layers_of_a_saved_model_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nested().save(tmp_path / "model.keras")

    assert main(["layers", str(tmp_path / "model.keras")]) == 0
    assert capsys.readouterr().out.strip() == TABLE
    (tmp_path / "other.keras").write_bytes(b"no model")
    assert main(["layers", str(tmp_path / "other.keras")]) == 1
    assert "other.keras cannot be loaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"outputs": "softmax"}, "outputs must be"),
        ({"model": 3}, "model must be"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    model = classifier(keras.Input((8,)))
    with pytest.raises(MisuseError, match=message):
        model.fit(
            X, np.zeros(20), verbose=0, callbacks=[EmbeddingCheckpoint("unused", X, **options)]
        )
