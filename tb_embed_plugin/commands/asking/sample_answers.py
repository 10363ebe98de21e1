"""Answers about samples: mistakes, neighbors, thumbnails, and where they lie."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.sample_history import said_of
from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.commands.asking import picture, thumbnails
from tb_embed_plugin.commands.asking.answered import Answered, check_most
from tb_embed_plugin.commands.asking.opened import Opened, check_sample
from tb_embed_plugin.commands.reporting.finding import finite
from tb_embed_plugin.commands.reporting.view_address import view_address
from tb_embed_plugin.errors import ArgumentError, NotRecordedError
from tb_embed_plugin.server import sample_routes
from tb_embed_plugin.server.response import Service

MOST_SAMPLES = 50
MOST_PAIRS = 50
_CHARACTERS = 200
"""Of a cell of the metadata."""


class SampleAnswers:
    """Answers about samples. Each method is a tool, its text its help."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def mistakes(
        self,
        run: str,
        layer: str | None = None,
        step: int | None = None,
        label: str | None = None,
        most: int = 20,
    ) -> Answered:
        """Tells which samples the network predicts wrong at a step, and as what.

        Each pair of a label and a prediction has its samples; the most frequent are first.

        Args:
            run: Name of the run.
            layer: Name of a layer; may be left out where the run has one.
            step: The step; the last by default.
            label: The column of metadata that is the label.
            most: Samples listed of each pair, and pairs, at most 50.
        """
        check_most("most", most, MOST_PAIRS)
        measures = self._opened.measures(run, layer, label)
        step = measures.facts.drawable_step(step)
        counts = findings.confusion(measures, step)
        right = int(np.trace(counts))
        off = counts.copy()
        np.fill_diagonal(off, 0)
        order = np.argsort(-off, axis=None, kind="stable")[: min(most, np.count_nonzero(off))]
        pairs = []
        for row, column in zip(*np.unravel_index(order, off.shape), strict=True):
            samples = findings.confused(measures, step, int(row), int(column)).tolist()
            pairs.append(
                {
                    "label": measures.labels.names[row],
                    "predicted": measures.labels.names[column],
                    "count": len(samples),
                    "samples": samples[:most],
                    "link": self._link(measures, step, label, samples),
                }
            )
        wrong = int(counts.sum()) - right
        return Answered(
            {
                **_place(measures, step),
                "label": measures.label,
                "right": right,
                "wrong": wrong,
                "pairs": pairs,
                "pair_count": int(np.count_nonzero(off)),
                "link": self._link(measures, step, label),
            }
        )

    def neighbors(
        self,
        run: str,
        sample: int,
        layer: str | None = None,
        step: int | None = None,
        k: int = 10,
    ) -> Answered:
        """Tells the nearest neighbors of a sample in the layer's own space, exactly.

        Args:
            run: Name of the run.
            sample: Number of the sample.
            layer: Name of a layer; may be left out where the run has one.
            step: The step; the last by default.
            k: How many neighbors, at most 50.
        """
        check_most("k", k, MOST_SAMPLES)
        measures = self._opened.measures(run, layer, None)
        check_sample(measures, sample)
        step = measures.facts.drawable_step(step)
        query = {"run": run, "layer": measures.facts.name, "sample": sample, "k": k}
        asked = Arguments({name: str(value) for name, value in {**query, "step": step}.items()})
        answer = sample_routes.neighbors(Service(self._opened.logdir), asked)
        found = json.loads(answer.body)["neighbors"]
        for one in found:
            one["label"] = _label(measures, one["sample"])
        near = [sample, *(one["sample"] for one in found)]
        return Answered(
            {
                **_place(measures, step),
                "sample": sample,
                "label": _label(measures, sample),
                "neighbors": found,
                "link": self._link(measures, step, None, near),
            }
        )

    def samples(
        self,
        run: str,
        samples: list[int],
        layer: str | None = None,
        step: int | None = None,
        label: str | None = None,
    ) -> Answered:
        """Shows samples: the metadata of each, what the network says of it, its thumbnail.

        The thumbnails are one picture, row by row in the order asked; none where no images
        were recorded.

        Args:
            run: Name of the run.
            samples: Numbers of the samples, at most 50.
            layer: Name of a layer; may be left out where the run has one.
            step: The step; the last by default.
            label: The column of metadata that is the label.
        """
        if not 1 <= len(samples) <= MOST_SAMPLES:
            raise ArgumentError(
                f"samples must name 1 to {MOST_SAMPLES} samples, not {len(samples)}; ask for "
                "fewer at a time"
            )
        measures = self._opened.measures(run, layer, label)
        for sample in samples:
            check_sample(measures, sample)
        step = measures.facts.drawable_step(step)
        columns = measures.run.columns(measures.facts.name, step)
        entries = [
            {
                "sample": sample,
                "metadata": {c.name: c.cells[sample][:_CHARACTERS] for c in columns},
                **_said(measures, sample, step),
            }
            for sample in samples
        ]
        sheet = thumbnails.sheet(measures.run, measures.facts, samples)
        return Answered(
            {
                **_place(measures, step),
                "label": measures.label,
                "samples": entries,
                "thumbnails_in_a_row": None if sheet is None else thumbnails.COLUMNS,
                "link": self._link(measures, step, label, samples),
            },
            sheet,
        )

    def picture(
        self,
        run: str,
        layer: str | None = None,
        step: int | None = None,
        label: str | None = None,
        samples: list[int] | None = None,
    ) -> Answered:
        """Draws where the samples lie at a step, colored by label.

        Along the first two axes of the PCA of all steps.

        Args:
            run: Name of the run.
            layer: Name of a layer; may be left out where the run has one.
            step: The step; the last by default.
            label: The column of metadata that is the label.
            samples: Samples to mark with a ring, at most 50.
        """
        marked = samples or []
        if len(marked) > MOST_SAMPLES:
            raise ArgumentError(
                f"samples must name at most {MOST_SAMPLES} samples, not {len(marked)}; mark "
                "fewer"
            )
        measures = self._opened.measures(run, layer, label)
        for sample in marked:
            check_sample(measures, sample)
        step = measures.facts.drawable_step(step)
        drawn = picture.draw(measures, step, marked, self._opened.bases)
        return Answered(
            {
                **_place(measures, step),
                "label": measures.label,
                "variance_shares": drawn.shares,
                "colors": drawn.colors,
                "grey": drawn.grey,
                "link": self._link(measures, step, label, marked),
            },
            drawn.png,
        )

    def _link(
        self,
        measures: LayerMetrics,
        step: int,
        label: str | None,
        samples: list[int] | None = None,
    ) -> str:
        run, layer, url = measures.run.name, measures.facts.name, self._opened.url
        return view_address(run, layer, step, label=label, samples=samples or [], url=url)[0]


def _place(measures: LayerMetrics, step: int) -> dict[str, Any]:
    return {"run": measures.run.name, "layer": measures.facts.name, "step": step}


def _label(measures: LayerMetrics, sample: int) -> str | None:
    code = measures.labels.codes[sample]
    return measures.labels.names[code] if code >= 0 else None


def _said(measures: LayerMetrics, sample: int, step: int) -> dict[str, Any]:
    """Returns the prediction, null where nobody recorded it."""
    try:
        said = said_of(measures, sample, step)
    except NotRecordedError:
        return {"predicted": None, "confidence": None}
    predicted = finite(said["prediction"])
    return {
        "predicted": None if predicted is None else measures.labels.names[int(predicted)],
        "confidence": finite(said["confidence"]),
    }
