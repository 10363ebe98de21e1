"""Reported: paths in a configuration that mean nothing where the log lies now."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tb_embed_plugin.commands.check import check
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths
from tb_embed_plugin.runs.logdir import Logdir
from tests.harness import client_for, find_run
from tests.reported.logs import (
    WORDS,
    configure,
    entry,
    quoted,
    save,
    values,
    words_of,
    write_table,
    write_words,
)

HIDDEN = "a word of another user"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A checkpoint of `words` in `logs/run1`, and outside of the logs a table of secrets."""
    folder = tmp_path / "logs" / "run1"
    save(folder, {"words": values()}, "model.ckpt-5")
    write_words(tmp_path / "hidden.tsv", [HIDDEN] * len(WORDS))
    return folder.resolve()


@pytest.mark.parametrize(
    "written",
    [
        "sub/metadata.tsv",
        "./sub/metadata.tsv",
        "run1/sub/metadata.tsv",
        "logs/run1/sub/metadata.tsv",
        "../run1/sub/metadata.tsv",
        "{folder}/sub/metadata.tsv",
        "file://{folder}/sub/metadata.tsv",
        "sub\\metadata.tsv",
        ".\\sub\\metadata.tsv",
        "C:\\Users\\me\\logs\\run1\\sub\\metadata.tsv",
        "file:///C:/Users/me/logs/run1/sub/metadata.tsv",
        "D:/logs/old name/sub/metadata.tsv",
        "\\\\server\\share\\logs\\run1\\sub\\metadata.tsv",
        "/content/drive/My Drive/logs/run1/sub/metadata.tsv",
        "~/logs/run1/sub/metadata.tsv",
        "gs://bucket/logs/run1/sub/metadata.tsv",
        " sub/metadata.tsv ",
        "sub/metadata.tsv\n",
        '"sub/metadata.tsv"',
        "sub/meta%64ata.tsv",
    ],
)
@pytest.mark.parametrize("kind", ["metadata_path", "sprite", "tensor_path", "checkpoint"])
def test_a_path_means_the_file_of_the_run_however_it_was_written(
    tmp_path: Path, written: str, kind: str
) -> None:
    folder = (tmp_path / "logs" / "run1").resolve()
    path = written.format(folder=folder)
    if kind == "checkpoint":
        save(folder / "sub", {"words": values()}, "metadata.tsv")
        configure(folder, f"model_checkpoint_path: {quoted(path)}\n")
    elif kind == "tensor_path":
        write_table(folder / "sub" / "metadata.tsv", values())
        configure(folder, entry(tensor_name="words", tensor_path=path))
    else:
        save(folder, {"words": values()}, "model.ckpt-5")
        write_words(folder / "sub" / "metadata.tsv")
        body = f"metadata_path: {quoted(path)}"
        if kind == "sprite":
            Image.new("L", (16, 16)).save(folder / "sub" / "metadata.tsv", "PNG")
            body = f"sprite {{ image_path: {quoted(path)} single_image_dim: [4, 4] }}"
        configure(folder, f'embeddings {{ tensor_name: "words" {body} }}')

    found = find_run(tmp_path / "logs", "run1")
    assert found.problems == []
    (layer,) = found.layers
    assert layer.name == "words"
    np.testing.assert_array_equal(found.snapshot("words", layer.steps[0]), values())
    if kind == "metadata_path":
        assert words_of(found, "words") == WORDS
    assert (layer.sprite is not None) == (kind == "sprite")


def test_the_file_in_which_most_of_the_path_lies_is_the_one(run: Path) -> None:
    write_words(run / "metadata.tsv", ["another"] * len(WORDS))
    write_words(run / "val" / "metadata.tsv")
    configure(run, entry(tensor_name="words", metadata_path="/old/run/val/metadata.tsv"))
    assert words_of(find_run(run), "words") == WORDS


