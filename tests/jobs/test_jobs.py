"""Jobs: t-SNE and UMAP through the routes, on small runs; in real workers where it matters."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import struct
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from sklearn.manifold import trustworthiness
from werkzeug.test import Client

from tb_embed_plugin import process_end, record
from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.jobs import job_execution, worker
from tb_embed_plugin.jobs import job_queue as jobs
from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.projection import LayerRef, Projection
from tb_embed_plugin.projections import engine, engines
from tests.clusters import (
    BASE,
    HEADER,
    SAMPLES,
    STEPS,
    get,
    record_clusters,
    snapshot,
    wait_for,
)
from tests.harness import client_for, tensorboard, wait_until
from tests.jobs.workers import WorkerHere, start_busy

FC1 = {"run": "a", "layer": "fc1", "engine": "tsne"}
CACHE = "plugins/tb_embed/cache"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Returns a client of TensorBoard on a run `a` of clusters."""
    record_clusters(tmp_path / "a")
    return client_for(tmp_path, EmbeddingsPlugin)


class Workers:
    """Starts what stands for workers, or real ones, and notes them.

    Attributes:
        kinds: What the next ones are; the last kind is that of all further ones.
        started: Those that were started.
    """

    def __init__(self) -> None:
        self.kinds: list[Callable[..., Any]] = [WorkerHere]
        self.started: list[Any] = []

    def start(self, *arguments: Any, **options: Any) -> Any:
        """Starts the next one."""
        kind = self.kinds.pop(0) if len(self.kinds) > 1 else self.kinds[0]
        self.started.append(kind(*arguments, **options))
        return self.started[-1]


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """The workers; jobs are done within this process unless a test says otherwise."""
    workers = Workers()
    stands_for = SimpleNamespace(Popen=workers.start, PIPE=subprocess.PIPE)
    monkeypatch.setattr(jobs, "subprocess", stands_for)
    yield workers
    for process in workers.started:
        process.kill()


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory with a run `a` of which a layout is finished, for whoever copies it."""
    logdir = tmp_path_factory.mktemp("laid_out")
    record_clusters(logdir / "a")
    asked = Projection(LayerRef("a", "fc1"), "tsne", engines.FACTS["tsne"].settings({}), 2)
    steps = tuple(range(STEPS + 1))
    job_execution.execute(
        JobSpec(((str(logdir), ""),), asked, steps, "backwards", "label"), lambda _: None
    )
    return logdir


@pytest.fixture
def finished(laid_out: Path, tmp_path: Path) -> Client:
    """Returns a client on a copy of the run that is laid out."""
    shutil.copytree(laid_out, tmp_path, dirs_exist_ok=True)
    return client_for(tmp_path, EmbeddingsPlugin)


def info_of(response: Any) -> Any:
    (size,) = struct.unpack("<Q", response.data[:8])
    return json.loads(json.loads(response.data[8 : 8 + size])["__metadata__"]["json"])


def frames_of(response: Any) -> dict[int, np.ndarray]:
    assert response.status_code == 200, response.data
    tensors = safetensors.numpy.load(response.data)
    scaled = tensors["positions"] * tensors["scale"][:, None, None]
    return dict(
        zip(tensors["steps"].tolist(), scaled + tensors["offset"][:, None], strict=True)
    )


def cached_frames(logdir: Path) -> dict[str, int]:
    files = (logdir / "a" / CACHE).glob("*/*.safetensors")
    return {file.name: file.stat().st_mtime_ns for file in files}


def is_alive(pid: int) -> bool:
    try:
        return "Z (zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("engine", "components", "kind"),
    [
        ("tsne", 2, subprocess.Popen),
        ("umap", 2, subprocess.Popen),
        ("umap", 3, WorkerHere),
    ],
)
def test_a_layout_is_asked_for_followed_and_answered(
    client: Client,
    workers: Workers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    components: int,
    kind: Any,
) -> None:
    workers.kinds = [kind]
    # A real worker needs neither.
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text(
            "raise RuntimeError('a worker needs no TensorFlow')"
        )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    query = {**FC1, "engine": engine, "components": components}
    before = get(client, "projection", query)
    assert before.status_code == 202
    told = before.get_json()
    assert (told["state"], told["done"], told["total"]) == ("absent", 0, STEPS + 1)
    assert told["expected_seconds"] > 0
    assert (told["part"], told["jobs"]) == (0, 0)

    assert get(client, "projection", query, start=True).status_code == 202
    quality = wait_for(client, "quality", query, "done", "failed")
    answer = get(client, "projection", query)
    info, frames = info_of(answer), frames_of(answer)

    assert (info["state"], info["done"], info["layout"] != "") == ("done", STEPS + 1, True)
    assert list(frames) == list(range(STEPS + 1))
    assert frames[STEPS].shape == (SAMPLES, components)
    last = quality["frames"][STEPS]
    reference = trustworthiness(snapshot(STEPS), frames[STEPS], n_neighbors=15)
    assert last["trustworthiness"] == pytest.approx(reference, abs=2e-3)
    assert reference > 0.9
    assert last["label_accuracy"] > 0.9, "four clusters, told apart by the column `label`"
    assert last["motion"] > 0
    assert quality["frames"][0]["motion"] is None, "nothing is before the first step"
    assert quality["noise_floor"] > 0
    title = {"tsne": "t-SNE", "umap": "UMAP"}[engine]
    assert quality["sentence"].startswith(f"{title}: ")


def test_only_some_steps_are_answered_where_only_some_are_asked(finished: Client) -> None:
    every = frames_of(get(finished, "projection", FC1))
    some = frames_of(get(finished, "projection", {**FC1, "steps": "1,3-4"}))

    assert list(some) == [1, 3, 4]
    for step, frame in some.items():
        np.testing.assert_array_equal(frame, every[step])


@pytest.mark.parametrize("route", ["projection", "quality", "cancel"])
def test_without_the_header_nothing_is_started_or_ended(
    client: Client, workers: Workers, route: str
) -> None:
    response = client.get(BASE + route, query_string={**FC1, "start": 1})

    assert response.status_code == 403
    assert "lacks the header" in response.text
    assert not workers.started


def test_eight_who_ask_at_once_share_one_job(client: Client, workers: Workers) -> None:
    answers: list[int] = []
    askers = [
        threading.Thread(
            target=lambda: answers.append(
                get(client, "projection", FC1, start=True).status_code
            )
        )
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    wait_for(client, "quality", FC1, "done")

    assert set(answers) <= {200, 202}
    assert len(answers) == 8
    assert len(workers.started) == 1


def test_runs_of_the_same_samples_have_jobs_of_their_own(
    tmp_path: Path, workers: Workers
) -> None:
    for name in ("a", "b"):
        record_clusters(tmp_path / name)
    client = client_for(tmp_path, EmbeddingsPlugin)
    other = {**FC1, "run": "b"}
    get(client, "projection", FC1, start=True)
    assert get(client, "projection", other).get_json()["state"] == "absent"
    get(client, "projection", other, start=True)
    wait_for(client, "quality", other, "done", "failed")

    assert len(workers.started) == 2
    for query in (FC1, other):
        assert info_of(get(client, "projection", query))["state"] == "done"


def test_frames_are_shown_as_they_are_finished(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []

    def do(spec: JobSpec, tell: job_execution.ReportProgress) -> None:
        def tell_and_ask(progress: job_execution.Progress) -> None:
            tell(progress)
            shown.append(get(client, "projection", FC1))

        execute(spec, tell_and_ask)

    execute = job_execution.execute
    monkeypatch.setattr(job_execution, "execute", do)
    get(client, "projection", FC1, start=True)
    wait_for(client, "quality", FC1, "done", "failed")

    assert shown[0].get_json()["state"] == "running"
    some = [answer for answer in shown if answer.status_code == 200]
    assert {info_of(answer)["done"] for answer in some} == set(range(1, STEPS + 2))
    for answer in some:
        if info_of(answer)["done"] < STEPS + 1:
            assert info_of(answer)["state"] == "running"
            assert "no-cache" in answer.headers["Cache-Control"]


def test_an_unfinished_answer_is_never_kept(finished: Client, tmp_path: Path) -> None:
    client = finished
    (run,) = client.get(BASE + "runs").get_json()["runs"]
    kept = tmp_path / "a" / CACHE
    kept.rename(tmp_path / "kept")
    query = {**FC1, "v": run["layers"][0]["version"]}
    empty, unmeasured = get(client, "projection", query), get(client, "quality", query)
    shutil.rmtree(kept, ignore_errors=True)
    (tmp_path / "kept").rename(kept)

    for response in (empty, unmeasured):
        assert "no-cache" in response.headers["Cache-Control"]
    for route in ("projection", "quality"):
        assert "max-age=31536000" in get(client, route, query).headers["Cache-Control"]


def test_cancel_ends_the_worker(client: Client, workers: Workers) -> None:
    workers.kinds = [start_busy]
    get(client, "projection", FC1, start=True)
    wait_until(lambda: "computing" in get(client, "quality", FC1).text)
    told = get(client, "projection", FC1).get_json()
    assert (told["done"], told["part"], told["jobs"]) == (0, 0.5, 1)
    answer = client.get(BASE + "cancel", query_string=FC1, headers=HEADER)

    assert answer.get_json() == {"state": "cancelled"}
    assert not is_alive(workers.started[0].pid)
    assert get(client, "quality", FC1).get_json()["state"] == "cancelled"
    again = get(client, "projection", FC1, start=True).get_json()
    assert again["state"] in {"waiting", "running"}
    client.get(BASE + "cancel", query_string=FC1, headers=HEADER)


def test_a_job_that_waits_can_be_cancelled(client: Client, workers: Workers) -> None:
    workers.kinds = [start_busy]
    other = {**FC1, "perplexity": 20}
    get(client, "projection", FC1, start=True)
    wait_until(lambda: workers.started)
    told = get(client, "projection", other, start=True).get_json()
    assert (told["state"], told["jobs"], told["part"]) == ("waiting", 2, 0)
    for query in (other, FC1):
        client.get(BASE + "cancel", query_string=query, headers=HEADER)

    assert get(client, "projection", other).get_json()["state"] == "cancelled"
    assert len(workers.started) == 1


def test_a_dead_worker_is_started_again_once(
    client: Client, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_end, "killed_for_memory", lambda: 0)
    workers.kinds = [start_busy]
    get(client, "projection", FC1, start=True)
    wait_until(lambda: workers.started)
    workers.started[0].send_signal(signal.SIGKILL)
    wait_until(lambda: len(workers.started) == 2)
    assert get(client, "quality", FC1).get_json()["state"] == "running"
    workers.started[1].send_signal(signal.SIGKILL)
    told = wait_for(client, "quality", FC1, "failed", "done")

    assert told["state"] == "failed"
    assert told["message"] == (
        "the worker ended 2 times without a message, by SIGKILL: another program has ended "
        "it; try again"
    )
    assert len(workers.started) == 2
    assert get(client, "quality", FC1).get_json()["state"] == "failed", "until asked again"


def test_a_worker_that_cannot_begin_is_told(
    client: Client, workers: Workers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers.kinds = [subprocess.Popen]
    (tmp_path / "numpy.py").write_text("import os; os._exit(7)")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    get(client, "projection", FC1, start=True)
    told = wait_for(client, "projection", FC1, "failed", "done")

    assert told["state"] == "failed"
    assert "by exit status 7; see TensorBoard's terminal for the reason" in told["message"]


def test_a_worker_that_was_restarted_finishes(client: Client, workers: Workers) -> None:
    workers.kinds = [start_busy, WorkerHere]
    get(client, "projection", FC1, start=True)
    wait_until(lambda: workers.started)
    workers.started[0].send_signal(signal.SIGKILL)

    assert wait_for(client, "quality", FC1, "failed", "done")["state"] == "done"
    assert len(workers.started) == 2


def test_a_failure_is_told_until_it_is_started_again(tmp_path: Path) -> None:
    record_clusters(tmp_path / "a", range(2), samples=20)
    client = client_for(tmp_path, EmbeddingsPlugin)
    (data,) = (tmp_path / "a").glob("model.ckpt-1.data*")
    data.write_bytes(data.read_bytes()[:-8])
    get(client, "projection", FC1, start=True)
    told = wait_for(client, "projection", FC1, "failed", "done")

    assert told["state"] == "failed"
    assert "is cut short: it has" in told["message"]
    assert data.name in told["message"]
    assert told["expected_seconds"] > 0, "what another job would take"
    again = get(client, "projection", FC1, start=True).get_json()
    assert again["state"] in {"waiting", "running"}


def test_too_many_jobs_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_WAITING", 0)
    response = get(client, "projection", FC1, start=True)

    assert response.status_code == 429
    assert "try again" in response.text


def test_a_new_epoch_adds_one_frame(finished: Client, tmp_path: Path) -> None:
    client = finished
    before, old = cached_frames(tmp_path), frames_of(get(client, "projection", FC1))
    record(tmp_path / "a", STEPS + 1, {"fc1": snapshot(STEPS + 1)})
    told = get(client, "projection", FC1)
    assert (info_of(told)["state"], info_of(told)["done"]) == ("absent", STEPS + 1)
    get(client, "projection", FC1, start=True)
    wait_for(client, "quality", FC1, "done")
    after, new = cached_frames(tmp_path), frames_of(get(client, "projection", FC1))

    assert len(after) == len(before) + 1
    assert before.items() <= after.items(), "no old frame was written again"
    for step, frame in old.items():
        np.testing.assert_array_equal(new[step], frame)
    last = new[STEPS + 1]
    moved = np.linalg.norm(last - new[STEPS], axis=1).mean()
    radius = np.linalg.norm(last - last.mean(0), axis=1).mean()
    assert moved < radius, "it lies in the coordinate system of the others"


def test_another_training_in_the_same_place_starts_anew(
    finished: Client, tmp_path: Path
) -> None:
    client = finished
    first = info_of(get(client, "projection", FC1))["layout"]
    shutil.move(tmp_path / "a" / CACHE, tmp_path / "kept")
    shutil.rmtree(tmp_path / "a")
    # The same untrained network, trained otherwise.
    record_clusters(tmp_path / "a", [0])
    record_clusters(tmp_path / "a", [2, 3], seed=5)
    shutil.copytree(tmp_path / "kept", tmp_path / "a" / CACHE, dirs_exist_ok=True)
    get(client, "projection", FC1, start=True)
    wait_for(client, "quality", FC1, "done")

    assert info_of(get(client, "projection", FC1))["layout"] != first


def test_the_cache_may_be_deleted_in_the_middle(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(spec: JobSpec, tell: job_execution.ReportProgress) -> None:
        def delete_after_two(progress: job_execution.Progress) -> None:
            if (progress.stage, progress.done) == ("frames", 2):
                shutil.rmtree(tmp_path / "a" / CACHE)
            tell(progress)

        execute(spec, delete_after_two)

    execute = job_execution.execute
    with monkeypatch.context() as patch:
        patch.setattr(job_execution, "execute", do)
        get(client, "projection", FC1, start=True)
        wait_for(client, "quality", FC1, "done", "failed", "absent")
    get(client, "projection", FC1, start=True)
    told = wait_for(client, "quality", FC1, "done", "failed")

    assert told["state"] == "done"
    assert list(frames_of(get(client, "projection", FC1))) == list(range(STEPS + 1))


def test_a_damaged_frame_is_laid_out_again(finished: Client, tmp_path: Path) -> None:
    client = finished
    before = cached_frames(tmp_path)
    damaged = next((tmp_path / "a" / CACHE).glob("*/*.safetensors"))
    body = bytearray(damaged.read_bytes())
    body[-5] ^= 1
    damaged.write_bytes(body)
    answer = get(client, "projection", FC1)
    assert (info_of(answer)["done"], len(frames_of(answer))) == (STEPS, STEPS)
    get(client, "projection", FC1, start=True)
    wait_until(lambda: info_of(get(client, "projection", FC1))["state"] == "done")

    after = cached_frames(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {damaged.name}


def test_quality_of_pca_is_measured_when_asked_for(client: Client) -> None:
    query = {"run": "a", "layer": "fc1", "components": 2}
    told = get(client, "quality", query).get_json()
    assert told["state"] == "absent"
    assert told["frames"][0]["variance_shown"] > 0
    assert told["frames"][0]["trustworthiness"] is None
    get(client, "quality", query, start=True)
    told = wait_for(client, "quality", query, "done", "failed")
    frames = frames_of(get(client, "projection", query))

    for frame in told["frames"]:
        step = frame["step"]
        reference = trustworthiness(snapshot(step), frames[step], n_neighbors=15)
        assert frame["trustworthiness"] == pytest.approx(reference, abs=2e-3)
    assert "nearest neighbors preserved" in told["sentence"]
    assert told["frames"][STEPS]["motion_fidelity"] > 0.3, "one basis: motion means something"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"engine": "som"}, 400, "'tsne' or 'umap', not 'som'"),
        ({"components": 10}, 400, "components must be '2', not '10'"),
        ({"perplexity": "much"}, 400, "perplexity must be a number"),
        ({"perplexity": 1e9}, 400, "from 2 to"),
        ({"metric": "manhattan"}, 400, "'euclidean' or 'cosine'"),
        ({"engine": "umap", "target": "nothing"}, 404, "no column of categories 'nothing'"),
        ({"onto_run": "b"}, 400, "tsne cannot be aligned to another run (onto_run)"),
        ({"start": 2}, 400, "start must be"),
        ({"order": "sideways", "start": 1}, 400, "order must be"),
    ],
)
def test_what_an_engine_cannot_be_told_is_refused(
    client: Client, workers: Workers, query: dict[str, Any], status: int, words: str
) -> None:
    response = client.get(BASE + "projection", query_string={**FC1, **query}, headers=HEADER)

    assert response.status_code == status
    assert words in response.text
    assert not workers.started


def test_an_engine_without_its_library_says_how_to_get_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    listed = {e["name"]: e for e in client.get(BASE + "engines").get_json()["engines"]}
    response = get(client, "projection", FC1, start=True)

    assert listed["pca"]["unavailable"] is None
    assert "pip install openTSNE" in listed["tsne"]["unavailable"]
    assert response.status_code == 503
    assert "pip install openTSNE" in response.text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "more than 75 % of this machine's memory"),
        (OSError(28, "No space left on device", "/secret/cache"), "(No space left on device)"),
        (
            ValueError("/secret/run holds nonsense"),
            "failed with ValueError, see TensorBoard's",
        ),
        (UnreadableError("expected a file"), "expected a file"),
    ],
)
def test_every_failure_is_one_sentence_without_a_path(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(job_execution, "execute", fail)
    asked = Projection(LayerRef("a", "fc1"), "tsne", {}, 2)
    spec = JobSpec((("/secret", ""),), asked, (0, 1), "backwards", "label")
    told = worker.outcome(JobSpec.from_line(spec.to_line()), io.StringIO())

    assert words in told["failed"]
    assert "/secret" not in told["failed"]


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
def test_when_tensorboard_ends_no_worker_is_left(tmp_path: Path, ended_by: int) -> None:
    record_clusters(tmp_path / "a", range(2), samples=6000)
    query = "data/plugin/tb_embed/projection?run=a&layer=fc1&engine=tsne&start=1"
    with tensorboard(tmp_path) as server:
        urllib.request.urlopen(urllib.request.Request(server.url + query, headers=HEADER))
        wait_until(lambda: children_of(server.pid))
        (worker,) = children_of(server.pid)
        # It has read its task, and imports or lays out.
        wait_until(lambda: os.getpriority(os.PRIO_PROCESS, worker) > 0)
        os.kill(server.pid, ended_by)
        wait_until(lambda: not is_alive(worker))


def children_of(pid: int) -> list[int]:
    """Returns the workers that a process has started."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid and b"tb_embed_plugin.jobs.worker" in command:
            children.append(int(folder.name))
    return children
