"""The contract that all readers of foreign formats keep."""

from __future__ import annotations

import io
import mmap
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.file_stamps import stamps_of
from tb_embed_plugin.runs.foreign import open_foreign
from tb_embed_plugin.runs.foreign.add_embedding import AddEmbedding
from tb_embed_plugin.runs.foreign.checkpoint_files import CheckpointFiles
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents
from tb_embed_plugin.runs.foreign.foreign_run import ForeignRun
from tb_embed_plugin.runs.foreign.loose_tables import LooseTables
from tb_embed_plugin.runs.foreign.open_foreign import ForeignFolders
from tb_embed_plugin.runs.foreign.reader import Reader
from tb_embed_plugin.runs.foreign.readers import READERS
from tb_embed_plugin.runs.foreign.weight_files import WeightFiles
from tb_embed_plugin.runs.foreign.weight_formats import FORMATS
from tb_embed_plugin.snapshot import LazyRows
from tests.harness import finished, is_a_message

Values = NDArray[np.float32]
LAYER = "words"
FOREIGN_NAMES = ("events.out.tfevents.1", "notes.txt", "plugins", "src")
LONG_AGO = 1_700_000_000


def values_at(step: int) -> Values:
    return np.random.default_rng(step).normal(size=(6, 3)).astype(np.float32)


def checkpoint(folder: Path, step: int, values: Values) -> None:
    (folder / "plugins/tb_embed").mkdir(parents=True, exist_ok=True)
    write_checkpoint(folder, f"model.ckpt-{step}", {LAYER: values}, np.dtype(np.float32))
    shutil.rmtree(folder / "plugins")


def weights_h5(folder: Path, step: int, values: Values) -> None:
    with h5py.File(folder / f"model-{step}.weights.h5", "w") as file:
        file[f"layers/{LAYER}/vars/0"] = values
        file[f"layers/{LAYER}/vars"].attrs["name"] = LAYER


def keras_file(folder: Path, step: int, values: Values) -> None:
    inner = io.BytesIO()
    with h5py.File(inner, "w") as file:
        file[f"layers/{LAYER}/vars/0"] = values
        file[f"layers/{LAYER}/vars"].attrs["name"] = LAYER
    with zipfile.ZipFile(folder / f"model-{step}.keras", "w") as archive:
        archive.writestr("model.weights.h5", inner.getvalue())


def safetensors(folder: Path, step: int, values: Values) -> None:
    save_file({LAYER: values}, folder / f"model-{step}.safetensors")


def hugging_face(folder: Path, step: int, values: Values) -> None:
    inside = folder / f"checkpoint-{step}"
    inside.mkdir()
    save_file({"bias": values[0]}, inside / "model-00001-of-00002.safetensors")
    save_file({LAYER: values}, inside / "model-00002-of-00002.safetensors")


def listed_embedding(folder: Path, step: int, values: Values) -> None:
    unlisted_embedding(folder, step, values)
    place = f"{step:05d}/{LAYER}"
    with (folder / "projector_config.pbtxt").open("a") as config:
        config.write(
            f'embeddings {{ tensor_name: "{LAYER}:{step:05d}" '
            f'tensor_path: "{place}/tensors.tsv" metadata_path: "{place}/metadata.tsv" }}\n'
        )


def unlisted_embedding(folder: Path, step: int, values: Values) -> None:
    inside = folder / f"{step:05d}" / LAYER
    inside.mkdir(parents=True)
    np.savetxt(inside / "tensors.tsv", values, fmt="%.9g", delimiter="\t")
    (inside / "metadata.tsv").write_text("a\nb\nc\nd\ne\nf\n")


def float32_embedding(folder: Path, step: int, values: Values) -> None:
    (folder / f"{step}.bytes").write_bytes(values.tobytes())
    rows, columns = values.shape
    with (folder / "projector_config.pbtxt").open("a") as config:
        config.write(
            f'embeddings {{ tensor_name: "{LAYER}:{step}" tensor_path: "{step}.bytes" '
            f"tensor_shape: {rows} tensor_shape: {columns} }}\n"
        )