def test_two_paths_that_could_mean_one_file_by_its_name_are_given_none(run: Path) -> None:
    save(run, {"words": values(), "others": values(seed=1)}, "model.ckpt-5")
    write_words(run / "metadata.tsv")
    configure(
        run,
        entry(tensor_name="words", metadata_path="/old/words/metadata.tsv"),
        entry(tensor_name="others", metadata_path="/old/others/metadata.tsv"),
    )
    found = find_run(run)
    assert [words_of(found, layer.name) for layer in found.layers] == [[], []]
    assert [problem.split(";")[0] for problem in found.problems] == [
        "the configuration names the file /old/words/metadata.tsv",
        "the configuration names the file /old/others/metadata.tsv",
    ]
    assert "could also be that of another entry" in found.problems[0]


def _missing(folder: Path) -> str:
    return "gone.tsv"


def _directory(folder: Path) -> str:
    (folder / "metadata.tsv").mkdir()
    return "metadata.tsv"


def _link_to_nothing(folder: Path) -> str:
    (folder / "metadata.tsv").symlink_to("nothing")
    return "metadata.tsv"


def _link_to_itself(folder: Path) -> str:
    (folder / "metadata.tsv").symlink_to("metadata.tsv")
    return "metadata.tsv"


def _link_out(folder: Path) -> str:
    (folder / "metadata.tsv").symlink_to("../../hidden.tsv")
    return "metadata.tsv"


def _folder_out(folder: Path) -> str:
    (folder / "sub").symlink_to("../..")
    return "sub/hidden.tsv"


def _above(folder: Path) -> str:
    return "../../hidden.tsv"


def _absolute(folder: Path) -> str:
    return str(folder.parents[1] / "hidden.tsv")


def _another_run(folder: Path) -> str:
    write_words(folder.parent / "run2" / "hidden.tsv", [HIDDEN] * len(WORDS))
    return "../run2/hidden.tsv"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "metadata.tsv")
    return "metadata.tsv"


def _no_name(folder: Path) -> str:
    return "a\\000b"


def _long(folder: Path) -> str:
    return "a" * 5000


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, "there is none in the run; put gone.tsv there"),
        (_directory, "metadata.tsv in the run is a directory, not a plain file; name a file"),
        (_pipe, "metadata.tsv in the run is a named pipe, not a plain file; name a file"),
        (_link_to_nothing, "there is none in the run"),
        (_link_to_itself, "there is none in the run"),
        (_link_out, "metadata.tsv links to a file outside of the run"),
        (_folder_out, "sub/hidden.tsv links to a file outside of the run"),
        (_above, "there is none in the run; put hidden.tsv there"),
        (_absolute, "there is none in the run; put hidden.tsv there"),
        (_another_run, "there is none in the run; put hidden.tsv there"),
        (_no_name, "there is none in the run"),
        (_long, "there is none in the run"),
    ],
)
@pytest.mark.parametrize("kind", ["metadata", "sprite", "metadata of a table"])
def test_what_is_wrong_with_a_table_or_a_sheet_costs_that_file_alone(
    run: Path, make: Callable[[Path], str], said: str, kind: str
) -> None:
    path = make(run)
    body = f'metadata_path: "{path}"'
    if kind == "sprite":
        body = f'sprite {{ image_path: "{path}" }}'
    tensor = 'tensor_name: "words"'
    if kind == "metadata of a table":
        write_table(run / "vectors.txt", values())
        tensor += ' tensor_path: "vectors.txt"'
    configure(run, f"embeddings {{ {tensor} {body} }}")

    client = client_for(run.parent, EmbeddingsPlugin)
    listed = client.get("/data/plugin/tb_embed/runs")
    assert HIDDEN not in listed.text
    assert str(run.parent) not in listed.text.replace(path, "")
    (found,) = [one for one in listed.get_json()["runs"] if one["run"] == "run1"]
    layer = found["layers"][0]
    assert (layer["name"], layer["columns"], layer["sprite"]) == ("words", [], None)
    assert len(found["problems"]) == 1
    assert said in found["problems"][0]
    query = "/data/plugin/tb_embed/metadata?run=run1&layer=words"
    assert HIDDEN not in client.get(query).text


