"""What a run lacks for its predictions, and the argument that records it."""

from __future__ import annotations

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics


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
