"""`record` with outputs and head: the callback's bytes and answers, and what is refused."""

from __future__ import annotations

import json
import pprint
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, EmbedError, MisuseError, record
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OUTPUTS_TENSOR
from tb_embed_plugin.metrics.rankings import RULES
from tb_embed_plugin.recording.model.given_outputs import read_outputs
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.server import routes
from tb_embed_plugin.server.response import Service
from tests.harness import read_run

STEPS = (0, 1, 2)
NAMES = [f"digit {i}" for i in range(10)]
RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Pair:
    """A training's run by the callback, and the same recorded by `record`."""

    callback: Path
    by_hand: Path


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory,
    digits: tuple[NDArray[np.float32], NDArray[np.int64]],
    make_model: Callable[..., Any],
) -> Pair:
    x, y = digits[0][:300], digits[1][:300]
    logs = tmp_path_factory.mktemp("logs")
    kept: dict[int, Mapping[str, NDArray[Any]]] = {}

    def keep(step: int, tensors: Mapping[str, NDArray[Any]]) -> None:
        kept[step] = {name: np.array(tensor) for name, tensor in tensors.items()}

    callback = EmbeddingCheckpoint(
        logs / "callback", x, y, layers=["fc1", "flatten"], class_names=NAMES, on_snapshot=keep
    )
    model = make_model(units=16, optimizer="adam")
    model.layers[0].name = "flatten"
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    for step, tensors in kept.items():
        record(
            logs / "by_hand",
            step,
            {name: tensors[name] for name in ("fc1", "flatten")},
            outputs=tensors[OUTPUTS_TENSOR],
            outputs_kind="probabilities",
            head=(tensors[HEAD_KERNEL_TENSOR][0], tensors[HEAD_BIAS_TENSOR][0, 0]),
            labels=y,
            class_names=NAMES,
            images=x,
            epoch=step,
            finished=step == STEPS[-1],
        )
    return Pair(logs / "callback", logs / "by_hand")


def test_the_bytes_are_those_of_the_callback(pair: Pair) -> None:
    for step in STEPS:
        for end in ("index", "data-00000-of-00001"):
            name = f"model.ckpt-{step}.{end}"
            assert (pair.callback / name).read_bytes() == (pair.by_hand / name).read_bytes()
    for name in ("metadata.tsv", "sprite_images.png", "projector_config.pbtxt", "checkpoint"):
        assert (pair.callback / name).read_bytes() == (pair.by_hand / name).read_bytes()
    manifests = [read_run(one).manifest for one in (pair.callback, pair.by_hand)]
    outputs = [manifest.outputs for manifest in manifests]
    assert outputs[0] == outputs[1]
    assert outputs[0] is not None
    assert (outputs[0].head, outputs[0].names) == ("fc1", tuple(NAMES))


QUESTIONS: list[tuple[str, dict[str, str]]] = [
    ("metadata", {}),
    ("sprite", {}),
    ("vectors", {"step": "2"}),
    ("projection", {}),
    ("quality", {}),
    ("catalog", {}),
    ("metrics", {}),
    ("sample_metrics", {"name": "margin"}),
    ("sample_metrics", {"name": "loss"}),
    ("sample_metrics", {"name": "confidence"}),
    *(("samples", {"rule": rule}) for rule in RULES),
    ("findings", {}),
    ("similarity", {}),
    ("confusion", {"step": "2"}),
    ("class_pair", {"first": "digit 1", "second": "digit 8"}),
    ("units", {"step": "2"}),
    ("regions", {}),
    ("neighbors", {"step": "2", "sample": "7"}),
    ("sample_history", {"sample": "7"}),
    ("neighbor_history", {"sample": "7"}),
]


@pytest.fixture(scope="module")
def answers(pair: Pair) -> Callable[[str, dict[str, str]], list[Any]]:
    service = Service(Logdir(pair.callback.parent, lambda: ["callback", "by_hand"]))

    def ask(route: str, query: dict[str, str]) -> list[Any]:
        found = []
        for run in ("callback", "by_hand"):
            arguments = Arguments({"run": run, "layer": "fc1", **query})
            for _ in range(50):
                content = decoded(routes.ROUTES[route](service, arguments).body)
                if not isinstance(content, dict) or content.get("state", "done") == "done":
                    break
            found.append(content)
        return found

    return ask


def decoded(body: bytes) -> Any:
    """Returns an answer's content, without what tells one run from another."""
    if body.startswith(b"{"):
        return without_names(json.loads(body))
    if body.startswith(b"\x89PNG"):
        return body
    (size,) = struct.unpack("<Q", body[:8])
    said = json.loads(body[8 : 8 + size]).get("__metadata__", {}).get("json", "null")
    tensors = safetensors.numpy.load(body)
    return without_names(json.loads(said)), {
        name: repr(value.tolist()) for name, value in tensors.items()
    }


def without_names(content: Any) -> Any:
    if isinstance(content, dict):
        names = ("version", "run", "wall_time")
        return {k: without_names(v) for k, v in content.items() if k not in names}
    return [without_names(v) for v in content] if isinstance(content, list) else content


