"""What a run lacks for its predictions, and the argument that records it."""

from __future__ import annotations

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics


def why_unranked(measures: LayerMetrics, rule: str, asked: str) -> str:
    """Returns why a rule ranks no samples, as a sentence with what to do.

    Args:
        measures: The layer's.
        rule: Its name in `rankings.RULES`.
        asked: What people call it, as the sentence's subject.
    """
    if rule == "label_error" and measures.label is not None:
        return why_unjudged(measures)
    return what_is_missing(measures, asked)


def why_unjudged(measures: LayerMetrics) -> str:
    """Returns why nobody can say which labels of a layer are wrong."""
    return (
        f"wrong labels cannot be told apart in layer {measures.facts.name!r} of run "
        f"{measures.run.name!r}: nearest neighbors and predictions agree with "
        f"{measures.label!r} hardly more often than by chance; train on, or choose another "
        "layer or label column"
    )


def what_is_missing(measures: LayerMetrics, asked: str) -> str:
    """Returns what a layer's run lacks, as a sentence with the argument that records it.

    Args:
        measures: The layer's.
        asked: What needs it, as the sentence's subject.
    """
    run = measures.run
    if measures.label is None:
        return (
            f"{asked} needs labels, which run {run.name!r} lacks; record it with labels=…, or "
            "choose a label column"
        )
    last = measures.steps[-1] if measures.steps else None
    if last is None or run.outputs(measures.facts.name, last) is None:
        return (
            f"{asked} needs the model's outputs, which run {run.name!r} lacks; record it with "
            "outputs='logits' or 'probabilities' (EmbeddingCheckpoint, EmbeddingRecorder), or "
            "with outputs=… and outputs_kind=… (record)"
        )
    return (
        f"{asked} needs to know which class each label is, which run {run.name!r} lacks; "
        "record it with class_names=…, the word of each class in the outputs' order, or "
        "choose another label column"
    )
