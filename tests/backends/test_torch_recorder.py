"""`EmbeddingRecorder`: real trainings in PyTorch against NumPy on their weights."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tb_embed_plugin import MisuseError, open_run
from tb_embed_plugin.metadata import HEAD_BIAS_TENSOR, HEAD_KERNEL_TENSOR, OUTPUTS_TENSOR
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.torch import EmbeddingRecorder
from tests.harness import columns_of, read_run

if os.environ.get("KERAS_BACKEND") != "torch":
    pytest.skip("shown once, beside Keras on PyTorch", allow_module_level=True)

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


class Functional(nn.Module):  # type: ignore[misc] # untyped without torch
    """A network that computes its ReLU between two modules."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(64, 16), nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def sequential(*more: Any, inplace: bool = False) -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 16), nn.ReLU(inplace=inplace), *more, nn.Linear(16, 10)
    )


def train(
    build: Callable[[], Any],
    digits: Digits,
    record: Callable[[Any], EmbeddingRecorder] | None = None,
    *,
    epochs: int = 2,
    by_batch: bool = False,
) -> Any:
    """Returns the trained module."""
    torch.manual_seed(0)
    module = build()
    x, y = torch.from_numpy(digits[0]), torch.from_numpy(digits[1])
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    recorder = None if record is None else record(module)
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(inputs), labels).backward()
            optimizer.step()
            if recorder is not None and by_batch:
                recorder.step_batch()
        if recorder is not None:
            recorder.step()
    if recorder is not None:
        recorder.close()
    return module


def hidden(module: Any, name: str, x: NDArray[np.float32]) -> NDArray[np.float64]:
    linear = module.get_submodule(name)
    weight, bias = (p.detach().double().numpy() for p in (linear.weight, linear.bias))
    return np.asarray(np.maximum(x.reshape(len(x), -1).astype(np.float64) @ weight.T + bias, 0))


@pytest.fixture
def few(digits: Digits) -> Digits:
    return digits[0][:250], digits[1][:250]


def test_every_epoch_is_recorded_with_outputs_and_head(tmp_path: Path, few: Digits) -> None:
    expected: list[NDArray[np.float64]] = []

    def record(module: Any) -> EmbeddingRecorder:
        expected.append(hidden(module, "1", few[0]))
        return EmbeddingRecorder(tmp_path, module, *few, outputs="logits")

    module = train(sequential, few, record)
    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    assert [s.epoch for s in run.manifest.steps] == [0, 1, 2]
    assert {s.unit for s in run.manifest.steps} == {"epoch"}
    assert [p.kind for p in run.manifest.phases] == ["began", "ended"]
    assert not run.manifest.recording
    assert [layer.name for layer in run.manifest.layers] == ["2"], "the ReLU before the last"
    np.testing.assert_allclose(run.snapshot("2", 0), expected[0], atol=1e-5)
    np.testing.assert_allclose(run.snapshot("2", 2), hidden(module, "1", few[0]), atol=1e-5)
    assert [int(cell) for cell in columns_of(run)[1].cells] == few[1].tolist()
    assert run.manifest.sprite is not None

    info = run.manifest.outputs
    assert info is not None
    assert (info.classes, info.kind, info.head) == (10, "logits", "2")
    checkpoint = Checkpoint(tmp_path, "model.ckpt-2")
    kernel = checkpoint.tensor(HEAD_KERNEL_TENSOR)[0]
    np.testing.assert_array_equal(kernel, module[3].weight.detach().numpy().T)
    np.testing.assert_array_equal(
        checkpoint.tensor(HEAD_BIAS_TENSOR)[0, 0], module[3].bias.detach().numpy()
    )
    product = np.asarray(run.snapshot("2", 2)).astype(np.float64) @ kernel
    product += module[3].bias.detach().double().numpy()
    outputs = np.asarray(checkpoint.tensor(OUTPUTS_TENSOR), np.float64)
    np.testing.assert_allclose(outputs, product, atol=1e-4)


def test_an_address_is_recorded_to_and_resumed(
    tmp_path: Path, few: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path)
    address = "memory://torch/logs/run"
    expected: list[NDArray[np.float64]] = []

    def record(module: Any) -> EmbeddingRecorder:
        expected.append(hidden(module, "1", few[0]))
        return EmbeddingRecorder(address, module, *few, outputs="logits")

    module = train(sequential, few, record)
    recorder = EmbeddingRecorder(address, module, *few, outputs="logits")
    recorder.step()
    recorder.close()
    run = open_run(address)
    assert run.steps == [0, 1, 2, 3]
    np.testing.assert_allclose(run.layer().snapshot(0), expected[0], atol=1e-5)
    np.testing.assert_allclose(run.layer().snapshot(2), hidden(module, "1", few[0]), atol=1e-5)
    assert list((tmp_path / "recording").iterdir()) == []


