"""Reported: tensors that are no usual matrix, and tables without a configuration."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file
from tensorboardX import SummaryWriter

from tb_embed_plugin.runs.logdir import Logdir
from tests.foreign import save_by_saver
from tests.harness import find_run
from tests.reported.logs import (
    ROWS,
    WORDS,
    configure,
    entry,
    save,
    values,
    words_of,
    write_table,
    write_words,
)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (
            (10, 28, 28),
            "a tensor of shape (10, 28, 28); flatten it to (10, 784), a row per sample",
        ),
        (
            (2, 3, 4, 5),
            "a tensor of shape (2, 3, 4, 5); flatten it to (2, 60), a row per sample",
        ),
        ((10,), "a vector of shape (10,); reshape it to (10, 1), one unit per sample"),
        ((0, 4), "an empty tensor of shape (0, 4)"),
    ],
)
@pytest.mark.parametrize("name", ["fc1", "fc1:0", "fc1/.ATTRIBUTES/VARIABLE_VALUE"])
def test_a_named_tensor_of_another_rank_is_said_to_be_that(
    tmp_path: Path, shape: tuple[int, ...], said: str, name: str
) -> None:
    save(tmp_path, {"fc1": np.zeros(shape, np.float32), "fc2": values()}, "model.ckpt-1")
    configure(tmp_path, entry(tensor_name=name))
    run = find_run(tmp_path)
    assert [layer.name for layer in run.layers] == ["fc2"]
    (problem,) = run.problems
    assert f"is not a matrix but {said}" in problem
    assert "tensor_name" not in problem


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of what no picture can be made of, by TensorFlow itself."""
    folder = tmp_path_factory.mktemp("odd")
    scalar = np.zeros((), np.float32)
    save_by_saver(folder, {1: {"complex": np.zeros((4, 3), np.complex64), "loss": scalar}})
    texts = tf.train.Checkpoint(texts=tf.Variable([b"a", b"b"]))
    texts.write(str(folder / "texts-1"))
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("complex", "a tensor of complex numbers of shape (4, 3); save its real and its imag"),
        ("texts", "a tensor of texts of shape (2,); put texts into the metadata"),
        ("loss", "a single number; save a tensor with a row per sample"),
    ],
)
@pytest.mark.parametrize("beside", ["a matrix", "nothing"])
def test_a_named_tensor_of_another_kind_is_said_to_be_that(
    tmp_path: Path, odd: Path, name: str, said: str, beside: str
) -> None:
    folder = Path(shutil.copytree(odd, tmp_path / "run"))
    if beside == "a matrix":
        save(folder, {"words": values()}, "more-1")
    configure(folder, entry(tensor_name=name))
    problems = find_run(folder).problems
    assert f"the tensor {name} is not a matrix but {said}" in " ".join(problems)