def test_a_table_that_comes_later_is_taken(run: Path) -> None:
    configure(run, entry(tensor_name="words", metadata_path="later.tsv"))
    logdir = Logdir(run, list)
    assert "put later.tsv there" in logdir.run(".").problems[0]
    write_words(run / "later.tsv")
    found = logdir.run(".")
    assert (found.problems, words_of(found, "words")) == ([], WORDS)


def test_an_entry_that_leads_nowhere_hides_no_step(tmp_path: Path) -> None:
    write_table(tmp_path / "00010" / "default" / "tensors.tsv", values())
    write_words(tmp_path / "00010" / "default" / "metadata.tsv")
    (tmp_path / "wrong.bytes").write_bytes(bytes(7))
    for path in ("gone/tensors.bytes", "wrong.bytes", "../outside.bytes"):
        configure(tmp_path, entry(tensor_name="default:00010", tensor_path=path))
        found = find_run(tmp_path)
        assert [(layer.name, layer.steps) for layer in found.layers] == [("default", (10,))]
        np.testing.assert_array_equal(found.snapshot("default", 10), values())
        assert words_of(found, "default") == WORDS
        assert len(found.problems) == 1
        assert found.problems[0].startswith("default at step 10: ")


def test_add_embeddings_paths_of_the_machine_that_trained(tmp_path: Path) -> None:
    entries = []
    for step in (10, 20):
        write_table(tmp_path / f"000{step}" / "default" / "tensors.tsv", values(seed=step))
        write_words(tmp_path / f"000{step}" / "default" / "metadata.tsv")
        place = f"C:\\runs\\Nov27\\000{step}\\default\\"
        entries.append(
            entry(
                tensor_name=f"default:000{step}",
                tensor_path=place + "tensors.tsv",
                metadata_path=place + "metadata.tsv",
            )
        )
    configure(tmp_path, *entries)
    found = find_run(tmp_path)
    assert found.problems == []
    assert [(layer.name, layer.steps) for layer in found.layers] == [("default", (10, 20))]
    np.testing.assert_array_equal(found.snapshot("default", 20), values(seed=20))
    assert words_of(found, "default") == WORDS


@pytest.mark.parametrize(
    "state",
    [
        "/home/me/logs/run1/model.ckpt-9",
        "C:\\\\Users\\\\me\\\\run1\\\\model.ckpt-9",
        "model.ckpt-9",
        "gone/model.ckpt-9",
    ],
)
def test_the_state_file_of_another_machine_names_the_newest(run: Path, state: str) -> None:
    save(run, {"words": values(), "more": values(20)}, "model.ckpt-9")
    save(run, {"others": values()}, "best-1")
    save(run, {"others": values()}, "best-2")
    save(run, {"others": values()}, "best-3")
    (run / "checkpoint").write_text(f'model_checkpoint_path: "{state}"\n')
    assert find_run(run).layers[0].name == "more"


@pytest.mark.parametrize("state", ["checkpoint", "projector_config.pbtxt"])
def test_checkpoints_in_a_folder_that_a_renamed_run_names(tmp_path: Path, state: str) -> None:
    folder = tmp_path / "renamed"
    save(folder / "ckpts", {"words": values()}, "model.ckpt-3")
    write_words(folder / "ckpts" / "metadata.tsv")
    (folder / state).write_text('model_checkpoint_path: "logs/run1/ckpts/model.ckpt-3"\n')
    logdir = Logdir(tmp_path, list)
    assert [one.name for one in logdir.list_runs()] == ["renamed"]
    assert [layer.name for layer in logdir.run("renamed").layers] == ["words"]