class Noisy(nn.Module):  # type: ignore[misc] # untyped without torch
    """Draws random numbers and counts in a buffer, in evaluation mode as well."""

    def __init__(self) -> None:
        super().__init__()
        self.net = sequential(nn.BatchNorm1d(16), nn.Dropout(0.3))
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.net(x + 0.01 * torch.rand_like(x))


@pytest.mark.parametrize("build", [Functional, lambda: sequential(inplace=True), Noisy])
@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_weights_are_those_without_the_recorder(
    tmp_path: Path, few: Digits, build: Callable[[], Any], save_freq: Any
) -> None:
    def record(module: Any) -> EmbeddingRecorder:
        return EmbeddingRecorder(tmp_path, module, *few, save_freq=save_freq)

    plain = train(build, few)
    after = torch.get_rng_state()
    recorded = train(build, few, record, by_batch=True)

    assert len(read_run(tmp_path).steps) == (3 if save_freq == "epoch" else 7)
    assert torch.equal(after, torch.get_rng_state())
    for name, value in plain.state_dict().items():
        assert value.numpy().tobytes() == recorded.state_dict()[name].numpy().tobytes(), name
    for one, other in zip(plain.modules(), recorded.modules(), strict=True):
        assert one.training == other.training
        assert not other._forward_hooks  # noqa: SLF001 # PyTorch has no public name for them
        assert not other._forward_pre_hooks  # noqa: SLF001 # as above


def test_modes_are_put_back_one_by_one(tmp_path: Path, few: Digits) -> None:
    module = sequential(nn.LayerNorm(16), nn.Dropout(0.5))
    module[3].eval()  # frozen by its owner
    before = [part.training for part in module.modules()]
    recorder = EmbeddingRecorder(tmp_path, module, few[0], layers=["2", "4"])
    assert [part.training for part in module.modules()] == before
    recorder.close()
    run = read_run(tmp_path)
    normed = module[3](torch.from_numpy(np.asarray(run.snapshot("2", 0)))).detach()
    np.testing.assert_allclose(run.snapshot("4", 0), normed, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("auto", ["fc2:input"]),
        ("fc1", ["fc1"]),
        (["fc1", "fc2:input"], ["fc1", "fc2:input"]),
        ("fc*", ["fc1", "fc2"]),
        ("*", ["fc1", "fc2"]),
    ],
)
def test_layers_are_found_by_name_and_pattern(
    tmp_path: Path, few: Digits, layers: Any, names: list[str]
) -> None:
    module = Functional()
    EmbeddingRecorder(tmp_path, module, *few, layers=layers, outputs="logits").close()
    run = read_run(tmp_path)
    assert [layer.name for layer in run.manifest.layers] == names
    if "fc2:input" in names:
        expected = hidden(module, "fc1", few[0])
        np.testing.assert_allclose(run.snapshot("fc2:input", 0), expected, atol=1e-5)
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == ("fc2:input" if "fc2:input" in names else None)


def test_two_modules_that_share_a_tensor_are_told_apart(tmp_path: Path, few: Digits) -> None:
    module = sequential(inplace=True)
    EmbeddingRecorder(tmp_path, module, *few, layers=["1", "2"], outputs="logits").close()
    run = read_run(tmp_path)
    np.testing.assert_allclose(run.snapshot("2", 0), hidden(module, "1", few[0]), atol=1e-5)
    assert np.asarray(run.snapshot("1", 0)).min() < 0
    assert run.manifest.outputs is not None
    assert run.manifest.outputs.head == "2"


def test_a_module_itself_is_a_layer(tmp_path: Path, few: Digits) -> None:
    module = Functional()
    EmbeddingRecorder(tmp_path, module, few[0], layers=module.fc1).close()
    assert [layer.name for layer in read_run(tmp_path).manifest.layers] == ["fc1"]