def loose_table(folder: Path, step: int, values: Values) -> None:
    """Writes a table, which has no step but 0: that of the last one remains."""
    np.savetxt(folder / f"{LAYER}_vectors.tsv", values, fmt="%.9g", delimiter="\t")
    (folder / "metadata.tsv").write_text("a\nb\nc\nd\ne\nf\n")


@dataclass(frozen=True)
class Case:
    """A kind of file, and how somebody writes one step of a layer."""

    reader: type[Reader]
    write: Callable[[Path, int, Values], None]
    steps: tuple[int, ...] = (1, 2)
    layer: str = LAYER

    @property
    def expected(self) -> Mapping[int, Values]:
        return {step: values_at(step) for step in self.steps}


CASES = (
    Case(CheckpointFiles, checkpoint),
    Case(WeightFiles, weights_h5),
    Case(WeightFiles, keras_file),
    Case(WeightFiles, safetensors),
    Case(WeightFiles, hugging_face),
    Case(AddEmbedding, listed_embedding),
    Case(AddEmbedding, unlisted_embedding),
    Case(AddEmbedding, float32_embedding),
    Case(LooseTables, loose_table, steps=(0,), layer=f"{LAYER}_vectors"),
)


@pytest.fixture(params=CASES, ids=lambda case: case.write.__name__)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A kind of file, and a house in which its reader is the only one."""
    one: Case = request.param
    monkeypatch.setattr(open_foreign, "READERS", (one.reader,))
    return one


@pytest.fixture
def folder(case: Case, tmp_path: Path) -> Path:
    """The steps as somebody wrote them, long ago."""
    folder = tmp_path.resolve() / "run"
    folder.mkdir()
    for step, values in case.expected.items():
        case.write(folder, step, values)
    settle(folder)
    return folder


def settle(folder: Path) -> None:
    """Makes all files old, so that each change is seen by its time."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (LONG_AGO, LONG_AGO))


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def found_in(folder: Path) -> FolderContents:
    found = ForeignFolders().find(folder)
    assert found is not None
    return found


def facts(found: FolderContents) -> object:
    """All that is known without reading values."""
    layers = [
        (layer.name, step, tensor.shape, repr(tensor.stamp), tensor.wall_time, layer.table)
        for layer in found.layers
        for step, tensor in layer.tensors.items()
    ]
    return layers, found.problems, found.watched, found.polled, found.owned


def whole(case: Case, found: FolderContents | None) -> bool:
    """Whether the layer is there as it was written, and nothing else is."""
    if found is None or [layer.name for layer in found.layers] != [case.layer]:
        return False
    tensors = found.layers[0].tensors
    try:
        return set(tensors) == set(case.steps) and all(
            np.array_equal(tensors[step].read(), case.expected[step]) for step in case.steps
        )
    except UnreadableError:
        return False


def check_tensors(found: FolderContents) -> Iterator[str]:
    """Holds every tensor to what it declares; yields why some cannot be read."""
    for layer in (*found.layers, *found.spare):
        for tensor in layer.tensors.values():
            try:
                values = tensor.read()
                np.asarray(values)
            except UnreadableError as error:
                yield str(error)
            else:
                assert values.shape == tensor.shape
                assert values.dtype == np.float32
                assert not np.asarray(values).flags.writeable


def is_told(name: str, text: str) -> bool:
    return f"{name} is a named pipe" in text or f"{name} in the run is a named pipe" in text


def messages(found: FolderContents) -> list[str]:
    return list(check_tensors(found))


def test_every_reader_and_format_has_a_case(tmp_path: Path) -> None:
    assert {case.reader for case in CASES} == set(READERS)
    for i, case in enumerate(CASES):
        (tmp_path / str(i)).mkdir()
        case.write(tmp_path / str(i), 1, values_at(1))
    names = [path.name for path in files_of(tmp_path)]
    assert all(any(name.endswith(kind.endings) for name in names) for kind in FORMATS)


def test_a_reader_knows_its_files_and_no_others(case: Case, folder: Path) -> None:
    assert open_foreign.looks_foreign([path.name for path in folder.iterdir()])
    assert not case.reader.suits(FOREIGN_NAMES)
    for name in FOREIGN_NAMES:
        (folder / name).write_bytes(b"")
    assert whole(case, found_in(folder))