@pytest.mark.parametrize(("route", "query"), QUESTIONS, ids=str)
def test_every_route_answers_as_of_the_callbacks_run(
    answers: Callable[[str, dict[str, str]], list[Any]], route: str, query: dict[str, str]
) -> None:
    callback, by_hand = answers(route, query)
    assert callback
    # As text, in which NaN equals itself.
    texts = [pprint.pformat(content, width=999) for content in (callback, by_hand)]
    # A loop of one's own counts steps.
    assert texts[0].replace("epoch", "step") == texts[1].replace("epoch", "step")


A = RNG.normal(size=(40, 5)).astype(np.float32)
KERNEL, BIAS = RNG.normal(size=(5, 3)), RNG.normal(size=3)
LOGITS = (A @ KERNEL + BIAS).astype(np.float32)
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
FITTING: dict[str, Any] = {
    "outputs": LOGITS,
    "outputs_kind": "logits",
    "head": (KERNEL, BIAS),
}


@given(
    values=arrays(np.float32, (9, 1), elements=st.floats(0, 1, width=32)),
    kind=st.sampled_from(["logits", "probabilities"]),
    flat=st.booleans(),
)
def test_a_binary_output_is_two_columns(
    values: NDArray[np.float32], kind: Any, *, flat: bool
) -> None:
    said = read_outputs(values[:, 0] if flat else values, kind, None, {"a": A[:9]})
    assert said is not None
    recorded = said.tensors[OUTPUTS_TENSOR]
    assert said.info.classes == 2
    np.testing.assert_array_equal(recorded[:, 1], values[:, 0])
    # What softmax gives of the columns is the sigmoid of the logit, or the probability.
    if kind == "logits":
        of_second = 1 / (1 + np.exp(recorded[:, 0] - recorded[:, 1].astype(np.float64)))
        np.testing.assert_allclose(of_second, 1 / (1 + np.exp(-values[:, 0].astype(float))))
    else:
        np.testing.assert_allclose(recorded.sum(axis=1), 1, rtol=1e-6)


@given(seed=st.integers(0, 999), width=st.sampled_from([1, 2, 3, 10]), has_bias=st.booleans())
def test_a_head_gives_the_recorded_logits(seed: int, width: int, *, has_bias: bool) -> None:
    rng = np.random.default_rng(seed)
    layers = {name: rng.normal(size=(20, 6)).astype(np.float32) for name in ("a", "b", "c")}
    kernel, bias = rng.normal(size=(6, width)), rng.normal(size=width) * has_bias
    logits = layers["b"] @ kernel + bias
    said = read_outputs(logits, "logits", (kernel, bias if has_bias else None), layers)
    assert said is not None
    assert said.info.head == "b"
    product = layers["b"] @ said.tensors[HEAD_KERNEL_TENSOR][0].astype(np.float64)
    recorded = product + said.tensors[HEAD_BIAS_TENSOR][0, 0]
    expected = np.pad(logits, ((0, 0), (1, 0))) if width == 1 else logits
    np.testing.assert_allclose(recorded, expected, atol=1e-5)
    np.testing.assert_allclose(said.tensors[OUTPUTS_TENSOR], expected, atol=1e-5)


def test_a_head_of_probabilities_and_of_a_layer_by_name() -> None:
    said = read_outputs(SOFTMAX, "probabilities", {"b": (KERNEL, BIAS)}, {"a": A, "b": A})
    assert said is not None
    assert said.info.head == "b"