class Nested(nn.Module):  # type: ignore[misc] # untyped without torch
    """A convolutional encoder in a module of its own, whose block is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())
        self.block = nn.Conv2d(8, 8, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Any) -> Any:
        maps = self.block(self.block(self.encoder(x[:, None])))
        return self.head(self.pool(maps).flatten(1)).softmax(1)


def test_feature_maps_shared_modules_and_functions(tmp_path: Path, few: Digits) -> None:
    torch.manual_seed(0)
    module = Nested()
    layers = ["encoder", "encoder.0", "block:1", "auto"]
    pooling: Any = {"encoder.0": lambda maps: maps.amax((2, 3))}
    recorder = EmbeddingRecorder(
        tmp_path, module, *few, layers=layers, pooling=pooling, outputs="probabilities"
    )
    recorder.close()
    x = torch.from_numpy(few[0])[:, None]
    with torch.no_grad():
        first = module.encoder(x)
        last = module.block(module.block(first))
        convolved = module.encoder[0](x)
    run = read_run(tmp_path)
    for name, expected in {
        "encoder": first.mean((2, 3)),
        "encoder.0": convolved.amax((2, 3)),
        "block:1": last.mean((2, 3)),
        "head:input": last.mean((2, 3)),
    }.items():
        np.testing.assert_allclose(run.snapshot(name, 0), expected, atol=1e-5)
    info = run.manifest.outputs
    assert info is not None
    assert (info.kind, info.head) == ("probabilities", "head:input")


def test_recurrent_and_masked_sequences(tmp_path: Path, few: Digits) -> None:
    class Sequences(nn.Module):  # type: ignore[misc] # untyped without torch
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(17, 5)
            self.lstm = nn.LSTM(5, 6)  # whose first axis is time
            self.conv = nn.Conv1d(5, 4, 3)
            self.out = nn.Linear(6, 10)

        def forward(self, tokens: Any, attention_mask: Any) -> Any:
            words = self.embedding(tokens)
            self.conv(words.swapaxes(1, 2))
            states, _ = self.lstm(words.swapaxes(0, 1))
            return {"logits": self.out(states[-1])}

    torch.manual_seed(0)
    module = Sequences()
    tokens = (few[0][:, 3] * 16).astype(np.int64)
    mask = (np.arange(8) < np.random.default_rng(0).integers(1, 9, (250, 1))).astype(np.int64)
    x = {"tokens": tokens, "attention_mask": mask}
    layers = ["embedding", "lstm", "conv"]
    EmbeddingRecorder(tmp_path, module, x, few[1], layers=layers, batch_size=70).close()
    with torch.no_grad():
        words = module.embedding(torch.from_numpy(tokens))
        states = module.lstm(words.swapaxes(0, 1))[0].swapaxes(0, 1)
        maps = module.conv(words.swapaxes(1, 2))
    kept = torch.from_numpy(mask)[..., None]
    run = read_run(tmp_path)
    for name, expected in {
        "embedding": (words * kept).sum(1) / kept.sum(1),
        "lstm": (states * kept).sum(1) / kept.sum(1),
        "conv": maps.mean(2),
    }.items():
        np.testing.assert_allclose(run.snapshot(name, 0), expected, atol=1e-5)
    assert run.manifest.outputs is not None, "the module itself calls them logits"
    assert run.manifest.outputs.kind == "logits"


@pytest.mark.parametrize(
    ("last", "outputs", "kind"),
    [
        (nn.Softmax(1), "auto", "probabilities"),
        (nn.LogSoftmax(1), "auto", "logits"),
        (nn.Identity(), "auto", None),
        (nn.Identity(), "logits", "logits"),
        (nn.Softmax(1), None, None),
    ],
)
def test_outputs_are_recorded_where_their_kind_is_known(
    tmp_path: Path,
    few: Digits,
    caplog: pytest.LogCaptureFixture,
    last: Any,
    outputs: Any,
    kind: Any,
) -> None:
    module = nn.Sequential(sequential(), last)
    with caplog.at_level("INFO", "tb_embed_plugin"):
        EmbeddingRecorder(tmp_path, module, *few, outputs=outputs).close()
    info = read_run(tmp_path).manifest.outputs
    is_log = isinstance(last, nn.LogSoftmax)
    assert (info and info.kind) == kind
    # Logarithms of probabilities are logits as good, but not those that the weights give.
    assert (info and info.head) == ("0.2" if kind and not is_log else None)
    told = "pass outputs='logits' or 'probabilities'" in caplog.text
    assert told == (kind is None and outputs == "auto")
    assert " kB a snapshot)" in caplog.text, "nobody knows how many there will be"


@pytest.mark.parametrize(("last", "kind"), [(nn.Sigmoid(), "probabilities"), (None, "logits")])
def test_a_binary_output_becomes_two_classes(
    tmp_path: Path, few: Digits, last: Any, kind: Any
) -> None:
    parts = [nn.Flatten(), nn.Linear(64, 6), nn.Tanh(), nn.Linear(6, 1), last]
    module = nn.Sequential(*filter(None, parts))
    outputs: Any = "auto" if last else "logits"
    EmbeddingRecorder(tmp_path, module, few[0], few[1] % 2, outputs=outputs).close()
    run = read_run(tmp_path)
    assert run.manifest.outputs is not None
    assert (run.manifest.outputs.kind, run.manifest.outputs.head) == (kind, "2")
    with torch.no_grad():
        second = module(torch.from_numpy(few[0])).numpy()
    first = 1 - second if last else np.zeros_like(second)
    tensor = Checkpoint(tmp_path, "model.ckpt-0").tensor(OUTPUTS_TENSOR)
    recorded = np.asarray(tensor, np.float32)
    np.testing.assert_allclose(recorded, np.hstack([first, second]), atol=1e-6)


def test_half_precision_and_double(tmp_path: Path, few: Digits) -> None:
    for dtype in (torch.bfloat16, torch.float64):
        module = sequential().to(dtype)
        run_dir = tmp_path / str(dtype)
        EmbeddingRecorder(run_dir, module, *few, outputs="logits").close()
        run = read_run(run_dir)
        np.testing.assert_allclose(
            run.snapshot("2", 0), hidden(module, "1", few[0]), atol=0.02, rtol=0.02
        )
        assert run.manifest.outputs is not None
        assert run.manifest.outputs.head == "2"


def test_a_loader_several_arguments_and_a_function(tmp_path: Path, few: Digits) -> None:
    halves = few[0][:, :4], few[0][:, 4:]

    class Two(nn.Module):  # type: ignore[misc] # untyped without torch
        def __init__(self) -> None:
            super().__init__()
            self.net = sequential()

        def forward(self, top: Any, bottom: Any) -> Any:
            return self.net(torch.cat([top, bottom], 1))

    module = Two()
    loader = DataLoader(TensorDataset(*map(torch.from_numpy, few)), batch_size=64)
    for name, x, options in (
        ("tuple", halves, {}),
        ("dict", {"top": halves[0], "bottom": halves[1]}, {}),
        ("function", few[0], {"forward": lambda whole, batch: whole.net(batch)}),
        ("loader", loader, {"forward": lambda whole, batch: whole.net(batch)}),
    ):
        labels = None if name == "loader" else few[1]
        more: Any = {"images": False, **options}
        EmbeddingRecorder(tmp_path / name, module, x, labels, layers="net.2", **more).close()
        run = read_run(tmp_path / name)
        expected = hidden(module, "net.1", few[0])
        np.testing.assert_allclose(run.snapshot("net.2", 0), expected, atol=1e-5)
        assert [int(cell) for cell in columns_of(run)[1].cells] == few[1].tolist()


def test_compiled_and_parallel_modules_are_unwrapped(tmp_path: Path, few: Digits) -> None:
    module = sequential()
    wrapped = torch.compile(nn.DataParallel(module), backend="eager")
    EmbeddingRecorder(tmp_path, wrapped, *few).close()
    assert [layer.name for layer in read_run(tmp_path).manifest.layers] == ["2"]


def test_a_training_that_goes_on_is_recognized_by_its_weights(
    tmp_path: Path, few: Digits
) -> None:
    module = train(sequential, few, lambda m: EmbeddingRecorder(tmp_path, m, *few), epochs=1)
    again = sequential()
    again.load_state_dict(module.state_dict())
    with EmbeddingRecorder(tmp_path, again, *few) as recorder:
        with torch.no_grad():
            again[1].weight += 1
        recorder.step()
    with pytest.warns(RuntimeWarning, match="EmbeddingRecorder records into .*-2 instead"):
        EmbeddingRecorder(tmp_path, sequential(), *few).close()

    run = read_run(tmp_path)
    assert run.steps == [0, 1, 2]
    assert [p.kind for p in run.manifest.phases] == ["began", "ended", "resumed", "ended"]


def test_an_exception_or_a_lost_recorder_is_an_interrupted_training(
    tmp_path: Path, few: Digits
) -> None:
    def fail(recorder: EmbeddingRecorder) -> None:
        with recorder:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(EmbeddingRecorder(tmp_path / "raised", sequential(), *few))
    recorder = EmbeddingRecorder(tmp_path / "lost", sequential(), *few)
    gone = weakref.ref(recorder)
    del recorder
    assert gone() is None
    for name in ("raised", "lost"):
        run = read_run(tmp_path / name)
        assert [p.kind for p in run.manifest.phases] == ["began", "interrupted"]
        assert run.manifest.recording


@pytest.mark.parametrize("fault", ["module", "disk"])
def test_a_failure_warns_once_and_the_training_goes_on(
    tmp_path: Path, few: Digits, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fails(Functional):
        broken = False

        def forward(self, x: Any) -> Any:
            if self.broken and not self.training:
                raise RuntimeError("cannot go on")
            return super().forward(x)

    def record(module: Any) -> EmbeddingRecorder:
        recorder = EmbeddingRecorder(tmp_path / "run", module, *few, layers="fc1")
        module.broken = fault == "module"
        if fault == "disk":
            from tb_embed_plugin.runs import writer

            def full(*_: Any) -> None:
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(writer, "write_checkpoint", full)
        return recorder

    plain = train(Fails, few)
    with pytest.warns(RuntimeWarning, match="EmbeddingRecorder stopped recording") as caught:
        module = train(Fails, few, record, epochs=2)
    assert len([w for w in caught if "stopped" in str(w.message)]) == 1
    assert torch.equal(module.fc1.weight, plain.fc1.weight)
    assert module.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "fc1"}, "no argument 'layer'.*did you mean 'layers'"),
        ({"layers": "fc9"}, "fc9.*'fc1'"),
        ({"layers": "gc*"}, r"'gc\*'"),
        ({"layers": ["fc1", "fc1"]}, "name each layer once"),
        ({"layers": "fc1:1"}, "1 times"),
        ({"outputs": "logit"}, "outputs must be"),
        ({"outputs": "probabilities"}, r"in \[0, 1\].*outputs='logits'"),
        ({"pooling": "sum"}, "pooling must be"),
        ({"save_freq": "often"}, "save_freq must be"),
        ({"max_to_keep": 1}, "max_to_keep"),
        (
            {"x": np.zeros((5, 3, 3), np.float32), "labels": None},
            "does not accept x, here x of",
        ),
        ({"x": np.array(["a", "b"]), "labels": None}, "does not accept x"),
        ({"labels": np.zeros(3)}, r"labels? has 3"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_constructor(
    tmp_path: Path, few: Digits, options: dict[str, Any], message: str
) -> None:
    arguments = {"x": few[0], "labels": few[1], **options}
    with pytest.raises(MisuseError, match=message):
        EmbeddingRecorder(tmp_path, Functional(), **arguments)
    assert not list(tmp_path.iterdir())


class Spectrum(nn.Module):  # type: ignore[misc] # where PyTorch is not installed
    """Complex numbers, as a Fourier transform gives them."""

    def forward(self, x: Any) -> Any:
        return torch.fft.rfft(x)


def test_complex_numbers_are_refused_with_what_to_pass(tmp_path: Path, few: Digits) -> None:
    x, labels = few[0].reshape(len(few[0]), -1), few[1]
    module = nn.Sequential(Spectrum())
    with pytest.raises(
        MisuseError, match=r"'0' returns torch\.complex64, .* such as torch\.abs"
    ):
        EmbeddingRecorder(tmp_path / "refused", module, x, labels, layers="0")
    EmbeddingRecorder(
        tmp_path / "run", module, x, labels, layers="0", pooling=torch.abs
    ).close()
    expected = abs(np.fft.rfft(x))
    np.testing.assert_allclose(
        read_run(tmp_path / "run").snapshot("0", 0), expected, rtol=1e-4, atol=1e-4
    )


def test_a_module_without_a_hidden_layer_is_told(tmp_path: Path, few: Digits) -> None:
    with pytest.raises(MisuseError, match="no hidden layer"):
        EmbeddingRecorder(tmp_path, nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), *few)


def test_each_loads_only_what_it_needs(tmp_path: Path) -> None:
    code = f"""
import sys
import tb_embed_plugin.loader, tb_embed_plugin.plugin
from tb_embed_plugin import open_run, record
from tb_embed_plugin.server import routes
assert "torch" not in sys.modules
import numpy as np, torch
from tb_embed_plugin.torch import EmbeddingRecorder
module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
recorder = EmbeddingRecorder({str(tmp_path)!r}, module, np.ones((9, 4)), outputs="logits")
recorder.step()
loaded = {{"keras", "tensorflow", "lightning", "transformers"}} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    run = read_run(tmp_path)
    assert run.steps == [0, 1]
    assert run.manifest.phases[-1].kind == "interrupted", "nobody closed it"
