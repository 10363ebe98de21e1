"""Reported: log directories that cannot be read, and several of them at once."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_ingester
from tensorboard.plugins import base_plugin
from tensorboard.plugins.core import core_plugin
from werkzeug.test import Client

from tb_embed_plugin import cli
from tb_embed_plugin.jobs import job_execution
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.remote.followed_root import Following
from tb_embed_plugin.runs.event_file import write_event_file
from tb_embed_plugin.runs.roots import roots_of
from tests.harness import TensorBoardProcess, wait_until, without_library
from tests.remote.conftest import copies, followings
from tests.reported.logs import save, values

__all__ = ["copies", "followings"]

BASE = "/data/plugin/tb_embed/"
NOBODY = 65534


def client_of(**flags: str) -> Client:
    """Returns a client of the plugin, started as TensorBoard starts it with such flags."""
    parser = ArgumentParser()
    core_plugin.CorePluginLoader().define_flags(parser)
    parsed = parser.parse_args([f"--{name}={value}" for name, value in flags.items()])
    context = base_plugin.TBContext(logdir=parsed.logdir, flags=parsed)
    return Client(application.TensorBoardWSGI([EmbeddingsPlugin(context)]))


def listed(client: Client) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = client.get(BASE + "runs").get_json()
    return answer


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of somebody without rights, who we are meanwhile."""
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    # What is imported late may lie where only we may read.
    listed(client_of(logdir=str(folder)))
    try:
        if user == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield folder
    finally:
        if user == 0:
            os.seteuid(user)
        for path in folder.rglob("*"):
            path.chmod(0o700)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("scheme", "library", "what_to_do"),
    [
        ("s3", "s3fs", "run pip install 'tb-embed-plugin[remote]'"),
        (
            "gs",
            "gcsfs",
            "run pip install 'tb-embed-plugin[remote]'",
        ),
        ("nosuch", "none", "has a scheme that is not known; pass s3://, gs:// or another"),
    ],
)
@pytest.mark.parametrize("flag", ["logdir", "logdir_spec"])
@pytest.mark.usefixtures("copies")
def test_an_address_is_named_with_what_to_do(
    scheme: str,
    library: str,
    what_to_do: str,
    flag: str,
    monkeypatch: pytest.MonkeyPatch,
    followings: list[Following],
) -> None:
    without_library(monkeypatch, f"{scheme}://", library)
    client = client_of(**{flag: f"{scheme}://bucket/logs"})
    wait_until(lambda: what_to_do in listed(client)["problems"][0])
    answer = listed(client)
    assert answer["runs"] == []
    (problem,) = answer["problems"]
    assert f"is the address {scheme}://" in problem
    assert "bucket" not in problem
    assert len(followings) == 1


def test_a_directory_that_does_not_exist_is_not_an_empty_one(tmp_path: Path) -> None:
    client = client_of(logdir=str(tmp_path / "lgos"))
    (problem,) = listed(client)["problems"]
    assert problem.startswith("the log directory does not exist: there is no 'lgos'")
    assert str(tmp_path) not in problem
    answer = client.get(BASE + "metadata?run=a&layer=b")
    assert (answer.status_code, problem in answer.text) == (404, True)
    # A training may make it.
    save(tmp_path / "lgos" / "run", {"words": values()}, "model.ckpt-1")
    later = listed(client)
    assert ([run["run"] for run in later["runs"]], later["problems"]) == (["run"], [])


def test_an_empty_directory_has_no_problem(tmp_path: Path) -> None:
    assert listed(client_of(logdir=str(tmp_path))) == {"runs": [], "problems": [], "unread": 0}


def test_a_file_is_no_log_directory(tmp_path: Path) -> None:
    (tmp_path / "events.out").write_bytes(b"")
    (problem,) = listed(client_of(logdir=str(tmp_path / "events.out")))["problems"]
    assert (
        "must be a directory, but events.out is a file; start TensorBoard with the directory"
        in problem
    )


def test_a_link_to_itself_is_no_log_directory(tmp_path: Path) -> None:
    (tmp_path / "logs").symlink_to("logs")
    (problem,) = listed(client_of(logdir=str(tmp_path / "logs")))["problems"]
    assert problem.startswith("the log directory cannot be read (OSError)")


def test_a_log_directory_without_the_right_to_list_it(unprivileged: Path) -> None:
    unprivileged.chmod(0o000)
    (problem,) = listed(client_of(logdir=str(unprivileged)))["problems"]
    assert "TensorBoard has no permission to list the log directory" in problem
    unprivileged.chmod(0o700)


def test_directories_that_may_not_be_listed_are_named_beside_the_runs(
    unprivileged: Path,
) -> None:
    save(unprivileged / "a", {"words": values()}, "model.ckpt-1")
    (unprivileged / "b" / "closed").mkdir(parents=True)
    (unprivileged / "lost+found").mkdir()
    for closed in (unprivileged / "b" / "closed", unprivileged / "lost+found"):
        closed.chmod(0o000)
    answer = listed(client_of(logdir=str(unprivileged)))
    assert [run["run"] for run in answer["runs"]] == ["a"]
    (problem,) = answer["problems"]
    assert "TensorBoard has no permission to list b/closed, where there may be runs" in problem


