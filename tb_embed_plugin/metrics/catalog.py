"""What is measured, as data: names, titles, units and meanings.

The names are those of the HTTP API, of the scalars and of the columns of data frames.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One kind of number.

    Attributes:
        name: How programs call it.
        title: How people call it.
        unit: What 1 of it is; empty for a bare number.
        meaning: One sentence.
    """

    name: str
    title: str
    unit: str
    meaning: str


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

SAMPLE_METRICS = (
    Metric("prediction", "Prediction", "class", "The class of the largest output."),
    Metric("confidence", "Confidence", "share", "The probability of the prediction."),
    Metric("correct", "Correct", "", "1 where the prediction is the label, else 0."),
    Metric("true_probability", "Probability of the label", "share", "What the model gives it."),
    Metric(
        "margin",
        "Margin",
        "logits",
        "The label's logit less the largest other one; positive where the model is right.",
    ),
    Metric(
        "neighborhood_label",
        "Neighbors' label",
        "class",
        "The most frequent label among the nearest neighbors.",
    ),
    Metric(
        "agreement", "Agreement", "share", "Nearest neighbors that have the sample's label."
    ),
    Metric("silhouette_of", "Silhouette", "", "The sample's own silhouette; -1 to 1."),
    Metric("distance", "Distance to the mean", "radii", "How far out the sample lies."),
    Metric(
        "displacement_of",
        "Displacement",
        "radii",
        "How far the sample has moved since the step before, over the step's radius.",
    ),
    Metric(
        "churn_of",
        "Churn",
        "share",
        "Its nearest neighbors that are others than at the step before.",
    ),
)
"""One number a step and sample."""

DEFINITIONS = tuple((m.name, m.unit, m.meaning) for m in (*STEP_METRICS, *SAMPLE_METRICS))
"""What the numbers are; what was kept under others is not of these."""
