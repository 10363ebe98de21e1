"""Answers about runs and layers: the documents of `reporting`, short."""

from __future__ import annotations

from typing import Any

from tb_embed_plugin.commands.asking.answered import (
    Answered,
    check_most,
    fewer_steps,
    shortened,
)
from tb_embed_plugin.commands.asking.opened import Opened
from tb_embed_plugin.commands.reporting.comparing import Pair, compare_document
from tb_embed_plugin.commands.reporting.documents import (
    Document,
    Question,
    findings_document,
    metrics_document,
    runs_document,
)
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.wording import no_such

MOST_RUNS = 50
MOST_LISTED = 200


class RunAnswers:
    """Answers about the runs of a log directory. Each method is a tool, its text its help."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def list_runs(self, first: int = 0, count: int = 20) -> Answered:
        """Lists the recorded runs with their layers, steps and label columns, and problems.

        Args:
            first: How many runs to pass over.
            count: Runs to list, at most 50.
        """
        check_most("count", count, MOST_RUNS)
        if first < 0:
            raise ArgumentError(f"first must be at least 0, not {first}")
        question = Question(self._opened.path, url=self._opened.url)
        names, document = runs_document(question, slice(first, first + count))
        shown = len(names[first : first + count])
        left_out = (
            f"Listed are {shown} of {len(names)} runs, from {first} on; ask with another first."
        )
        is_all = shown == len(names)
        return Answered(_short(document, MOST_LISTED, [] if is_all else [left_out]))

    def findings(
        self, run: str, layer: str | None = None, label: str | None = None, most: int = 20
    ) -> Answered:
        """Tells what is worth knowing of a run: problems, warnings and ranked samples.

        Problems are of the data; warnings of the training (collapse, drift, dead units, classes
        that merge or are not learned); samples are possible label errors, duplicates, outliers,
        forgotten ones.
        Each finding has a rule with its meaning, a sentence, the samples concerned and a link
        that shows them. not_judged says which rules could not be applied, and why.

        Args:
            run: Name of the run.
            layer: Name of a layer; all of the run by default.
            label: The column of metadata that is the label, empty for none.
            most: Samples listed of each finding, at most 200.
        """
        check_most("most", most, MOST_LISTED)
        return Answered(_short(findings_document(self._question(run, layer, label)), most, []))

    def metrics(
        self,
        run: str,
        layer: str | None = None,
        label: str | None = None,
        names: list[str] | None = None,
    ) -> Answered:
        """Tells the metrics of each layer of a run, a value a step, and its warnings.

        Args:
            run: Name of the run.
            layer: Name of a layer; all of the run by default.
            label: The column of metadata that is the label, empty for none.
            names: Names of metrics, such as accuracy, separability or effective_rank; all by
                default.
        """
        known = [metric.name for metric in STEP_METRICS]
        for name in names or ():
            if name not in known:
                raise ArgumentError(no_such("metric", name, known))
        document = metrics_document(self._question(run, layer, label))
        if names is not None:
            for entry in document.entries:
                entry["metrics"] = [one for one in entry["metrics"] if one["name"] in names]
        return Answered(_short(document, 20, []))

    def compare(
        self,
        run: str,
        other: str,
        seed: str | None = None,
        layer: str | None = None,
        label: str | None = None,
        most: int = 20,
    ) -> Answered:
        """Tells from which step on two runs of the same samples differ more than two seeds do.

        Of two runs of other samples, recorded by the same training, it tells which samples of
        the first stand in the set of the second too, such as test samples that were trained on.

        Args:
            run: Name of the run.
            other: Name of the run that it is compared with.
            seed: Name of a third run that differs from the first by its seed alone.
            layer: Name of a layer; all that both have by default.
            label: The column of metadata that is the label, empty for none.
            most: Samples listed of each finding, at most 200.
        """
        check_most("most", most, MOST_LISTED)
        opened = self._opened
        pair = Pair(opened.path, run, other, seed, layer, label, opened.url, opened.cache)
        return Answered(_short(compare_document(pair), most, []))

    def _question(self, run: str, layer: str | None, label: str | None) -> Question:
        opened = self._opened
        return Question(opened.path, run, layer, label, opened.url, opened.cache)


def _short(document: Document, most: int, left_out: list[str]) -> dict[str, Any]:
    content = document.content()
    content["findings"], more = shortened(content["findings"], most)
    if "runs" in content:
        content["runs"] = [fewer_steps(run) for run in content["runs"]]
    return {**content, "left_out": [*left_out, *more]}
