"""A step's metrics together with the change since the step before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_embed_plugin.metrics.step_metrics import Change, StepMetrics


@dataclass(frozen=True)
class StepRecord:
    """One trained step.

    Attributes:
        metrics: What its snapshot says.
        change: What has changed since the trained step before; None at the first.
    """

    metrics: StepMetrics
    change: Change | None

    def number(self, name: str) -> float:
        """Returns a metric of the step, NaN where it is undefined."""
        return self.metrics.numbers.get(name, np.nan)

    @property
    def displacement(self) -> float:
        """Mean displacement over the step's radius, NaN where there is none."""
        radius = self.number("radius")
        if self.change is None or not radius > 0:
            return np.nan
        return float(self.change.displacement.mean(dtype=np.float64)) / radius

    @property
    def churn(self) -> float:
        """Mean churn, NaN at the first step."""
        return np.nan if self.change is None else float(self.change.churn.mean())

    @property
    def usual_churn(self) -> float:
        """The median sample's churn, NaN at the first step."""
        return np.nan if self.change is None else float(np.median(self.change.churn))
