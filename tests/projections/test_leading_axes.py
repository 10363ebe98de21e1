"""The axes of wide layers, of which only those that are wanted are made, against all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tb_embed_plugin.projections import axes as class_axes
from tb_embed_plugin.projections import classes, leading_axes, pca
from tb_embed_plugin.projections.basis import fix_signs
from tb_embed_plugin.projections.leading_axes import largest, leading

UNITS, WIDE = 300, 80


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes 300 units for many, as 4,096 take long."""
    for module in (leading_axes, pca, classes):
        monkeypatch.setattr(module, "WIDE", WIDE)


def snapshots(samples: int, rank: int = UNITS) -> dict[int, NDArray[np.float32]]:
    """Two steps of a layer whose variances fall as those of trained layers do."""
    rng = np.random.default_rng(3)
    shape = np.arange(1, UNITS + 1.0) ** -1.0
    shape[rank:] = 0
    mix = np.linalg.qr(rng.standard_normal((UNITS, UNITS)))[0]
    return {
        step: (rng.standard_normal((samples, UNITS)) * shape @ mix.T + 3).astype(np.float32)
        for step in (0, 1)
    }


def pooled(steps: dict[int, NDArray[np.float32]]) -> NDArray[np.float64]:
    rows = np.stack([each.astype(np.float64) for each in steps.values()])
    rows -= rows.mean(axis=1, keepdims=True)
    flat: NDArray[np.float64] = rows.reshape(-1, UNITS) / np.sqrt(rows.size / UNITS)
    return flat


@pytest.mark.parametrize("samples", [100, 200], ids=["fewer rows than units", "more"])
def test_the_axes_of_a_wide_layer_are_numpys(
    samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = snapshots(samples)
    rows = pooled(steps)
    _, values, axes = np.linalg.svd(rows, full_matrices=False)
    full = np.linalg.eigh
    sizes: list[int] = []

    def counted(matrix: NDArray[np.float64]) -> Any:
        sizes.append(len(matrix))
        return full(matrix)

    monkeypatch.setattr(np.linalg, "eigh", counted)
    basis = pca.fit(steps.__getitem__, list(steps), pca.ENGINE.settings({}))

    assert max(sizes) < UNITS, "all eigenvectors were made"
    np.testing.assert_allclose(basis.axes, fix_signs(axes[:10].T), atol=1e-12)
    np.testing.assert_allclose(basis.variance, values[:10] ** 2, rtol=1e-12)
    assert basis.total_variance == pytest.approx((rows**2).sum(), rel=1e-12)
    mean = np.mean([each.mean(axis=0, dtype=np.float64) for each in steps.values()], axis=0)
    np.testing.assert_allclose(basis.mean, mean, atol=1e-13)


@pytest.mark.parametrize("samples", [100, 200])
def test_a_wide_layer_of_few_directions_has_ten_axes_all_the_same(samples: int) -> None:
    steps = snapshots(samples, rank=3)
    basis = pca.fit(steps.__getitem__, list(steps), pca.ENGINE.settings({}))

    expected = np.linalg.svd(pooled(steps), full_matrices=False)[2][:3].T
    np.testing.assert_allclose(basis.axes[:, :3], fix_signs(expected), atol=1e-6)
    np.testing.assert_allclose(basis.axes.T @ basis.axes, np.eye(10), atol=1e-13)


def test_axes_of_equal_variance_are_all_found() -> None:
    values = np.ones(UNITS)
    values[:5] = 7
    found = largest(np.diag(values), 8)

    np.testing.assert_allclose(found[0], [7] * 5 + [1] * 3, rtol=1e-13)
    np.testing.assert_allclose(found[1][5:, :5], 0, atol=1e-13)


def test_what_does_not_converge_is_made_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading_axes, "WIDE", 30)
    monkeypatch.setattr(leading_axes, "MOST_BLOCKS", 3)
    rows = np.random.default_rng(0).standard_normal((200, 90))
    covariance = rows.T @ rows

    assert leading(lambda q: covariance @ q, 90, 10) is None
    expected = np.linalg.eigvalsh(covariance)[::-1][:10]
    np.testing.assert_allclose(largest(covariance, 10)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["class_means", "lda"])
def test_class_axes_of_a_wide_layer_are_those_of_the_full_way(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(400) % 4
    means = rng.standard_normal((4, UNITS)) * [[3], [2], [1], [0.5]]
    shape = np.arange(1, UNITS + 1.0) ** -1.0
    rows = (means[codes] + rng.standard_normal((400, UNITS)) * shape).astype(np.float32)
    settings = class_axes.ENGINE.settings({"kind": kind})
    few = classes.fit(lambda _: rows, [0], codes, settings)
    for module in (leading_axes, classes):
        monkeypatch.setattr(module, "WIDE", UNITS)
    full = classes.fit(lambda _: rows, [0], codes, settings)

    assert few.leading == full.leading == 3
    assert not np.array_equal(few.axes, full.axes), "both went the full way"
    np.testing.assert_allclose(few.axes, full.axes, atol=1e-10)
    np.testing.assert_allclose(few.variance, full.variance, rtol=1e-10)