def test_tensors_hold_what_was_written(case: Case, folder: Path) -> None:
    found = found_in(folder)
    assert found.problems == []
    assert whole(case, found)
    assert list(check_tensors(found)) == []
    assert {t.wall_time for layer in found.layers for t in layer.tensors.values()} == {LONG_AGO}


def test_the_same_files_give_the_same_contents(case: Case, folder: Path) -> None:
    folders = ForeignFolders()
    first, again = folders.find(folder), folders.find(folder)
    assert first is not None
    assert again is not None
    assert facts(first) == facts(again) == facts(found_in(folder))
    names = [layer.name for layer in first.layers]
    assert len(names) == len(set(names))


def test_no_change_of_a_file_goes_unseen(case: Case, folder: Path) -> None:
    found = found_in(folder)
    seen = [*found.watched, *found.polled]
    for path in files_of(folder):
        before = stamps_of(seen)
        path.with_name("new").write_bytes(path.read_bytes())
        path.with_name("new").replace(path)
        assert stamps_of(seen) != before, path
        settle(folder)
    before = stamps_of(seen)
    case.write(folder, 3, values_at(3))
    assert stamps_of(seen) != before


def test_a_file_cut_short_is_a_problem_and_raises_nothing(case: Case, folder: Path) -> None:
    for path in files_of(folder):
        pristine = path.read_bytes()
        middle = len(pristine) // 2 - 3  # of a configuration: not between two entries
        if path.suffix == ".tsv" and b"\t" in pristine:
            # Nothing shows that more rows followed where a table ends behind one.
            middle = pristine.rindex(b"\t", 0, middle)
        for size in (middle, 0):
            path.write_bytes(pristine[:size])
            found = ForeignFolders().find(folder)
            unreadable = [] if found is None else list(check_tensors(found))
            said = [] if found is None else [*found.problems, *unreadable]
            assert said or whole(case, found), (path, size)
            assert all(map(is_a_message, said))
            assert not any(str(folder) in problem for problem in said)
        path.write_bytes(pristine)
        settle(folder)


def test_a_pipe_in_place_of_a_file_is_a_problem_and_keeps_nobody(
    case: Case, folder: Path
) -> None:
    for path in files_of(folder):
        kept = path.rename(path.with_name("kept"))
        os.mkfifo(path)
        found = finished(lambda: ForeignFolders().find(folder))
        unreadable = [] if found is None else finished(partial(messages, found))
        if found is not None:
            unreadable += finished(partial(ForeignRun, "run", folder, found, {})).problems
        assert any(is_told(path.name, text) for text in unreadable), (path, unreadable)
        path.unlink()
        kept.rename(path)
        settle(folder)


def test_a_file_cut_while_it_is_read_is_an_error_and_ends_no_process(
    case: Case, folder: Path
) -> None:
    found = found_in(folder)
    tensors = [tensor for layer in found.layers for tensor in layer.tensors.values()]
    read = [tensor.read() for tensor in tensors]
    for snapshot in read:
        assert np.isfinite(snapshot[:2]).all()
    for path in files_of(folder):
        os.truncate(path, path.stat().st_size // 2)
    for snapshot in read:
        # A table of numbers has been parsed as a whole.
        if isinstance(snapshot, LazyRows):
            with pytest.raises(
                UnreadableError, match=r"was (cut|written to) while it was read"
            ):
                snapshot[-1]


def test_no_file_is_mapped(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(arguments, options)

    monkeypatch.setattr(mmap, "mmap", refuse)
    assert whole(case, found_in(folder))


def test_nonsense_raises_nothing(case: Case, folder: Path) -> None:
    for path in files_of(folder)[:3]:
        pristine = path.read_bytes()
        path.write_bytes(b"\xff" * len(pristine))
        found = ForeignFolders().find(folder)
        if found is not None:
            list(check_tensors(found))
        path.write_bytes(pristine)


def test_links_that_lead_out_of_the_run_are_not_followed(case: Case, folder: Path) -> None:
    outside = folder.with_name("outside")
    for path in files_of(folder):
        if path.name == "projector_config.pbtxt":
            continue
        target = outside / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        path.symlink_to(target)
    found = found_in(folder)
    assert found.problems
    tensors = [tensor for layer in found.layers for tensor in layer.tensors.values()]
    assert len(list(check_tensors(found))) == len(tensors)
