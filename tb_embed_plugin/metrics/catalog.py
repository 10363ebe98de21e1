"""The metrics of a step: their names, titles, units and meanings, and what measures them.

The names are those of the HTTP API, of the scalars and of the columns of data frames.
"""

from __future__ import annotations

import numpy as np

from tb_embed_plugin.metrics import collapse, motion, neighborhoods, separability, spectrum
from tb_embed_plugin.metrics.metric import Measurement, Metric
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS
from tb_embed_plugin.metrics.step_data import StepData

_CKA = "Linear CKA, debiased: 1 = same up to rotation and scale, about 0 = unrelated."


def _accuracy(step: StepData) -> dict[str, float]:
    # Predictions can be held against labels only where these are the model's classes.
    if step.predicted is None or not step.labels.are_outputs:
        return {}
    return {"accuracy": neighborhoods.accuracy(step.labels.codes, step.predicted.classes)}


def _neighbors_accuracy(step: StepData) -> dict[str, float]:
    codes = step.labels.codes
    # Where all labels are alike, neighbors could not be wrong.
    if len(np.unique(codes[codes >= 0])) < 2:
        return {}
    return {"knn_accuracy": neighborhoods.accuracy(codes, step.votes.label)}


def _separability(step: StepData) -> dict[str, float]:
    known = step.silhouettes[~np.isnan(step.silhouettes)]
    return {
        "probe_accuracy": separability.probe_accuracy(step.snapshot, step.labels.codes),
        "silhouette": float(known.mean(dtype=np.float64)) if known.size else np.nan,
    }


def _ranks(step: StepData) -> dict[str, float]:
    return {
        "effective_rank": spectrum.effective_rank(step.spectrum.variances),
        "participation_ratio": spectrum.participation_ratio(step.spectrum.variances),
        "rankme": spectrum.rankme(step.spectrum.singular),
    }


def _units(step: StepData) -> dict[str, float]:
    return {
        "dead_units": float(step.dead.mean()),
        "saturated_units": float(step.saturated.mean()),
    }


def _radius(step: StepData) -> dict[str, float]:
    return {"radius": motion.radius(step.spectrum.variances)}


def _between_steps(step: StepData) -> dict[str, float]:
    return {}  # they need another step, which the layer's metrics have


def _collapse(step: StepData) -> dict[str, float]:
    means = step.class_means
    if len(means.classes) < 2:
        return {}
    simplex = collapse.nc2(means)
    return {
        "nc1": collapse.nc1(step.snapshot, step.labels.codes, means),
        "nc2_norms": simplex.norms,
        "nc2_angles": simplex.angles,
        "nc2_maximal": simplex.maximal,
    }


def _collapse_of_outputs(step: StepData) -> dict[str, float]:
    kernel = None if step.outputs is None else step.outputs.kernel
    # Both need the model's classes to be the labels', and the layer to feed the output.
    if step.predicted is None or kernel is None or not step.labels.are_outputs:
        return {}
    if len(step.class_means.classes) < 2:
        return {}
    return {
        "nc3": collapse.nc3(step.class_means, kernel),
        "nc4": collapse.nc4(step.snapshot, step.predicted.classes, step.class_means),
    }


MEASUREMENTS = (
    Measurement(
        (Metric("accuracy", "Accuracy", "share", "Samples whose prediction is their label."),),
        _accuracy,
    ),
    Measurement(
        (
            Metric(
                "knn_accuracy",
                "Neighbors' accuracy",
                "share",
                "Samples whose nearest neighbors' most frequent label is their own "
                "(leave-one-out).",
            ),
        ),
        _neighbors_accuracy,
    ),
    Measurement(
        (
            Metric(
                "probe_accuracy",
                "Linear probe",
                "share",
                "Held-out samples whose label a ridge classifier predicts from the layer.",
            ),
            Metric(
                "silhouette",
                "Silhouette",
                "",
                "How much nearer samples are to their own class than to the next; -1 to 1.",
            ),
        ),
        _separability,
    ),
    Measurement(
        (
            Metric(
                "effective_rank",
                "Effective rank",
                "directions",
                "Number of directions in which the layer varies, by entropy of the shares "
                "of variance.",
            ),
            Metric(
                "participation_ratio",
                "Participation ratio",
                "directions",
                "Number of directions in which the layer varies, by second moments.",
            ),
            Metric(
                "rankme",
                "RankMe",
                "directions",
                "Number of directions in which the layer lies, including its mean, by entropy "
                "of the singular values (Garrido et al. 2023).",
            ),
        ),
        _ranks,
    ),
    Measurement(
        (
            Metric(
                "dead_units",
                "Dead units",
                "share",
                "Units that give the same value for all samples.",
            ),
            Metric(
                "saturated_units",
                "Saturated units",
                "share",
                "Units at the bounds of their range on at least 95 % of the samples.",
            ),
        ),
        _units,
    ),
    Measurement(
        (Metric("radius", "Radius", "activations", "Root mean squared distance to the mean."),),
        _radius,
    ),
    Measurement(
        (
            Metric(
                "displacement",
                "Mean movement",
                "share",
                "Mean distance that samples moved since the previous snapshot, as a share of "
                "the radius.",
            ),
            Metric(
                "churn",
                "Neighbor churn",
                "share",
                "Nearest neighbors that changed since the previous snapshot.",
            ),
            Metric("cka_before", "CKA with the previous snapshot", "", _CKA),
            Metric("cka_first", "CKA with the first snapshot", "", _CKA),
            Metric("cka_last", "CKA with the last snapshot", "", _CKA),
        ),
        _between_steps,
    ),
    Measurement(
        (
            Metric(
                "nc1",
                "Class spread (NC1-style)",
                "",
                "Spread within classes over that between them; 0 = collapsed.",
            ),
            Metric(
                "nc2_norms",
                "NC2-style, norms",
                "",
                "How unequal the class means' distances are.",
            ),
            Metric("nc2_angles", "NC2-style, angles", "", "How unequal the means' angles are."),
            Metric(
                "nc2_maximal",
                "NC2-style, simplex",
                "",
                "How far the angles are from those of a simplex.",
            ),
        ),
        _collapse,
    ),
    Measurement(
        (
            Metric(
                "nc3",
                "NC3-style",
                "",
                "Distance of the output layer's weights from the class means; 0 = equal, "
                "2 = opposite.",
            ),
            Metric(
                "nc4",
                "NC4-style",
                "share",
                "Samples whose prediction is not the class of the nearest mean.",
            ),
        ),
        _collapse_of_outputs,
    ),
)
"""All that is measured of a step, a line or more each; the page lists them in this order."""

STEP_METRICS = tuple(metric for one in MEASUREMENTS for metric in one.metrics)
"""One number a step."""

CKA_METRICS = ("cka_before", "cka_first", "cka_last")
"""Those of them of which there is a plain, biased value as well."""

DEFINITIONS = tuple(
    (m.name, m.unit, m.meaning) for m in (*STEP_METRICS, *SAMPLE_METRICS, *RUN_METRICS)
)
"""What the numbers are; what was kept under others is not of these."""
