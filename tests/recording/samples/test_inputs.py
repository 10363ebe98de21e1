"""x in all its forms: each recorded by a real training, each misuse refused."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.recording.samples import batched_inputs
from tb_embed_plugin.recording.samples.samples import Samples, prepare_samples
from tb_embed_plugin.recording.samples.subsample import subsample_rows
from tb_embed_plugin.runs.recorded_run import RecordedRun
from tests.harness import columns_of, read_run

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
MakeModel = Callable[..., Any]
RNG = np.random.default_rng(0)
N = 300
"""Samples of the sources in batches of 64: the last batch is a short one."""


def prepare(x: Any, **options: Any) -> Samples:
    nothing = dict.fromkeys(("labels", "images", "metadata", "image_shape"))
    known: dict[str, Any] = {"floatx": "float32", "invert_images": False}
    return prepare_samples(x, **{**nothing, **known, **options})


def train(run_dir: Path, model: Any, digits: Digits, x: Any, **options: Any) -> RecordedRun:
    """Records x while the model trains on all digits, the same for every x."""
    callback = EmbeddingCheckpoint(run_dir, x, images=False, **options)
    model.fit(*digits, epochs=1, batch_size=256, verbose=0, callbacks=[callback])
    return read_run(run_dir)


def labels_of(run: RecordedRun) -> list[str]:
    return list(next(column for column in columns_of(run) if column.name == "label").cells)


class Batches(keras.utils.PyDataset):  # type: ignore[misc] # Keras is untyped
    """Digits in batches."""

    def __init__(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        super().__init__()
        self._x, self._y = x, y

    def __len__(self) -> int:
        return (len(self._x) + 63) // 64

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        batch = slice(64 * index, 64 * (index + 1))
        return self._x[batch], self._y[batch]


class Endless(Batches):
    """What Keras takes for infinite."""

    @property
    def num_batches(self) -> None:
        return None


class DataLoader:
    """Looks to us as PyTorch's does: iterable again and again, batches as lists [x, y]."""

    generator = None

    def __init__(self, x: NDArray[Any], y: NDArray[Any], *, shuffle: bool = False) -> None:
        self._x, self._y = x, y
        self._rng = np.random.default_rng() if shuffle else None

    def __len__(self) -> int:
        return (len(self._x) + 7) // 8

    def __iter__(self) -> Iterator[list[Any]]:
        order = np.arange(len(self._x))
        if self._rng is not None:
            self._rng.shuffle(order)
        parts = (order[8 * i : 8 * (i + 1)] for i in range(len(self)))
        return ([self._x[part], self._y[part]] for part in parts)


class Uncounted:
    """Iterable again and again, but cannot say how long it is."""

    def __init__(self, batches: Callable[[], Iterator[Any]]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return self._batches()


def dataset(x: Any, y: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(64)


SOURCES: dict[str, Callable[[Any, Any], Any]] = {
    "tf.data of x, y": dataset,
    "tf.data of x, y, w": lambda x, y: tf.data.Dataset.zip(
        *(tf.data.Dataset.from_tensor_slices(part) for part in (x, y, np.ones(len(y))))
    ).batch(64),
    "tf.data of unknown cardinality": lambda x, y: dataset(x, y).filter(lambda *_: True),
    "tf.data shuffled once": lambda x, y: dataset(x, y).shuffle(
        1, seed=0, reshuffle_each_iteration=False
    ),
    "PyDataset": Batches,
    "DataLoader": DataLoader,
    "an uncounted source": lambda x, y: Uncounted(lambda: iter(DataLoader(x, y))),
}


@pytest.fixture(scope="module")
def of_arrays(
    tmp_path_factory: pytest.TempPathFactory, digits: Digits, make_model: MakeModel
) -> RecordedRun:
    """What is recorded of arrays of samples and labels."""
    x, y = digits[0][:N], digits[1][:N]
    return train(tmp_path_factory.mktemp("arrays"), make_model(), digits, x, labels=y)


@pytest.fixture(scope="module")
def of_an_array(
    tmp_path_factory: pytest.TempPathFactory, digits: Digits, make_model: MakeModel
) -> RecordedRun:
    """What is recorded of an array of samples alone."""
    return train(tmp_path_factory.mktemp("array"), make_model(), digits, digits[0][:N])


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_recorded_as_the_arrays_in_it_are(
    tmp_path: Path, digits: Digits, make_model: MakeModel, of_arrays: RecordedRun, name: str
) -> None:
    x, y = digits[0][:N], digits[1][:N]
    of_source = train(tmp_path / "source", make_model(), digits, SOURCES[name](x, y))

    assert labels_of(of_source) == [str(label) for label in y]
    assert of_source.manifest.fingerprint == of_arrays.manifest.fingerprint
    for step in (0, 1):
        np.testing.assert_array_equal(
            of_source.snapshot("fc1", step), of_arrays.snapshot("fc1", step)
        )


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.tolist(),
        tf.constant,
        lambda x: x.astype(np.float64),
        np.asfortranarray,
        lambda x: tf.data.Dataset.from_tensor_slices(x).batch(64),
        lambda x: tf.data.Dataset.from_tensor_slices((x,)).batch(64),
    ],
    ids=["nested lists", "tensor", "float64", "Fortran order", "x alone", "(x,)"],
)
def test_arrays_of_every_kind_are_recorded_alike(
    tmp_path: Path,
    digits: Digits,
    make_model: MakeModel,
    of_an_array: RecordedRun,
    convert: Callable[[Any], Any],
) -> None:
    run = train(tmp_path, make_model(), digits, convert(digits[0][:N]))

    assert [column.name for column in run.manifest.columns] == ["index"]
    assert run.manifest.fingerprint == of_an_array.manifest.fingerprint
    np.testing.assert_array_equal(run.snapshot("fc1", 1), of_an_array.snapshot("fc1", 1))


