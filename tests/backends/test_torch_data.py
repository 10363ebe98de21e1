"""Samples from PyTorch's DataLoader; tests/recording/samples/test_inputs.py has a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tests.harness import columns_of, read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]


def tensors(digits: Digits) -> Any:
    return TensorDataset(torch.from_numpy(digits[0]), torch.from_numpy(digits[1]))


def train(data: Any, run_dir: Path | None = None, x: Any = None, **options: Any) -> Any:
    """Returns the weights; records x where there is a directory for it."""
    keras.utils.set_random_seed(0)
    torch.manual_seed(0)  # Keras seeds torch only where it is its backend
    layers = [
        keras.Input((8, 8)),
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="relu", name="fc1"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    callbacks = [] if run_dir is None else [EmbeddingCheckpoint(run_dir, x, **options)]
    model.fit(data, epochs=2, verbose=0, callbacks=callbacks)
    return model.get_weights()


def test_a_loader_is_recorded_with_its_labels(tmp_path: Path, digits: Digits) -> None:
    loader = DataLoader(tensors(digits), batch_size=100)
    train(loader, tmp_path / "loader", loader)
    train(loader, tmp_path / "arrays", digits[0], labels=digits[1])

    run, of_arrays = read_run(tmp_path / "loader"), read_run(tmp_path / "arrays")
    assert run.manifest.fingerprint == of_arrays.manifest.fingerprint
    assert list(columns_of(run)[1].cells) == [str(label) for label in digits[1]]
    np.testing.assert_array_equal(run.snapshot("fc1", 2), of_arrays.snapshot("fc1", 2))


@pytest.mark.parametrize("own_generator", [False, True])
def test_recording_a_loader_changes_no_weight(
    tmp_path: Path, digits: Digits, *, own_generator: bool
) -> None:
    def loaders() -> tuple[Any, Any]:
        generator = torch.Generator().manual_seed(3) if own_generator else None
        options: dict[str, Any] = {"batch_size": 100, "generator": generator}
        data = tensors(digits)
        return DataLoader(data, shuffle=True, **options), DataLoader(data, **options)

    expected = train(loaders()[0])
    shuffled, fixed = loaders()
    weights = train(shuffled, tmp_path, fixed)
    for ours, bare in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(ours, bare)


@pytest.mark.parametrize("own_generator", [False, True])
def test_a_loader_that_shuffles_is_recorded_and_shuffles_as_without_us(
    tmp_path: Path, digits: Digits, *, own_generator: bool
) -> None:
    def loader() -> Any:
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(3) if own_generator else None
        data = tensors(digits)
        return DataLoader(data, batch_size=100, shuffle=True, generator=generator)

    bare = [y for _, y in loader()]
    read = loader()
    recorder = EmbeddingCheckpoint(tmp_path, read)
    assert all(torch.equal(ours, theirs) for (_, ours), theirs in zip(read, bare, strict=True))
    x, y = digits
    given = {(row.tobytes(), str(label)) for row, label in zip(x, y, strict=True)}
    samples = recorder._samples  # noqa: SLF001 # what will be recorded
    labels = samples.columns[1].cells
    assert {(row.tobytes(), cell) for row, cell in zip(samples.x, labels, strict=True)} == given


def test_a_loader_that_never_ends_is_refused(tmp_path: Path) -> None:
    class Endless(IterableDataset):  # type: ignore[misc] # untyped without torch
        def __iter__(self) -> Iterator[Any]:
            while True:
                yield torch.zeros(2)

    with pytest.raises(MisuseError, match="more than 100000 samples and no known end"):
        EmbeddingCheckpoint(tmp_path, DataLoader(Endless(), batch_size=5000))


def test_tensors_of_every_kind_are_read(tmp_path: Path) -> None:
    x = torch.ones(4, 3, requires_grad=True)
    of_floats = EmbeddingCheckpoint(tmp_path, x, images=False)._samples  # noqa: SLF001
    of_bfloats = EmbeddingCheckpoint(tmp_path, x.bfloat16(), images=False)._samples  # noqa: SLF001

    assert of_floats.x.dtype == of_bfloats.x.dtype == np.float32
    assert of_floats.fingerprint == of_bfloats.fingerprint