def test_a_configuration_above_the_only_folder_of_checkpoints(tmp_path: Path) -> None:
    save(tmp_path / "weights", {"words": values()}, "model.ckpt-3")
    write_words(tmp_path / "weights" / "metadata.tsv")
    configure(tmp_path, entry(tensor_name="words", metadata_path="metadata.tsv"))
    logdir = Logdir(tmp_path, list)
    assert [one.name for one in logdir.list_runs()] == ["."]
    found = logdir.run(".")
    assert (found.problems, words_of(found, "words")) == ([], WORDS)


def test_a_configuration_above_several_folders_is_given_to_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name, {"words": values()}, "model.ckpt-3")
    configure(tmp_path, entry(tensor_name="words", metadata_path="metadata.tsv"))
    reports = {report.name: report for report in check(tmp_path)}
    assert sorted(reports) == [".", "a", "b"]
    assert (
        "there are 2 directories of checkpoints below the configuration, a, b;"
        in reports["."].problems[0]
    )


@pytest.mark.parametrize("age", [0, 3600])
def test_steps_of_a_configuration_begun_anew_in_a_log_that_was_copied(
    tmp_path: Path, age: int
) -> None:
    original = tmp_path / "original"
    for step in (1, 2, 3):
        write_table(original / f"0000{step}" / "t" / "tensors.tsv", values(seed=step))
    # The writer that went on knew of its own step alone.
    configure(original, entry(tensor_name="t:00003", tensor_path="00003/t/tensors.tsv"))
    copy = shutil.copytree(original, tmp_path / "copy", copy_function=shutil.copy)
    config = copy / "projector_config.pbtxt"
    for path in copy.rglob("*.tsv"):
        # Copied after the configuration; the last one may just have come.
        os.utime(path, (config.stat().st_mtime - age + 1,) * 2)
    os.utime(config, (config.stat().st_mtime - age,) * 2)
    found = find_run(copy)
    assert found.problems == []
    assert [layer.steps for layer in found.layers] == [(1, 2, 3)]
    np.testing.assert_array_equal(found.snapshot("t", 1), values(seed=1))


def test_a_step_that_is_being_written_is_shown_once_it_is_quiet(tmp_path: Path) -> None:
    write_table(tmp_path / "00001" / "t" / "tensors.tsv", values())
    configure(tmp_path, entry(tensor_name="t:00001", tensor_path="00001/t/tensors.tsv"))
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.utime(path, (1e9, 1e9))
    logdir = Logdir(tmp_path, list)
    assert logdir.run(".").layers[0].steps == (1,)
    tensor = tmp_path / "00002" / "t" / "tensors.tsv"
    write_table(tensor, values(seed=2))
    assert logdir.run(".").layers[0].steps == (1,)
    for path in [tmp_path, *tmp_path.rglob("0000*")]:
        os.utime(path, (1e9 + 1, 1e9 + 1))
    before = tensor.stat()
    os.utime(tensor, (before.st_mtime - 3600,) * 2)
    assert logdir.run(".").layers[0].steps == (1, 2)


@settings(max_examples=200)
@given(
    written=st.lists(
        st.sampled_from(["..", ".", "run", "sub", "hidden.tsv", "metadata.tsv", "out", "~"])
        | st.text(min_size=1, max_size=5),
        min_size=1,
        max_size=6,
    ),
    joint=st.sampled_from(["/", "\\"]),
    lead=st.sampled_from(["", "/", "C:\\", "file://", "s3://", "../", '"', " "]),
)
def test_no_path_leads_out_of_a_run(
    written: list[str], joint: str, lead: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.getbasetemp().resolve() / "escapes"
    run = root / "run"
    if not run.exists():
        write_words(root / "hidden.tsv")
        write_words(run / "sub" / "metadata.tsv")
        (run / "out").symlink_to(root)
        (run / "hidden.tsv").symlink_to(root / "hidden.tsv")
    paths = WrittenPaths(run, [lead + joint.join(written)])
    try:
        found = paths.find(lead + joint.join(written))
    except UnreadableError as error:
        assert str(error).startswith("the configuration names the file ")
        return
    assert found == run / "sub" / "metadata.tsv"
