"""What is measured of each step, as data: names, titles, units and meanings.

The names are those of the HTTP API, of the scalars and of the columns of data frames.
"""

from __future__ import annotations

from tb_embed_plugin.metrics.metric import Metric
from tb_embed_plugin.metrics.sample_catalog import RUN_METRICS, SAMPLE_METRICS

_CKA = "Linear CKA, debiased: 1 where only turned or scaled, about 0 where unrelated."

STEP_METRICS = (
    Metric("accuracy", "Accuracy", "share", "Samples whose prediction is their label."),
    Metric(
        "knn_accuracy",
        "Neighbors' accuracy",
        "share",
        "Samples whose nearest neighbors' most frequent label is their own (leave-one-out).",
    ),
    Metric(
        "probe_accuracy",
        "Linear probe",
        "share",
        "Held-out samples whose label a ridge classifier reads off the layer.",
    ),
    Metric(
        "silhouette",
        "Silhouette",
        "",
        "How much nearer samples are to their own class than to the next; -1 to 1.",
    ),
    Metric(
        "effective_rank",
        "Effective rank",
        "directions",
        "In how many directions the layer varies, by entropy of the shares of variance.",
    ),
    Metric(
        "participation_ratio",
        "Participation ratio",
        "directions",
        "In how many directions the layer varies, by second moments.",
    ),
    Metric(
        "rankme",
        "RankMe",
        "directions",
        "In how many directions the layer lies, its mean among them, by entropy of the "
        "singular values (Garrido et al. 2023).",
    ),
    Metric("dead_units", "Dead units", "share", "Units that answer all samples alike."),
    Metric(
        "saturated_units",
        "Saturated units",
        "share",
        "Units at the bounds of their range on at least 95 % of the samples.",
    ),
    Metric("radius", "Radius", "activations", "Root mean squared distance to the mean."),
    Metric(
        "displacement",
        "Displacement",
        "radii",
        "How far samples have moved since the step before, over the radius; their mean.",
    ),
    Metric(
        "churn",
        "Churn",
        "share",
        "Nearest neighbors that are others than at the step before.",
    ),
    Metric("cka_before", "CKA to the step before", "", _CKA),
    Metric("cka_first", "CKA to the first step", "", _CKA),
    Metric("cka_last", "CKA to the last step", "", _CKA),
    Metric(
        "nc1", "NC1-style", "", "Spread within the classes over that between them; 0 collapsed."
    ),
    Metric("nc2_norms", "NC2-style, norms", "", "How unequal the class means' distances are."),
    Metric("nc2_angles", "NC2-style, angles", "", "How unequal the means' angles are."),
    Metric(
        "nc2_maximal",
        "NC2-style, simplex",
        "",
        "How far the angles are from those of a simplex.",
    ),
    Metric(
        "nc3",
        "NC3-style",
        "",
        "How far the output layer's weights are from the class means; 0 the same, 2 opposed.",
    ),
    Metric(
        "nc4",
        "NC4-style",
        "share",
        "Samples whose prediction is not the class of the nearest mean.",
    ),
)
"""One number a step."""

CKA_METRICS = ("cka_before", "cka_first", "cka_last")
"""Those of them of which there is a plain, biased value as well."""

DEFINITIONS = tuple(
    (m.name, m.unit, m.meaning) for m in (*STEP_METRICS, *SAMPLE_METRICS, *RUN_METRICS)
)
"""What the numbers are; what was kept under others is not of these."""
