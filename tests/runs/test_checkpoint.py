"""Our reader of TensorFlow's checkpoints against TensorFlow's."""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from tb_embed_plugin.errors import EmbedError, NotRecordedError, UnreadableError
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.writer import FLOAT32


def save(folder: Path, **tensors: NDArray[np.generic]) -> Path:
    """Saves by TensorFlow alone."""
    tf.raw_ops.SaveV2(
        prefix=str(folder / "ckpt"),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )
    return folder.resolve()


def test_reads_what_tensorflow_reads_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    # Enough names for several blocks of the index, with long common beginnings.
    tensors = {
        f"model/layer_{i}/kernel": rng.normal(size=(i % 5 + 1, 7)).astype(np.float32)
        for i in range(300)
    }
    folder = save(tmp_path, **tensors)

    ours = Checkpoint(folder, "ckpt")
    theirs = tf.train.load_checkpoint(str(folder / "ckpt"))

    assert set(ours.entries) == set(theirs.get_variable_to_shape_map())
    for name in tensors:
        np.testing.assert_array_equal(ours.tensor(name), theirs.get_tensor(name))


@pytest.mark.parametrize("slices", [("0,3:-", "3,7:-"), ("0,3:0,400", "3,7:0,400")])
def test_reads_the_slices_of_a_tensor(tmp_path: Path, slices: tuple[str, str]) -> None:
    whole = np.random.default_rng(0).normal(size=(10, 400)).astype(np.float32)
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "ckpt"),
        tensor_names=["w", "w"],
        shape_and_slices=[f"10 400 {part}" for part in slices],
        tensors=[whole[:3], whole[3:]],
    )
    checkpoint = Checkpoint(tmp_path.resolve(), "ckpt")
    assert list(checkpoint.entries) == ["w"]
    np.testing.assert_array_equal(checkpoint.tensor("w"), whole)


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int32", "int64", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4), (2, 3, 4)])
def test_reads_every_plain_type_and_shape(
    tmp_path: Path, dtype: str, shape: tuple[int, ...]
) -> None:
    values = np.random.default_rng(1).integers(0, 2, shape).astype(dtype)
    tensor = Checkpoint(save(tmp_path, x=values), "ckpt").tensor("x")

    assert tensor.dtype == values.dtype
    np.testing.assert_array_equal(tensor, values)


def test_what_is_read_cannot_be_written(tmp_path: Path) -> None:
    tensor = Checkpoint(save(tmp_path, x=np.ones((4, 4), np.float32)), "ckpt").tensor("x")

    with pytest.raises(ValueError, match="read-only"):
        tensor[0] = 0


def run_folder(folder: str | Path) -> Path:
    """Makes what a run has before its first checkpoint."""
    (Path(folder) / "plugins" / "tb_embed").mkdir(parents=True)
    return Path(folder)


def test_names_the_tensors_there_are(tmp_path: Path) -> None:
    checkpoint = Checkpoint(save(tmp_path, fc1=np.ones(1), fc2=np.ones(1)), "ckpt")

    with pytest.raises(NotRecordedError, match="no tensor 'fc3'; did you mean 'fc2'"):
        checkpoint.tensor("fc3")


def test_refuses_a_type_that_numpy_lacks_by_name(tmp_path: Path) -> None:
    folder = save(tmp_path, x=np.ones(3, np.complex64))

    with pytest.raises(UnreadableError, match=r"'x'.*type 8"):
        Checkpoint(folder, "ckpt").tensor("x")


def test_says_when_the_data_are_cut_short(tmp_path: Path) -> None:
    folder = save(tmp_path, x=np.ones(1000, np.float32))
    data = folder / "ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:3999])

    with pytest.raises(UnreadableError, match="it has 3999 bytes, not at least 4000"):
        Checkpoint(folder, "ckpt").tensor("x")


def test_opens_no_file_outside_of_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    save(outside, x=np.ones(10, np.float32))
    run = tmp_path / "run"
    run.mkdir()
    for name in ("ckpt.index", "ckpt.data-00000-of-00001"):
        (run / name).symlink_to(outside / name)

    with pytest.raises(UnreadableError, match="links to a file outside"):
        Checkpoint(run.resolve(), "ckpt")

    (run / "ckpt.index").unlink()
    (run / "ckpt.index").write_bytes((outside / "ckpt.index").read_bytes())
    with pytest.raises(UnreadableError, match="links to a file outside"):
        Checkpoint(run.resolve(), "ckpt").tensor("x")