def test_tb_embed_check_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("gone", "file"):
        (problem,) = listed(client_of(logdir=str(tmp_path / name)))["problems"]
        assert cli.main(["check", str(tmp_path / name)]) == 1
        assert problem in capsys.readouterr().out


def test_logdir_spec_names_runs_as_tensorboard_does(tmp_path: Path) -> None:
    save(tmp_path / "x" / "train", {"words": values(seed=1)}, "model.ckpt-1")
    save(tmp_path / "y", {"words": values(seed=2)}, "model.ckpt-1")
    save(tmp_path / "z" / "deep" / "er", {"words": values(seed=3)}, "model.ckpt-1")
    spec = f"name1:{tmp_path}/x,name2:{tmp_path}/y,{tmp_path}/z"
    client = client_of(logdir_spec=spec)
    answer = listed(client)
    assert answer["problems"] == []
    assert [run["run"] for run in answer["runs"]] == ["deep/er", "name1/train", "name2/."]
    vectors = client.get(BASE + "vectors?run=name2/.&layer=words&step=1")
    assert values(seed=2).tobytes() in vectors.data
    for run in ("name1/../../y", "name3/train", "train", "name2"):
        query = {"run": run, "layer": "words", "step": "1"}
        assert client.get(BASE + "vectors", query_string=query).status_code == 404


@pytest.mark.usefixtures("copies", "followings")
def test_directories_of_logdir_spec_that_cannot_be_read_hide_no_other(tmp_path: Path) -> None:
    save(tmp_path / "x" / "train", {"words": values()}, "model.ckpt-1")
    answer = listed(client_of(logdir_spec=f"a:{tmp_path}/x,b:{tmp_path}/gone,c:nosuch://b"))
    assert [run["run"] for run in answer["runs"]] == ["a/train"]
    assert "the log directory b does not exist: there is no 'gone'" in answer["problems"][0]
    assert "the log directory c is the address nosuch://" in answer["problems"][1]


def test_runs_of_one_name_in_several_directories_are_told(tmp_path: Path) -> None:
    for name in ("x", "y"):
        save(tmp_path / name / "train", {name: values()}, "model.ckpt-1")
    answer = listed(client_of(logdir_spec=f"{tmp_path}/x,{tmp_path}/y"))
    assert [run["layers"][0]["name"] for run in answer["runs"]] == ["y"]
    assert "several directories of --logdir_spec are called train" in answer["problems"][0]


@pytest.mark.parametrize(
    "spec",
    [
        "a:/x,b:/y",
        "/x,/y",
        "a:/x",
        "/x:y",
        "a:/x:y",
        "a:~/x",
        "gs://b/x",
        "a:s3://b/x",
        "a:x,b:x",
        "/x",
    ],
)
def test_logdir_spec_is_parsed_as_tensorboard_parses_it(spec: str) -> None:
    expected = data_ingester._parse_event_files_spec(spec)  # noqa: SLF001 # what it must equal
    ours = {os.path.realpath(root.path): root.name or None for root in roots_of("", spec)}
    theirs = {
        os.path.realpath(path.replace("://", ":/")): name for path, name in expected.items()
    }
    assert ours == theirs


def test_a_worker_finds_a_run_of_logdir_spec(tmp_path: Path) -> None:
    save(tmp_path / "x" / "train", {"words": values(40)}, "model.ckpt-1")
    settings = engines.FACTS["pca"].settings({})
    roots = ((str(tmp_path / "gone"), "a"), (str(tmp_path / "x"), "b"))
    asked = Projection(LayerRef("b/train", "words"), "pca", settings, 2, (1,))
    task = JobSpec(roots, asked, (1,), "backwards", None)
    told: list[job_execution.Progress] = []
    job_execution.execute(JobSpec.from_line(task.to_line()), told.append)
    assert told[-1].stage == "quality"


def test_a_tensorboard_of_several_directories(tmp_path: Path) -> None:
    for name in ("x/train", "y"):
        save(tmp_path / name, {"words": values()}, "model.ckpt-1")
        write_event_file(tmp_path / name)
    spec = f"one:{tmp_path}/x,two:{tmp_path}/y"
    server = TensorBoardProcess(None, "--logdir_spec", spec)
    try:
        ours = json.loads(server.get("data/plugin/tb_embed/runs")[2])
        server.wait_until_active("tb_embed")
        theirs = json.loads(server.get("data/runs")[2])
        status, _, body = server.get(
            "data/plugin/tb_embed/vectors?run=two/.&layer=words&step=1"
        )
    finally:
        server.stop()
    assert (
        sorted(run["run"] for run in ours["runs"]) == sorted(theirs) == ["one/train", "two/."]
    )
    assert (status, values().tobytes() in body) == (200, True)