def test_values_that_are_not_finite_are_recorded_with_the_head(tmp_path: Path) -> None:
    broken = np.where(np.arange(40)[:, None] == 3, np.nan, A)
    logits = broken @ KERNEL + BIAS
    record(tmp_path, 0, {"a": broken}, **{**FITTING, "outputs": logits})
    nothing = np.full((5, 3), np.nan), BIAS
    record(tmp_path, 1, {"a": A}, **{**FITTING, "outputs": A @ nothing[0], "head": nothing})

    run = read_run(tmp_path)
    assert run.manifest.steps[0].not_finite == ("a", OUTPUTS_TENSOR)
    assert set(run.manifest.steps[1].not_finite) == {OUTPUTS_TENSOR, HEAD_KERNEL_TENSOR}
    assert np.isnan(Checkpoint(tmp_path, "model.ckpt-1").tensor(HEAD_KERNEL_TENSOR)).all()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"outputs": None}, "outputs_kind was passed without outputs.*pass outputs="),
    ({"outputs": None, "outputs_kind": None}, "head was passed without outputs"),
    ({"outputs_kind": None}, "without outputs_kind.*pass outputs_kind='logits'"),
    ({"outputs_kind": "logit"}, "outputs_kind must be .*not 'logit'; did you mean 'logits'"),
    ({"outputs": LOGITS[:39]}, "outputs has 39 rows but the activations have 40"),
    ({"outputs": LOGITS[None]}, r"outputs has shape \(1, 40, 3\), not \(n_samples, n_classes"),
    ({"outputs": np.zeros((40, 1001))}, "at most 1000 classes"),
    ({"outputs": np.full((40, 3), "a")}, "outputs must be an array of numbers"),
    ({"outputs_kind": "probabilities"}, r"in \[0, 1\].*pass outputs_kind='logits'"),
    (
        {"outputs": np.full((40, 3), 0.9), "outputs_kind": "probabilities"},
        "add up to 1 .* 2.7; leave outputs out",
    ),
    ({"head": KERNEL}, r"head must be a pair \(kernel, bias\)"),
    ({"head": (KERNEL.T, BIAS)}, r"shape \(3, 5\).*pass its transpose: PyTorch's"),
    ({"head": (KERNEL[:4], BIAS)}, r"shape \(4, 3\).*'a \(5\)'"),
    ({"head": (KERNEL, BIAS[:2])}, r"the bias of head has shape \(2,\).*3 columns"),
    ({"head": (KERNEL + 1, BIAS)}, "head does not give the outputs: activations of 'a'"),
    ({"head": (KERNEL[:, 0], BIAS)}, r"has shape \(5,\), not \(n_units, n_classes\)"),
    ({"head": {"fc": (KERNEL, BIAS)}}, "layer 'fc'"),
    ({"head": {"a": (KERNEL, BIAS), "b": (KERNEL, BIAS)}}, "name one layer"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(MisuseError, match=message):
        record(tmp_path / "run", 0, {"a": A}, **{**FITTING, **change})
    assert not (tmp_path / "run" / "metadata.tsv").exists()


def test_a_large_kernel_is_refused_by_its_size() -> None:
    wide = np.zeros((40, 4096), np.float32)
    with pytest.raises(MisuseError, match=r"1638400 bytes .* at most 1048576 .*leave head out"):
        read_outputs(np.zeros((40, 100)), "logits", (np.zeros((4096, 100)), None), {"a": wide})


def test_a_head_that_fits_two_layers_alike_has_to_be_named(tmp_path: Path) -> None:
    zero = np.zeros((5, 3)), np.zeros(3)
    first: dict[str, Any] = {"outputs": np.zeros((40, 3)), "outputs_kind": "logits"}
    layers = {"a": A, "b": A[::-1]}
    with pytest.raises(MisuseError, match=r"each of 'a' and 'b'.*head=\{'b': \(kernel, bias\)"):
        record(tmp_path, 0, layers, **first, head=zero)
    record(tmp_path, 0, layers, **first, head={"a": zero})
    record(tmp_path, 1, layers, **first, head=zero)  # the run tells by now
    record(tmp_path, 2, layers, **FITTING)

    told = read_run(tmp_path).manifest.outputs
    assert told is not None
    assert told.head == "a"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": None, "outputs_kind": None, "head": None}, "this call has no outputs"),
        ({"head": None}, "head that 'a' feeds, but .* no head; pass outputs, outputs_kind"),
        ({"outputs_kind": "probabilities", "outputs": SOFTMAX}, "probabilities of 3 classes"),
    ],
)
def test_every_snapshot_has_the_same_outputs(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    record(tmp_path, 0, {"a": A}, **FITTING)
    with pytest.raises(MisuseError, match=message):
        record(tmp_path, 1, {"a": A}, **{**FITTING, **change})
    record(tmp_path, 1, {"a": A}, **FITTING)
    assert read_run(tmp_path).steps == [0, 1]


def test_a_refused_call_overwrites_nothing(tmp_path: Path) -> None:
    record(tmp_path, 0, {"a": A})
    with pytest.raises(MisuseError):
        record(tmp_path, 0, {"a": A}, **{**FITTING, "head": KERNEL}, overwrite=True)
    assert read_run(tmp_path).steps == [0]


LABELS = LOGITS.argmax(axis=1)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "labels=…"),
        ({"labels": LABELS}, "outputs_kind=… (record)"),
        ({"labels": np.array(["x", "y", "x", "y"] * 10), **FITTING}, "class_names=…"),
    ],
)
def test_what_is_missing_is_said_with_its_argument(
    tmp_path: Path, given: dict[str, Any], missing: str
) -> None:
    record(tmp_path / "run", 1, {"a": A}, **given)
    service = Service(Logdir(tmp_path, lambda: ["run"]))
    for route, query in (("confusion", {"step": "1"}), ("samples", {"rule": "never_learnt"})):
        with pytest.raises(EmbedError) as refused:
            routes.ROUTES[route](service, Arguments({"run": "run", "layer": "a", **query}))
        assert "run 'run' lacks; record it with" in str(refused.value)
        assert missing in str(refused.value)


def test_regions_without_a_head_name_the_argument(tmp_path: Path) -> None:
    record(tmp_path / "run", 1, {"a": A}, **{**FITTING, "head": None})
    service = Service(Logdir(tmp_path, lambda: ["run"]))
    with pytest.raises(EmbedError, match=r"head=\(kernel, bias\)"):
        routes.ROUTES["regions"](service, Arguments({"run": "run", "layer": "a"}))