def _write_safetensors(path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    save_file(dict(tensors), path.with_suffix(".safetensors"))


def _write_keras_2(path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, tensor in tensors.items():
            file[f"model_weights/{name}/{name}/embeddings:0"] = tensor


def _write_keras_3(path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    with h5py.File(path.with_suffix(".weights.h5"), "w") as file:
        for i, (name, tensor) in enumerate(tensors.items()):
            group = file.create_group(f"layers/dense_{i + 1}/vars")
            group.attrs["name"] = name
            group["0"] = tensor


WEIGHTS = [_write_safetensors, _write_keras_2, _write_keras_3]


@pytest.mark.parametrize("write", WEIGHTS)
@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (
            np.zeros((10, 28, 28), np.float32),
            "a tensor of shape (10, 28, 28); flatten it to (10, 784), a row per sample",
        ),
        (
            np.zeros(10, np.float32),
            "a vector of shape (10,); reshape it to (10, 1), one unit per sample",
        ),
        (np.zeros((), np.float32), "a single number; save a tensor with a row per sample"),
        (np.zeros((4, 3), bool), "not of numbers; save it as float32"),
        (np.zeros((4, 3), np.complex64), "a tensor of complex numbers of shape (4, 3)"),
    ],
)
@pytest.mark.parametrize("beside", ["a matrix", "nothing"])
def test_a_named_tensor_of_another_rank_in_a_file_of_weights_is_said_to_be_that(
    tmp_path: Path,
    write: Callable[[Path, Mapping[str, NDArray[np.generic]]], None],
    tensor: NDArray[np.generic],
    said: str,
    beside: str,
) -> None:
    write(tmp_path / "model", {"fc1": tensor} | ({"fc2": values()} if "m" in beside else {}))
    configure(tmp_path, entry(tensor_name="fc1"))
    (problem,) = find_run(tmp_path).problems
    assert problem.startswith("the tensor fc1 is not a matrix but ")
    assert said in problem


@pytest.mark.parametrize("write", WEIGHTS)
def test_one_unit_in_a_file_of_weights_is_a_layer_where_it_is_meant(
    tmp_path: Path, write: Callable[[Path, Mapping[str, NDArray[np.generic]]], None]
) -> None:
    write(tmp_path / "model", {"fc1": values(9, 1), "fc2": values()})
    assert [layer.name for layer in find_run(tmp_path).layers] == ["fc2"]
    configure(tmp_path, entry(tensor_name="fc1"))
    run = find_run(tmp_path)
    assert ([layer.name for layer in run.layers], run.problems) == (["fc1", "fc2"], [])
    np.testing.assert_array_equal(run.snapshot("fc1", 0), values(9, 1))


def test_a_matrix_is_named_by_its_place_in_the_file_too(tmp_path: Path) -> None:
    _write_safetensors(tmp_path / "model", {"bert.words.weight": values(), "x": values(3)})
    configure(tmp_path, entry(tensor_name="bert.words.weight", metadata_path="words.tsv"))
    write_words(tmp_path / "words.tsv")
    run = find_run(tmp_path)
    assert (words_of(run, "bert.words"), run.problems) == (WORDS, [])


def test_checkpoints_without_a_matrix_say_what_they_hold(tmp_path: Path) -> None:
    tensors = {"bias": np.zeros(7, np.float32), "conv": np.zeros((3, 3, 1, 8), np.float32)}
    save(tmp_path, tensors, "model.ckpt-1")
    (problem,) = find_run(tmp_path).problems
    assert "bias, a vector of shape (7,)" in problem
    assert "conv, a tensor of shape (3, 3, 1, 8)" in problem


@pytest.mark.parametrize("shape", [(9, 1), (1, 9), (1, 1)])
@pytest.mark.parametrize("by", ["checkpoint", "tensor_path", "add_embedding", "tensors.tsv"])
def test_one_unit_or_one_sample_is_a_layer_where_it_is_meant(
    tmp_path: Path, shape: tuple[int, int], by: str
) -> None:
    matrix = values(*shape)
    if by == "checkpoint":
        save(tmp_path, {"fc1": matrix, "fc2": values()}, "model.ckpt-0")
        configure(tmp_path, entry(tensor_name="fc1"))
    elif by == "tensor_path":
        (tmp_path / "t.bytes").write_bytes(matrix.tobytes())
        configure(
            tmp_path,
            f'embeddings {{ tensor_name: "fc1" tensor_path: "t.bytes" '
            f"tensor_shape: [{shape[0]}, {shape[1]}] }}",
        )
    elif by == "add_embedding":
        with SummaryWriter(str(tmp_path)) as writer:
            writer.add_embedding(matrix, tag="fc1")
    else:
        write_table(tmp_path / "tensors.tsv", matrix)
    run = find_run(tmp_path)
    layer = run.layers[0]
    assert run.problems == []
    assert (layer.samples, layer.units) == shape
    np.testing.assert_array_equal(run.snapshot(layer.name, layer.steps[0]), matrix)


def test_biases_and_kernels_of_one_unit_are_no_layers_of_their_own(tmp_path: Path) -> None:
    tensors = {"out": values(9, 1), "bias": np.zeros((1, 9), np.float32), "words": values()}
    save(tmp_path, tensors, "model.ckpt-1")
    run = find_run(tmp_path)
    assert ([layer.name for layer in run.layers], run.problems) == (["words"], [])


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ("[4, 3, 2]", "write [4, 6], a row per sample"),
        ("[24]", "write [24, 1], one unit per sample"),
        ("[]", "add tensor_shape"),
    ],
)
def test_a_tensor_shape_of_another_rank_is_said_to_be_that(
    tmp_path: Path, shape: str, remedy: str
) -> None:
    (tmp_path / "t.bytes").write_bytes(bytes(96))
    configure(
        tmp_path,
        f'embeddings {{ tensor_name: "t" tensor_path: "t.bytes" tensor_shape: {shape} }}',
    )
    (problem,) = find_run(tmp_path).problems
    assert remedy in problem


