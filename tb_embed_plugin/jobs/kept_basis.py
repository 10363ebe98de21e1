"""Bases of large layers, kept in the run's cache: fitting one reads every snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.jobs.cache import Cache
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.projections.basis import N_AXES, Basis
from tb_embed_plugin.projections.scaling import Scaling

LEAST_VALUES = 1 << 24
"""Activations to fit to; of fewer a basis is fitted as fast as it is read."""

VERSION = 2
"""Of how the engines fit, to the last bit."""

_MOST_BYTES = 8 * (N_AXES + 3) * MAX_UNITS + (1 << 16)


def kept_basis(cache: Cache, key: str, units: int, fit: Callable[[], Basis]) -> Basis:
    """Returns the basis kept under a key, else what `fit` returns, which is kept.

    A cache that cannot be written costs the next server the time, and nothing else.

    Args:
        cache: Of the run that the axes are of.
        key: Changes with everything that the basis follows from.
        units: Width of the layer.
        fit: Makes the basis.

    Raises:
        EmbedError: As `fit`.
    """
    folder = cache.layout({"basis": VERSION, "of": key})
    kept = cache.tensors(folder, "basis", _MOST_BYTES)
    found = None if kept is None else _basis(*kept, units)
    if found is not None:
        cache.use(folder)
        return found
    basis = fit()
    with contextlib.suppress(OSError):
        cache.keep_tensors(folder, "basis", _tensors(basis), _numbers(basis))
    return basis


def _tensors(basis: Basis) -> dict[str, NDArray[np.float64]]:
    scaling = {"center": basis.scaling.center, "deviation": basis.scaling.deviation}
    tensors = {"mean": basis.mean, "axes": basis.axes, "variance": basis.variance}
    return tensors | {name: values for name, values in scaling.items() if values is not None}


def _numbers(basis: Basis) -> dict[str, Any]:
    return {
        "total_variance": basis.total_variance,
        "leading": basis.leading,
        "center_steps": basis.center_steps,
        "radius": basis.scaling.radius,
        "spherize": basis.scaling.spherize,
    }


def _basis(
    tensors: Mapping[str, NDArray[Any]], numbers: Mapping[str, Any], units: int
) -> Basis | None:
    """Returns what was kept, None where it is not what we keep."""
    axes = tensors.get("axes")
    if axes is None or axes.ndim != 2 or not 1 <= axes.shape[1] <= N_AXES:
        return None
    n_axes = axes.shape[1]
    shapes = {"mean": (units,), "axes": (units, n_axes), "variance": (n_axes,)}
    shapes |= {name: (units,) for name in ("center", "deviation") if name in tensors}
    match dict(numbers):
        case {
            "total_variance": float(total),
            "leading": int(leading),
            "center_steps": bool(center_steps),
            "radius": float() | None as radius,
            "spherize": bool(spherize),
        } if all(_is(tensors.get(name), shape) for name, shape in shapes.items()):
            scaling = Scaling(
                tensors.get("center"), radius, tensors.get("deviation"), spherize=spherize
            )
            return Basis(
                tensors["mean"],
                axes,
                tensors["variance"],
                total,
                leading,
                scaling,
                center_steps=center_steps,
            )
    return None


def _is(tensor: NDArray[Any] | None, shape: tuple[int, ...]) -> bool:
    return (
        tensor is not None
        and tensor.dtype == np.float64
        and tensor.shape == shape
        and bool(np.isfinite(tensor).all())
    )
