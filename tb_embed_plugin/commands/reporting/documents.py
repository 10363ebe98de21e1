"""What `--json` prints, a document a command: docs/json_output.md is the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tb_embed_plugin.analysis import findings
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.commands.check import Report
from tb_embed_plugin.commands.reporting.described import (
    described_layer,
    described_run,
    not_judged,
)
from tb_embed_plugin.commands.reporting.finding import Finding, Kind, problem, ranked, warning
from tb_embed_plugin.commands.reporting.metering import Metering
from tb_embed_plugin.errors import ArgumentError, EmbedError, NotRecordedError
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run

VERSION = 1
"""Grows when a field goes, or means something else."""


@dataclass(frozen=True)
class Question:
    """What is asked of a log directory.

    Attributes:
        logdir: TensorBoard's log directory.
        run: One run alone, None for all.
        layer: One layer alone.
        label: The column that is the label, empty for none; each layer's own by default.
        url: TensorBoard's address for the links, or empty.
        cache: What was measured before.
    """

    logdir: Path
    run: str | None = None
    layer: str | None = None
    label: str | None = None
    url: str = ""
    cache: MetricsCache = field(default_factory=MetricsCache)


@dataclass
class Document:
    """An answer.

    Attributes:
        command: The command that gives it.
        entries: What it says of each run or layer.
        found: The findings.
    """

    command: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)

    @property
    def kinds(self) -> set[Kind]:
        """What kinds of findings there are."""
        return {one.kind for one in self.found}

    def content(self) -> dict[str, Any]:
        """Returns it as JSON takes it."""
        return {
            "schema": f"tb_embed.{self.command}/{VERSION}",
            "runs" if self.command == "check" else "layers": self.entries,
            "findings": [asdict(one) for one in self.found],
        }


def check_document(reports: Sequence[Report], url: str) -> Document:
    """Returns what each run holds, and its problems."""
    answer = Document("check")
    for report in reports:
        name = report.name if report.is_run else None
        answer.found += [
            problem(one.sentence, name, one.layer, one.step, url) for one in report.found
        ]
        if report.is_run:
            answer.entries.append(described_run(report.name, report.run, url))
    return answer


def runs_document(question: Question, part: slice) -> tuple[list[str], Document]:
    """Returns the names of all runs, and what some of them hold, as `check_document`.

    No snapshot is read, so of problems it tells those alone that are known without.
    """
    below = Logdir(question.logdir, list)
    listed = below.list_runs()
    answer = Document("check")
    answer.found += [problem(one, None, None, None, question.url) for one in below.problems]
    for run in listed[part]:
        known = None if isinstance(run, BrokenRun) else run
        answer.entries.append(described_run(run.name, known, question.url))
        answer.found += [
            problem(one, run.name, None, None, question.url)
            for one in ([run.problem] if isinstance(run, BrokenRun) else run.problems)
        ]
    return [run.name for run in listed], answer


def metrics_document(question: Question, metering: Metering | None = None) -> Document:
    """Returns the numbers of each layer, step by step, and its warnings.

    Args:
        question: What is asked.
        metering: By whom they are measured; by this process by default.

    Raises:
        EmbedError: There is no run, or no such run, layer or label.
    """

    def numbers(measures: LayerMetrics) -> tuple[dict[str, Any], list[Finding]]:
        if metering is not None:
            metering.measure(measures)
        rows = [measures.numbers(step) for step in measures.steps]
        metrics = [
            {**asdict(metric), "values": [row.get(metric.name) for row in rows]}
            for metric in STEP_METRICS
        ]
        return {"metrics": metrics}, _warnings(measures, question)

    if metering is not None:
        question = replace(question, cache=metering.cache)
    return _of_each_layer("metrics", question, numbers)


def findings_document(question: Question) -> Document:
    """Returns the warnings and rankings of each layer, and the problems of each run.

    Raises:
        EmbedError: As `metrics_document`.
    """

    def ranked_too(measures: LayerMetrics) -> tuple[dict[str, Any], list[Finding]]:
        rankings = findings.all_rankings(measures) if measures.trained else {}
        return {"not_judged": not_judged(measures, rankings)}, [
            *_warnings(measures, question),
            *(
                ranked(rule, ranking, measures, question.label, question.url)
                for rule, ranking in rankings.items()
                if len(ranking.samples)
            ),
        ]

    return _of_each_layer("findings", question, ranked_too)


def _of_each_layer(
    command: str,
    question: Question,
    describe: Callable[[LayerMetrics], tuple[dict[str, Any], list[Finding]]],
) -> Document:
    """Returns what is said of each layer; what cannot be read hides nothing else."""
    answer = Document(command)
    asked = question.label, question.url
    for run in _runs(question, answer.found):
        names = [facts.name for facts in run.layers]
        for name in names if question.layer is None else [run.layer(question.layer).name]:
            try:
                measures = LayerMetrics(run, name, question.cache, question.label)
                more, found = describe(measures)
            except ArgumentError:  # there is no such label
                raise
            except EmbedError as error:
                answer.found.append(problem(str(error), run.name, name, None, question.url))
                continue
            answer.entries.append({**described_layer(measures, *asked), **more})
            answer.found += found
        # Only now: reading has found which snapshots of others are not finite.
        answer.found += [
            problem(one, run.name, None, None, question.url) for one in run.problems
        ]
    return answer


def _runs(question: Question, found: list[Finding]) -> Iterator[Run]:
    """Yields the runs that can be read; what is wrong with the others is found."""
    below = Logdir(question.logdir, list)
    listed = below.list_runs()
    found += [problem(one, None, None, None, question.url) for one in below.problems]
    if question.run is not None:
        listed = [run for run in listed if run.name == question.run] or [
            below.run(question.run)
        ]
    if not listed:
        raise NotRecordedError(
            f"there is no run below {question.logdir}; record one, or name another directory"
            + "".join(f"; {one}" for one in below.problems)
        )
    for run in listed:
        if isinstance(run, BrokenRun):
            found.append(problem(run.problem, run.name, None, None, question.url))
        else:
            yield run


def _warnings(measures: LayerMetrics, question: Question) -> list[Finding]:
    return [
        warning(one, measures, question.label, question.url)
        for one in findings.warnings(measures)
    ]
