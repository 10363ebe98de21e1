"""`tb-embed place`: recorded samples, placed anew, lie on their own points in every route."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from PIL import Image
from werkzeug.test import Client

from tb_embed_plugin import EmbeddingCheckpoint, place
from tb_embed_plugin.cli import main
from tb_embed_plugin.commands.placing.pictures import PictureInput
from tb_embed_plugin.errors import MisuseError, TooMuchAskedError
from tb_embed_plugin.jobs import kept_guests
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.recording.kept_model import kept_pass
from tests.decoding import BASE, info_of, positions_of
from tests.harness import client_for, read_run

layers = keras.layers
Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
ROWS = [3, 50, 7]
FC1 = {"run": "run", "layer": "fc1"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    """A log directory with a run that keeps its models, and one that does not."""
    logdir = tmp_path_factory.mktemp("place")
    for name in ("run", "other"):
        keras.utils.set_random_seed(len(name))
        model = keras.Sequential(
            [
                keras.Input((8, 8)),
                layers.Flatten(),
                layers.Dense(16, "relu", name="fc1"),
                layers.Dense(10, "softmax"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        x, y = digits[0][:120], digits[1][:120]
        checkpoint = EmbeddingCheckpoint(logdir / name, x, y, keep_model=name == "run")
        model.fit(x, y, epochs=2, verbose=0, callbacks=[checkpoint])
    return logdir


@pytest.fixture
def logdir(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, without guests."""
    return Path(shutil.copytree(recorded, tmp_path / "logs"))


@pytest.fixture(scope="module")
def client(recorded: Path, tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Client:
    """The routes over a copy in which recorded samples were placed anew."""
    logdir = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("placed") / "logs"))
    placed(logdir, digits[0][ROWS])
    return client_for(logdir, EmbeddingsPlugin)


def placed(logdir: Path, inputs: NDArray[Any], name: str = "new.npy") -> None:
    file = logdir.parent / name
    np.save(file, inputs)
    assert main(["place", str(logdir), "run", str(file)]) == 0


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"components": 10},
        {"components": 2, "equal_steps": "true", "standardize": "true"},
        {"components": 3, "spherize": "true", "center_steps": "false"},
        {"engine": "axes", "kind": "lda", "components": 2},
        {"components": 3, "onto_run": "other", "onto_layer": "fc1"},
    ],
    ids=str,
)
def test_a_recorded_sample_placed_anew_lies_on_its_own_point_at_every_step(
    client: Client, view: dict[str, Any]
) -> None:
    frames = positions_of(client.get(BASE + "projection", query_string=FC1 | view))
    answer = client.get(BASE + "guests", query_string=FC1 | view)
    guests = positions_of(answer)

    assert info_of(answer) == {"names": [f"new.npy {i}" for i in range(3)], "shown": True}
    assert guests.shape == (3, len(ROWS), frames.shape[2])
    radius = np.sqrt(frames.var(axis=1).sum(axis=1))
    off = np.linalg.norm(guests - frames[:, ROWS], axis=2).max(axis=1)
    assert (off < 1e-4 * radius).all(), off / radius


def test_the_nearest_recorded_sample_is_itself(client: Client, logdir: Path) -> None:
    answer = client.get(BASE + "guests", query_string=FC1)
    near = safetensors.numpy.load(answer.data)["neighbors"]
    assert near.shape == (3, len(ROWS), 5)
    assert near.dtype == np.int32
    np.testing.assert_array_equal(near[:, :, 0], np.tile(ROWS, (3, 1)))
    run = read_run(logdir / "run")
    for step in run.steps:
        rows = np.asarray(run.snapshot("fc1", step)).astype(float)
        far = np.linalg.norm(rows[ROWS][:, None] - rows, axis=2)
        np.testing.assert_allclose(
            np.take_along_axis(far, near[step].astype(int), 1), np.sort(far)[:, :5], atol=1e-5
        )


def test_engines_that_iterate_show_no_guests(client: Client) -> None:
    answer = client.get(BASE + "guests", query_string=FC1 | {"engine": "tsne"})
    assert answer.status_code == 200
    assert info_of(answer)["shown"] is False
    assert positions_of(answer).shape[0] == 0


def test_a_run_without_guests_has_none(client: Client) -> None:
    answer = client.get(BASE + "guests", query_string={"run": "other", "layer": "fc1"})
    assert info_of(answer) == {"names": [], "shown": True}
    assert safetensors.numpy.load(answer.data)["neighbors"].shape == (0, 1, 1)
    assert client.get(BASE + "guests", query_string=FC1 | {"steps": "9"}).status_code == 404