def test_a_data_frame_is_recorded(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    flat = digits[0].reshape(-1, 64)
    frame = pd.DataFrame(flat).astype({0: "float64", 1: "Float32"})
    run = train(tmp_path, make_model(), (flat, digits[1]), frame, image_shape=None)
    arrays = train(tmp_path / "arrays", make_model(), (flat, digits[1]), flat)

    assert run.manifest.fingerprint == arrays.manifest.fingerprint
    np.testing.assert_array_equal(run.snapshot("fc1", 1), arrays.snapshot("fc1", 1))


def test_max_samples_records_each_label_by_its_share(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    x, y = digits
    everything = train(tmp_path / "all", make_model(), digits, x, labels=y)
    run = train(tmp_path / "some", make_model(), digits, x, labels=y, max_samples=200, seed=3)

    rows = [int(cell) for cell in columns_of(run)[0].cells]
    assert rows == sorted(set(rows))
    assert len(rows) == run.manifest.samples == 200
    assert labels_of(run) == [str(y[row]) for row in rows]
    np.testing.assert_allclose(
        run.snapshot("fc1", 1), everything.snapshot("fc1", 1)[rows], atol=1e-6
    )
    counts = Counter(labels_of(run))
    for label, total in Counter(y.tolist()).items():
        assert abs(counts[str(label)] - total * 200 / len(y)) <= 1


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_gives_the_same_choice_as_its_arrays(digits: Digits, name: str) -> None:
    x, y = digits[0][:N], digits[1][:N]
    texts = {"row": [f"row {i}" for i in range(N)]}
    options: dict[str, Any] = {"max_samples": 50, "seed": 1, "metadata": texts}
    expected = prepare(x, labels=y, **options)
    chosen = prepare(SOURCES[name](x, y), **options)

    assert chosen.fingerprint == expected.fingerprint
    np.testing.assert_array_equal(chosen.x, expected.x)
    index, _, row = expected.columns
    assert [f"row {i}" for i in index.cells] == list(row.cells)
    np.testing.assert_array_equal(chosen.x, x[[int(i) for i in index.cells]])


def test_images_are_chosen_with_their_samples(digits: Digits) -> None:
    images = np.arange(N, dtype=np.uint8).repeat(64).reshape(N, 8, 8)
    samples = prepare(digits[0][:N], images=images, max_samples=20)

    assert samples.images is not None
    rows = [int(i) % 256 for i in samples.columns[0].cells]
    assert samples.images.array[:, 0, 0, 0].tolist() == rows


def test_another_seed_chooses_others(digits: Digits) -> None:
    x, y = digits
    first, again, other = (
        prepare(x, labels=y, max_samples=50, seed=seed).fingerprint for seed in (0, 0, 1)
    )
    assert first == again != other


@given(
    st.lists(st.sampled_from("aaaaaaaabbbc"), min_size=1, max_size=60),
    st.integers(1, 60),
    st.integers(0, 3),
)
def test_a_choice_has_every_category_and_no_row_twice(
    words: list[str], most: int, seed: int
) -> None:
    rows = subsample_rows(len(words), most, words, seed)

    if most >= len(words):
        assert rows is None
        return
    assert rows is not None
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert len(rows) == most
    if most >= len(set(words)):
        assert {words[row] for row in rows} == set(words)


def test_a_choice_among_single_words_prefers_none() -> None:
    words = [f"{i:04}" for i in range(1000)]
    rows = subsample_rows(1000, 100, words, 0)

    assert rows is not None
    assert 350 < rows.mean() < 650


@pytest.mark.parametrize("max_samples", [0, -1, 2.5, True])
def test_max_samples_is_a_whole_number(max_samples: Any) -> None:
    with pytest.raises(MisuseError, match=r"max_samples must be a whole number.*pass None"):
        prepare(np.zeros((5, 2)), max_samples=max_samples)


def test_a_source_of_fractional_targets_labels_by_number(digits: Digits) -> None:
    x = digits[0][:N]
    target = x.mean(axis=(1, 2), dtype=np.float32)[:, np.newaxis]
    samples = prepare(dataset(x, target), max_samples=100)

    assert samples.columns[1].type == "number"
    expected = target[[int(i) for i in samples.columns[0].cells], 0]
    np.testing.assert_array_equal(samples.columns[1].numbers().astype(np.float32), expected)


def test_a_source_whose_y_is_no_label_gives_none(digits: Digits) -> None:
    x = digits[0][:N]

    assert [c.name for c in prepare(dataset(x, x)).columns] == ["index"]


def test_labels_go_before_the_y_of_a_source(digits: Digits) -> None:
    x, y = digits[0][:N], digits[1][:N]
    words = [f"digit {label}" for label in y]

    assert list(prepare(dataset(x, y), labels=words).columns[1].cells) == words
    in_metadata = prepare(dataset(x, y), metadata={"label": words})
    assert [list(column.cells) for column in in_metadata.columns[1:]] == [words]


@pytest.mark.parametrize(
    "endless",
    [lambda x, y: dataset(x, y).repeat(), Endless],
    ids=["tf.data", "PyDataset"],
)
def test_a_source_without_an_end_is_refused_unread(
    digits: Digits, endless: Callable[[Any, Any], Any]
) -> None:
    with pytest.raises(MisuseError, match=r"infinite.*dataset\.take\(n_batches\)"):
        prepare(endless(*digits), max_samples=10)


@pytest.mark.parametrize("kind", ["iterable", "tf.data"])
def test_a_source_that_cannot_say_its_end_is_bounded(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(batched_inputs, "MAX_UNCOUNTED_SAMPLES", 100)

    def forever() -> Iterator[Any]:
        return (np.full((20, 2), i, np.float32) for i in itertools.count())

    sources = {
        "iterable": Uncounted(forever),
        "tf.data": tf.data.Dataset.from_generator(
            forever, output_signature=tf.TensorSpec((20, 2), tf.float32)
        ),
    }
    with pytest.raises(MisuseError, match=r"more than 100 samples.*assert_cardinality"):
        prepare(sources[kind])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (iter([]), "list_iterator, which can be read only once"),
        ([], "x has no samples"),
        (np.zeros((0, 3)), "x has no samples"),
        (Uncounted(lambda: iter([])), "x has no samples"),
        (np.array([b"a", 1.5], object), "array of numbers.*not of type ndarray of shape"),
        ("text", "array of numbers.*not of type str"),
        ([[1.0, 2.0], [3.0]], "cannot be read as an array of numbers"),
        ({"a": np.zeros((3, 1)), "b": np.zeros((4, 1))}, r"x\['b'\] of shape \(4, 1\)"),
        ([np.zeros(8), np.zeros(9)], r"np\.stack\(x\)"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), r"data frame with columns of .*float64"),
        (Uncounted(lambda: iter([np.zeros((2, 3)), np.zeros((2, 4))])), "pad the samples"),
        (Uncounted(lambda: iter([(1, 2, 3, 4)])), "have 4 parts"),
        (
            tf.data.Dataset.from_tensor_slices((np.zeros((3, 2)), np.zeros(3))),
            r"dataset\.batch\(256\)",
        ),
    ],
)
def test_what_is_no_x_is_refused(x: Any, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        prepare(x)


def test_x_is_not_copied(digits: Digits) -> None:
    x = digits[0]
    inputs = {"a": x, "b": [x, x.reshape(-1, 64)]}

    assert prepare(x).x is x
    taken = prepare(inputs, images=False).x
    assert taken["a"] is x
    assert np.shares_memory(taken["b"][1], x)


@pytest.mark.parametrize("kind", ["batches", "shuffled", "not contiguous"])
def test_memory_holds_the_samples_once(kind: str) -> None:
    shape = (16, 16_384) if kind == "shuffled" else (256, 1024)

    def batches_of_a_mebibyte() -> Iterator[Any]:
        order = np.random.default_rng().permutation(100) if kind == "shuffled" else range(100)
        return (np.full(shape, i, np.float32) for i in order)

    x: Any = Uncounted(batches_of_a_mebibyte)
    if kind == "not contiguous":
        x = np.zeros((1024, 25_600), np.float32).T
    tracemalloc.start()
    try:
        samples = prepare(x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert samples.count == 100 * shape[0]
    # Beside the array of 100 MiB: a block or a few batches, and the index column.
    assert peak < (40 << 20 if kind == "not contiguous" else 130 << 20)


def test_arrays_need_no_tensorflow() -> None:
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'torch', 'pandas', 'keras', 'jax'):\n"
        "    sys.modules[name] = None\n"
        "import numpy as np\n"
        "from tb_embed_plugin.recording.samples.samples import prepare_samples\n"
        "x = [[(np.ones((4, 2)), np.arange(4))]][0]\n"
        "class Source:\n"
        "    def __iter__(self):\n"
        "        return iter(x)\n"
        "samples = prepare_samples(Source(), floatx='float32', labels=None, images=None,\n"
        "    metadata=None, image_shape=None, invert_images=False)\n"
        "print(samples.count, samples.columns[1].cells)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert result.stdout == "4 ['0', '1', '2', '3']\n", result.stderr
