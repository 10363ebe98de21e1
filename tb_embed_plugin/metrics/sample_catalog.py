"""The metrics of a sample, as data: names, titles, units, meanings and kinds.

The names are those of the HTTP API and of the columns of data frames; the titles are those of
the page's colors, lists and tables.
"""

from __future__ import annotations

from types import MappingProxyType

from tb_embed_plugin.metrics.metric import SampleMetric

SAMPLE_METRICS = (
    SampleMetric(
        "prediction",
        "Prediction",
        "class",
        "The class of the largest output.",
        kind="class",
        needs_outputs=True,
    ),
    SampleMetric(
        "confidence",
        "Confidence",
        "share",
        "The probability of the prediction.",
        kind="share",
        needs_outputs=True,
    ),
    SampleMetric(
        "correct",
        "Correctness",
        "",
        "1 where the prediction is the label, else 0.",
        kind="truth",
        needs_outputs=True,
        needs_label=True,
        words=("wrong", "right"),
    ),
    SampleMetric(
        "true_probability",
        "Probability of the label",
        "share",
        "The probability that the model gives the label.",
        kind="share",
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "loss",
        "Loss",
        "nats",
        "Cross-entropy: minus the logarithm of the label's probability, at most 16.1.",
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "margin",
        "Margin",
        "logits",
        "The label's logit minus the largest other one; positive where the model is right.",
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "neighborhood_label",
        "Neighbors' label",
        "class",
        "The most frequent label among the nearest neighbors.",
        kind="class",
        needs_label=True,
    ),
    SampleMetric(
        "agreement",
        "Neighbors' agreement",
        "share",
        "Nearest neighbors that have the sample's label.",
        kind="share",
        needs_label=True,
    ),
    SampleMetric(
        "silhouette_of",
        "Silhouette",
        "",
        "The sample's own silhouette; -1 to 1.",
        needs_label=True,
    ),
    SampleMetric(
        "distance",
        "Distance to the mean",
        "share",
        "Distance of the sample from the mean of all samples, as a share of the radius.",
    ),
    SampleMetric(
        "nearest",
        "Distance to the nearest neighbor",
        "share",
        "Distance of the sample from its nearest neighbor, as a share of the radius.",
    ),
    SampleMetric(
        "isolation",
        "Distance to the last neighbor",
        "share",
        "Distance of the sample from the last of its 15 nearest neighbors, as a share of the "
        "radius.",
    ),
    SampleMetric(
        "displacement_of",
        "Movement",
        "share",
        "Distance that the sample moved since the previous snapshot, as a share of the radius.",
    ),
    SampleMetric(
        "churn_of",
        "Neighbor churn",
        "share",
        "Nearest neighbors that changed since the previous snapshot.",
        kind="share",
    ),
)
"""One number a step and sample."""


def _truth_of_predictions(name: str, title: str, meaning: str) -> SampleMetric:
    """Returns what the predictions of all steps say of a sample, yes or no."""
    return SampleMetric(
        name,
        title,
        "",
        meaning,
        kind="truth",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
        words=("no", "yes"),
    )


RUN_METRICS = (
    SampleMetric(
        "label_error",
        "Possible label error",
        "share",
        "The probability that the label is wrong.",
        kind="share",
        over_run=True,
        needs_label=True,
    ),
    SampleMetric(
        "forgotten",
        "Forgotten",
        "times",
        "Times it was right at one snapshot and wrong at the next.",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "first_learnt",
        "First learned",
        "step",
        "The first snapshot at which it is predicted right; -1 = never.",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
    ),
    _truth_of_predictions(
        "lost",
        "Learned, then forgotten",
        "1 where it was predicted right at some snapshot and is not at the last.",
    ),
    _truth_of_predictions(
        "never_learnt",
        "Never learned",
        "1 where it was predicted wrong at every snapshot.",
    ),
    SampleMetric(
        "prediction_flips",
        "Prediction flips",
        "times",
        "Times its prediction changed.",
        over_run=True,
        needs_outputs=True,
    ),
    SampleMetric(
        "neighborhood_flips",
        "Neighborhood flips",
        "times",
        "Times its neighbors' most frequent label changed.",
        over_run=True,
        needs_label=True,
    ),
    SampleMetric(
        "aum",
        "Mean margin",
        "logits",
        "Area under the margin: the margin, averaged over the snapshots.",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "map_mean",
        "Mean confidence in the true label",
        "share",
        "The label's probability, averaged over the snapshots.",
        kind="share",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "map_spread",
        "Variability",
        "share",
        "Standard deviation of the label's probability over the snapshots.",
        over_run=True,
        needs_outputs=True,
        needs_label=True,
    ),
    SampleMetric(
        "path_length",
        "Path length",
        "activations",
        "Length of its path through the layer, snapshot by snapshot.",
        over_run=True,
    ),
    SampleMetric(
        "straightness",
        "Straightness",
        "share",
        "Distance from the first snapshot to the last, as a share of its path length.",
        kind="share",
        over_run=True,
    ),
)
"""One number a sample over the whole run, untrained steps left out."""

TITLES = MappingProxyType(
    {metric.name: metric.title for metric in (*SAMPLE_METRICS, *RUN_METRICS)}
)
"""How people call what is measured of samples, by name."""