def names_in(logdir: Path) -> list[str]:
    run = read_run(logdir / "run")
    return kept_guests.KeptGuests(run, run.layer("fc1")).names


def test_guests_take_the_place_of_those_before_until_they_are_removed(
    logdir: Path, digits: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    placed(logdir, digits[0][:2], "a.npy")
    placed(logdir, digits[0][:1], "b.npy")
    assert names_in(logdir) == ["b.npy"]
    assert "1 new sample placed at 3 steps of fc1" in capsys.readouterr().out
    assert main(["place", str(logdir), "run", "--remove"]) == 0
    assert names_in(logdir) == []

    found = place(logdir, "run", digits[0][:2], ["one", "two"])
    assert (found.guests, found.layers, found.steps) == (2, ("fc1",), (0, 1, 2))
    assert names_in(logdir) == ["one", "two"]


def test_pictures_become_what_the_model_was_trained_on(
    logdir: Path, digits: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for row in ROWS:
        pixels = np.rint(255 * digits[0][row]).astype(np.uint8)
        Image.fromarray(pixels).convert("RGB").save(tmp_path / f"{row}.png")
    files = [str(tmp_path / f"{row}.png") for row in ROWS]
    assert main(["place", str(logdir), "run", *files]) == 0
    assert "pictures are scaled to 0..1, as the recorded inputs\n" in capsys.readouterr().out
    assert names_in(logdir) == ["3.png", "50.png", "7.png"]
    client = client_for(logdir, EmbeddingsPlugin)
    frames = positions_of(client.get(BASE + "projection", query_string=FC1))
    guests = positions_of(client.get(BASE + "guests", query_string=FC1))
    radius = np.sqrt(frames.var(axis=1).sum(axis=1))[:, None]
    # Pixels have 256 values.
    assert (np.linalg.norm(guests - frames[:, ROWS], axis=2) < 0.01 * radius).all()


@pytest.mark.parametrize(
    ("shape", "limits", "value"),
    [
        ((2, 5), (0, 255), 255),
        ((2, 5, 3), (-1, 1), 1),
        ((2, 5), (0.05, 0.93), 1),
        ((2, 5), (-0.9, 0.85), 1),
        ((4, 2, 5), (0, 1), 1),
    ],
)
def test_a_white_picture_is_as_white_as_the_recorded_ones(
    tmp_path: Path, shape: tuple[int, ...], limits: tuple[float, float], value: float
) -> None:
    Image.new("RGBA", (5, 2), "white").save(tmp_path / "white.png")
    read = PictureInput.of([shape], limits).read(tmp_path / "white.png")
    assert read.shape == shape
    np.testing.assert_allclose(read, value)


@pytest.mark.parametrize(
    ("shapes", "limits", "words"),
    [
        ([(64,)], (0, 1), r"inputs of shape \(64,\) for each sample, not pictures"),
        ([(None, 8)], (0, 1), "not pictures"),
        ([(8, 8), (8, 8)], (0, 1), "not pictures"),
        ([(8, 8)], (-2.5, 3), r"recorded inputs is -2\.5\.\.3, not 0\.\.1"),
        ([(8, 8)], (-0.5, 0.5), r"inputs is -0\.5\.\.0\.5, not"),
        ([(8, 8)], (0, 16), r"inputs is 0\.\.16, not"),
        ([(8, 8)], None, "is unknown, not"),
        ([(8, 9)], (0, 1), "3 x 2 pixels, but the model takes 9 x 8; resize it"),
    ],
)
def test_pictures_that_the_model_does_not_take_are_refused(
    tmp_path: Path, shapes: Any, limits: Any, words: str
) -> None:
    Image.new("L", (3, 2)).save(tmp_path / "gray.png")
    with pytest.raises(MisuseError, match=words):
        PictureInput.of(shapes, limits).read(tmp_path / "gray.png")


def test_models_kept_without_limits_place_arrays(logdir: Path, digits: Digits) -> None:
    for file in (logdir / "run").rglob("model-*.json"):
        facts = json.loads(file.read_text())
        del facts["limits"]
        file.write_text(json.dumps(facts))
    placed(logdir, digits[0][:1])
    assert names_in(logdir) == ["new.npy"]


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["place", *map(str, words)]) == 1
    return capsys.readouterr().err


def test_what_cannot_be_placed_is_refused_in_words(
    recorded: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def said(*files: str, run: str = "run") -> str:
        return refusal(capsys, recorded, run, *[tmp_path / file for file in files])

    np.save(tmp_path / "flat.npy", np.zeros((2, 64), np.float32))
    np.save(tmp_path / "good.npy", np.zeros((2, 8, 8), np.float32))
    np.save(tmp_path / "one.npy", np.float32(3))
    np.save(tmp_path / "objects.npy", np.array([{}, {}], object))
    np.savez(tmp_path / "two.npz", a=np.zeros((2, 8)), b=np.zeros((3, 8)))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    Image.new("1", (200, 200)).save(tmp_path / "huge.png")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    np.savez_compressed(tmp_path / "damaged.npz", a=np.arange(2048).reshape(2, -1))
    packed = bytearray((tmp_path / "damaged.npz").read_bytes())
    packed[60:90] = bytes([255] * 30)
    (tmp_path / "damaged.npz").write_bytes(packed)

    assert (
        "inputs of shape (8, 8) for each sample, and does not accept x of shape (2, 64)"
        in said("flat.npy")
    )
    assert "of shape (), not (n_new, ...)" in said("one.npy")
    assert "cannot be read as arrays" in said("objects.npy")
    assert "differ in length" in said("two.npz")
    assert "differ in shape" in said("good.npy", "flat.npy")
    assert "of several kinds" in said("good.npy", "bad.png")
    assert "bad.png cannot be read as PNG or JPEG" in said("bad.png")
    assert "huge.png cannot be read as PNG or JPEG" in said("huge.png")
    assert "deep.png has pixels of more than 8 bits (mode I;16)" in said("deep.png")
    assert "damaged.npz cannot be read as arrays" in said("damaged.npz")
    assert "must end in .npy" in said("new.txt")
    assert "it does not exist" in said("missing.npy")
    assert "no model was kept with run 'other'" in said("good.npy", run="other")
    assert "keep_model=True" in said("good.npy", run="other")
    assert "there is no run 'runs'" in said("good.npy", run="runs")
    assert "files of new samples, or --remove" in said()
    assert "writes guests beside the run" in refusal(capsys, "s3://bucket/logs", "run", "a.npy")


def test_new_samples_that_have_no_place_are_refused(
    recorded: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> dict[str, NDArray[np.float32]]:
        return {"fc1": np.full((2, 16), np.nan, np.float32)}

    monkeypatch.setattr(kept_pass, "activations_of", broken)
    with pytest.raises(MisuseError, match="NaN or infinity at 'fc1'"):
        place(recorded, "run", digits[0][:2])


@pytest.fixture
def no_model_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        kept_pass, "activations_of", lambda *_: pytest.fail("a model has computed")
    )


@pytest.mark.usefixtures("no_model_runs")
def test_each_new_sample_has_one_name(recorded: Path, digits: Digits) -> None:
    with pytest.raises(MisuseError, match="1 entries but there are 2"):
        place(recorded, "run", digits[0][:2], ["a"])


@pytest.mark.usefixtures("no_model_runs")
def test_more_guests_than_are_kept_are_refused(
    recorded: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_guests, "MAX_GUESTS", 1)
    with pytest.raises(TooMuchAskedError, match="2 new samples are more than 1 guests"):
        place(recorded, "run", digits[0][:2])


@pytest.mark.usefixtures("no_model_runs")
def test_guests_that_would_push_each_other_out_of_the_cache_are_refused(
    recorded: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_three_steps = 3 * 4 * (16 + 5)
    monkeypatch.setattr(kept_guests, "MAX_BYTES", 4 * 2 * at_three_steps)
    with pytest.raises(TooMuchAskedError, match=r"3 new samples take 756 bytes.* at most 2"):
        place(recorded, "run", digits[0][:3])


def test_the_activations_of_one_step_at_a_time_are_held(
    logdir: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    yielded: list[weakref.ref[NDArray[np.float32]]] = []
    compute = kept_pass.activations_of

    def watched(*arguments: Any) -> dict[str, NDArray[np.float32]]:
        found = compute(*arguments)
        gc.collect()
        held.append(sum(one() is not None for one in yielded))
        yielded.extend(weakref.ref(rows) for rows in found.values())
        return found

    held: list[int] = []
    monkeypatch.setattr(kept_pass, "activations_of", watched)
    place(logdir, "run", digits[0][:2])
    assert held == [0, 1, 1]  # those of the step before, until these take their place
    assert names_in(logdir) == ["0", "1"]


def test_guests_of_another_placing_are_not_shown(logdir: Path, digits: Digits) -> None:
    placed(logdir, digits[0][:2])
    (record,) = (logdir / "run").rglob("guests.json")
    client = client_for(logdir, EmbeddingsPlugin)
    record.write_text("{")
    answer = client.get(BASE + "guests", query_string=FC1)
    assert info_of(answer)["names"] == []
