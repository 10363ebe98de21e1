"""Samples of one set that stand in another are found, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from tb_embed_plugin import open_run
from tb_embed_plugin.analysis.open_layer import OpenLayer
from tb_embed_plugin.errors import UnsuitableDataError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.server import leak_routes
from tests.decoding import BASE
from tests.harness import client_for
from tests.planted import write_run

TRAINED_ON = 1200


def seen(
    run_dir: Path,
    rows: NDArray[np.floating],
    units: int = 32,
    network: int = 0,
    fingerprint: str = "samples",
) -> OpenLayer:
    """Returns the layer of a run of three steps, the same network whatever the samples are."""
    kernels = np.random.default_rng(network).normal(size=(3, rows.shape[1], units))
    snapshots = [np.maximum(rows @ kernel + 100, 0).astype(np.float32) for kernel in kernels]
    write_run(run_dir, {"fc1": snapshots}, fingerprint=fingerprint)
    return open_run(run_dir).layer()


@pytest.fixture(scope="module")
def digits() -> NDArray[np.floating]:
    return np.asarray(load_digits().data / 16)


def test_test_samples_that_were_trained_on_are_named_with_their_like(
    digits: NDArray[np.floating], tmp_path: Path
) -> None:
    noisy = digits[[7, 8]] + np.random.default_rng(1).normal(size=(2, 64)) * 0.005
    tested = np.concatenate([digits[TRAINED_ON:], digits[[3, 5]], noisy])
    training = seen(tmp_path / "training", digits[:TRAINED_ON])
    testing = seen(tmp_path / "testing", tested)
    n = len(digits) - TRAINED_ON
    found = testing.duplicates_in(training)
    pairs = zip(found.samples.tolist(), found.same_as.tolist(), strict=True)
    assert sorted(pairs) == [(n, 3), (n + 1, 5), (n + 2, 7), (n + 3, 8)]
    assert set(found.samples[:2].tolist()) == {n, n + 1}
    assert found.closeness[:2].tolist() == [1, 1]


def test_a_clean_split_names_nobody(digits: NDArray[np.floating], tmp_path: Path) -> None:
    training = seen(tmp_path / "training", digits[:TRAINED_ON])
    testing = seen(tmp_path / "testing", digits[TRAINED_ON:])
    assert len(testing.duplicates_in(training).samples) == 0


def test_of_two_networks_nobody_is_named(digits: NDArray[np.floating], tmp_path: Path) -> None:
    one = seen(tmp_path / "one", digits[:300])
    other = seen(tmp_path / "other", digits[:300], network=1)
    assert len(one.duplicates_in(other).samples) == 0


def test_a_set_that_was_trained_on_as_a_whole_is_named_as_a_whole(
    digits: NDArray[np.floating], tmp_path: Path
) -> None:
    training = seen(tmp_path / "training", digits[:200])
    testing = seen(tmp_path / "testing", digits[100:150])
    found = testing.duplicates_in(training)
    assert found.same_as.tolist() == (found.samples + 100).tolist()
    assert sorted(found.samples.tolist()) == list(range(50))


def test_layers_that_cannot_be_the_same_are_refused(
    digits: NDArray[np.floating], tmp_path: Path
) -> None:
    layer = seen(tmp_path / "one", digits[:50])
    with pytest.raises(UnsuitableDataError, match="32 and 8 units"):
        layer.duplicates_in(seen(tmp_path / "narrow", digits[:50], units=8))
    with pytest.raises(UnsuitableDataError, match="holds 10 samples"):
        layer.duplicates_in(seen(tmp_path / "few", digits[:10]))


def test_the_route_answers_the_same(
    digits: NDArray[np.floating], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = np.concatenate([digits[1000:1100], digits[[3, 5, 7]]])
    testing = seen(tmp_path / "test", tested, fingerprint="test")
    training = seen(tmp_path / "train", digits[:300])
    client = client_for(tmp_path, EmbeddingsPlugin)

    def ask(**query: str) -> Any:
        base = {"run": "test", "layer": "fc1", "with_run": "train"}
        return client.get(BASE + "leaks", query_string=base | query)

    content = ask().get_json()
    found = testing.duplicates_in(training)
    assert (content["state"], content["count"], content["of"]) == ("done", 3, 103)
    listed = [(one["sample"], one["same_as"]) for one in content["samples"]]
    assert listed == list(zip(found.samples.tolist(), found.same_as.tolist(), strict=True))
    assert [one["score"] for one in content["samples"]] == found.closeness.tolist()
    assert len(ask(limit="2").get_json()["samples"]) == 2
    refused = ask(with_run="test")
    assert (refused.status_code, "hold the same samples" in refused.text) == (400, True)
    assert "no run 'trains'" in ask(with_run="trains").text
    monkeypatch.setattr(leak_routes, "MAX_LEAK_PRODUCTS", 1000)
    refused = ask()
    assert (refused.status_code, "by at most 1,000 products" in refused.text) == (413, True)
