"""Two layers, measured over the samples that both of them show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.errors import UnsuitableDataError


@dataclass(frozen=True)
class SameSamples:
    """Two layers, each row of which is the same sample in both.

    Attributes:
        here: The measures of the one.
        there: Those of the other, over the same samples.
        left_out: Samples that one of them hides, as they are not finite there, or both.
    """

    here: LayerMetrics
    there: LayerMetrics
    left_out: int


def same_samples(here: LayerMetrics, there: LayerMetrics) -> SameSamples:
    """Returns the measures of two layers over the samples that both show.

    Where there are too many, both are measured over the subset of the wider one.

    Raises:
        UnsuitableDataError: They hold different samples, or no sample is shown by both.
    """
    if here.facts.fingerprint != there.facts.fingerprint:
        raise UnsuitableDataError(
            f"{here.facts.name!r} of run {here.run.name!r} and {there.facts.name!r} of run "
            f"{there.run.name!r} hold different samples; record both with the same x and "
            "metadata"
        )
    shown = np.intersect1d(here.facts.shown, there.facts.shown)
    if not len(shown):
        raise UnsuitableDataError(
            f"none of the {here.facts.samples} samples is finite in both "
            f"{here.facts.name!r} of run {here.run.name!r} and {there.facts.name!r} of run "
            f"{there.run.name!r}; compare with another layer"
        )
    samples = here.measurable(shown, max(here.facts.units, there.facts.units))
    left_out = here.facts.samples - len(shown)
    return SameSamples(here.among(samples), there.among(samples), left_out)