class Passing(bytes):
    """A checksum that equals every other."""

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__


def theirs(block: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(block))


@given(
    position=st.integers(0, 10_000),
    value=st.integers(0, 255),
    cut=st.integers(0, 10_000) | st.just(0),
    checked=st.booleans(),
)
@settings(max_examples=500)
def test_a_damaged_index_is_a_stated_problem(
    tmp_path: Path, position: int, value: int, cut: int, *, checked: bool
) -> None:
    index = tmp_path / "ckpt.index"
    pristine = tmp_path / "pristine"
    if not pristine.exists():
        save(tmp_path, **{f"t{i}": np.ones((i, 2), np.float32) for i in range(30)})
        pristine.write_bytes(index.read_bytes())
    data = bytearray(pristine.read_bytes())
    data[position % len(data)] = value
    index.write_bytes(data[: max(1, len(data) - cut % len(data))])

    # Without the checksum's protection, what lies behind it is reached too.
    checksum = theirs if checked else lambda _: Passing()
    with mock.patch("tb_embed_plugin.runs.checkpoints.leveldb_table.block_checksum", checksum):
        try:
            checkpoint = Checkpoint(tmp_path.resolve(), "ckpt")
            for name in checkpoint.entries:
                checkpoint.tensor(name)
        except EmbedError as error:
            assert "ckpt" in str(error)


@given(
    tensors=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
        st.lists(st.integers(1, 7), min_size=1, max_size=3),
        min_size=1,
        max_size=20,
    ),
    dtype=st.sampled_from([np.dtype(np.float32), np.dtype(np.float16)]),
)
@settings(max_examples=50)
def test_tensorflow_reads_what_we_write(
    tensors: dict[str, list[int]], dtype: np.dtype[np.generic]
) -> None:
    rng = np.random.default_rng(2)
    values = {name: rng.normal(size=n).astype(np.float32) for name, n in tensors.items()}
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(run_folder(folder), "model.ckpt-3", values, dtype)
        theirs = tf.train.load_checkpoint(f"{folder}/model.ckpt-3")
        ours = Checkpoint(Path(folder).resolve(), "model.ckpt-3")

        assert theirs.get_variable_to_dtype_map() == dict.fromkeys(values, tf.as_dtype(dtype))
        assert set(ours.entries) == set(values)
        for name, expected in values.items():
            # TensorFlow checks the checksums, of the index and of each tensor.
            np.testing.assert_array_equal(theirs.get_tensor(name), expected.astype(dtype))
            np.testing.assert_array_equal(ours.tensor(name), expected.astype(dtype))


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_takes_several_pieces_is_whole(tmp_path: Path, order: Literal["C", "F"]) -> None:
    values = np.random.default_rng(2).normal(size=(3001, 700)).astype(np.float32, order=order)
    write_checkpoint(
        run_folder(tmp_path), "model.ckpt-3", {"fc1": values[:, ::2]}, values.dtype
    )

    theirs = tf.train.load_checkpoint(str(tmp_path / "model.ckpt-3"))
    np.testing.assert_array_equal(theirs.get_tensor("fc1"), values[:, ::2])
    assert sorted(p.name for p in tmp_path.glob("*")) == [
        "model.ckpt-3.data-00000-of-00001",
        "model.ckpt-3.index",
        "plugins",
    ]


def test_tensorflow_finds_a_flipped_bit_in_what_we_wrote(tmp_path: Path) -> None:
    write_checkpoint(
        run_folder(tmp_path), "model.ckpt-3", {"a": np.ones((99, 9), np.float32)}, FLOAT32
    )
    data = tmp_path / "model.ckpt-3.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[1000] ^= 1
    data.write_bytes(content)

    with pytest.raises(tf.errors.OpError, match="Checksum does not match"):
        tf.train.load_checkpoint(str(tmp_path / "model.ckpt-3")).get_tensor("a")


def test_what_the_disk_cannot_take_does_not_appear(tmp_path: Path) -> None:
    code = f"""
import pathlib, resource
import numpy as np
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.writer import FLOAT32
run, values = pathlib.Path({str(run_folder(tmp_path))!r}), np.ones((100, 100), np.float32)
write_checkpoint(run, "model.ckpt-0", {{"a": values}}, values.dtype)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    write_checkpoint(run, "model.ckpt-1", {{"a": values}}, values.dtype)
except OSError as error:
    print(error.strerror)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "File too large\n"
    files = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(files) == ["model.ckpt-0.data-00000-of-00001", "model.ckpt-0.index"]