TABLES: Mapping[str, tuple[str, str, str]] = {
    "the Projector's page": ("tensors.tsv", "metadata.tsv", "sprite.png"),
    "one tensor": ("tensor.tsv", "metadata.tsv", "sprite_images.png"),
    "TensorFlow's tutorial on word2vec": ("vectors.tsv", "metadata.tsv", "sprite.jpg"),
    "TensorFlow's tutorial on embeddings": ("vecs.tsv", "meta.tsv", "sprites.png"),
    "several in one directory": ("mnist_tensors.tsv", "mnist_labels.tsv", "mnist_sprite.png"),
    "a name of their own": ("features.tsv", "metadata.tsv", "sprite.png"),
}


@pytest.mark.parametrize("writer", TABLES)
def test_a_table_of_numbers_with_labels_beside_it_needs_no_configuration(
    tmp_path: Path, writer: str
) -> None:
    tensors, metadata, sheet = TABLES[writer]
    folder = tmp_path / "logs" / "run"
    write_table(folder / tensors, values())
    write_words(folder / metadata)
    Image.new("L", (16, 16)).save(folder / sheet)
    (folder / "readme.tsv").write_text("no\tnumbers\n")
    logdir = Logdir(tmp_path, list)
    (run,) = logdir.list_runs()
    assert run.name == "logs/run"
    found = logdir.run(run.name)
    assert found.problems == []
    (layer,) = found.layers
    assert (layer.name, layer.samples, layer.units) == (Path(tensors).stem, ROWS, 4)
    np.testing.assert_array_equal(found.snapshot(layer.name, 0), values())
    assert words_of(found, layer.name) == WORDS
    assert layer.sprite is not None


def test_each_of_several_tables_has_the_labels_of_its_name(tmp_path: Path) -> None:
    write_table(tmp_path / "a_tensors.tsv", values(3))
    write_table(tmp_path / "b_tensors.tsv", values(4))
    write_words(tmp_path / "a_metadata.tsv", ["x", "y", "z"])
    write_words(tmp_path / "metadata.tsv", ["1", "2", "3", "4"])
    run = find_run(tmp_path)
    assert words_of(run, "a_tensors") == ["x", "y", "z"]
    assert words_of(run, "b_tensors") == ["1", "2", "3", "4"]


def test_a_table_without_labels_is_a_layer(tmp_path: Path) -> None:
    write_table(tmp_path / "vectors.tsv", values())
    run = find_run(tmp_path)
    assert (run.layers[0].columns, run.problems) == ((), [])


def test_a_table_of_other_rows_than_the_labels_beside_it_is_none(tmp_path: Path) -> None:
    write_table(tmp_path / "loss.tsv", values(5))
    write_words(tmp_path / "metadata.tsv")
    assert Logdir(tmp_path, list).list_runs() == []


def test_a_damaged_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "tensors.tsv").write_text("1.0\t2.0\n3.0")
    write_words(tmp_path / "metadata.tsv", ["a", "b"])
    (problem,) = find_run(tmp_path).problems
    assert "tensors.tsv is a table whose last row differs" in problem


def test_tables_in_folders_of_steps_are_steps_and_no_runs(tmp_path: Path) -> None:
    # A log of add_embedding whose configuration was not copied.
    for step in ("00001", "00002"):
        write_table(tmp_path / "run" / step / "default" / "tensors.tsv", values())
        write_words(tmp_path / "run" / step / "default" / "metadata.tsv")
    logdir = Logdir(tmp_path, list)
    assert [run.name for run in logdir.list_runs()] == ["run"]
    assert [layer.steps for layer in logdir.run("run").layers] == [(1, 2)]


def test_a_table_that_the_configuration_names_is_shown_once(tmp_path: Path) -> None:
    write_table(tmp_path / "tensors.tsv", values())
    write_table(tmp_path / "vecs.tsv", values(seed=1))
    configure(tmp_path, entry(tensor_name="mine", tensor_path="./tensors.tsv"))
    assert [layer.name for layer in find_run(tmp_path).layers] == ["mine", "vecs"]


def test_add_embedding_of_booleans_is_zeros_and_ones(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((6, 3)) > 0.5
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_embedding(values, metadata=list("abcabc"), global_step=1)
    run = find_run(tmp_path)
    assert "True" in next(tmp_path.rglob("tensors.tsv")).read_text()
    np.testing.assert_array_equal(run.snapshot("default", 1), values)
    assert run.problems == []
