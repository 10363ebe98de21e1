"""`tb-embed compare`: where two runs part, or which samples of one stand in the other's set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tb_embed_plugin.analysis import parting
from tb_embed_plugin.analysis.comparison import Comparison
from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.leaks import leaks
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.commands.reporting.documents import Document
from tb_embed_plugin.commands.reporting.finding import (
    MOST_SAMPLES,
    Finding,
    finite,
    problem,
)
from tb_embed_plugin.commands.reporting.view_address import view_address
from tb_embed_plugin.errors import ArgumentError, EmbedError, UnsuitableDataError
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import listed

LEAK_TITLE = "In both sets"
LEAK_MEANING = (
    "The nearest sample of the other set is at most a tenth as far away as the 15th, at the "
    "first and the last trained step: a near duplicate. A test set should hold none of the "
    "training set's."
)


@dataclass(frozen=True)
class Pair:
    """Two runs, and what of them is compared.

    Attributes:
        logdir: TensorBoard's log directory.
        run: The one.
        other: The other.
        seed: A third one that differs from `run` by its seed alone, None for none.
        layer: One layer alone; all that both have by default.
        label: The column that is the label, empty for none; each layer's own by default.
        url: TensorBoard's address for the links, or empty.
        cache: What was measured before.
    """

    logdir: Path
    run: str
    other: str
    seed: str | None = None
    layer: str | None = None
    label: str | None = None
    url: str = ""
    cache: MetricsCache = field(default_factory=MetricsCache)


def compare_document(pair: Pair) -> Document:
    """Returns in what two runs differ, layer by layer.

    Raises:
        EmbedError: There is no such run, layer or label, or they share no layer.
    """
    below = Logdir(pair.logdir, list)
    here, there = below.run(pair.run), below.run(pair.other)
    if here.name == there.name:
        raise ArgumentError(f"{here.name!r} is compared with itself; name two runs")
    seeds = [] if pair.seed is None else [below.run(pair.seed)]
    answer = Document("compare")
    for name in _layers(here, there, pair.layer):
        try:
            entry, found = _compared(pair, [here, there, *seeds], name)
        except ArgumentError:
            raise
        except UnsuitableDataError as error:
            entry, found = _unjudged(pair, here, name, str(error)), []
        except EmbedError as error:
            answer.found.append(problem(str(error), here.name, name, None, pair.url))
            continue
        answer.entries.append(entry)
        answer.found += found
    return answer


def _layers(here: Run, there: Run, layer: str | None) -> list[str]:
    if layer is not None:
        there.layer(layer)
        return [here.layer(layer).name]
    others = {facts.name for facts in there.layers}
    found = [facts.name for facts in here.layers if facts.name in others]
    if not found:
        raise ArgumentError(
            f"{here.name!r} ({listed([facts.name for facts in here.layers])}) and "
            f"{there.name!r} ({listed(sorted(others))}) have no layer of one name; record the "
            "same layer of both"
        )
    return found


def _compared(pair: Pair, runs: list[Run], name: str) -> tuple[dict[str, Any], list[Finding]]:
    here, there, *seed = (LayerMetrics(run, name, pair.cache, pair.label) for run in runs)
    if here.facts.fingerprint != there.facts.fingerprint:
        return _described(pair, here.run, name), _leaks(pair, here, there)
    runs_apart = parting.PartedRuns(Comparison(here, there), *seed)
    entry = {
        **_described(pair, here.run, name),
        "same_samples": True,
        "steps": runs_apart.steps,
        "neighbors_changed": [finite(x) for x in runs_apart.neighbors_changed.tolist()],
        "speed_ratio": [finite(x) for x in runs_apart.speed_ratio.tolist()],
    }
    found = runs_apart.parting
    return entry, [] if found is None else [_parted(pair, here, found)]


def _described(pair: Pair, run: Run, layer: str) -> dict[str, Any]:
    return {
        "run": run.name,
        "other": pair.other,
        "seed": pair.seed,
        "layer": layer,
        "step_unit": run.step_unit,
        "same_samples": False,
        "steps": [],
        "neighbors_changed": [],
        "speed_ratio": [],
        "not_judged": [],
        "link": view_address(run.name, layer, label=pair.label, url=pair.url)[0],
    }


def _unjudged(pair: Pair, run: Run, layer: str, sentence: str) -> dict[str, Any]:
    return {
        **_described(pair, run, layer),
        "not_judged": [{"rule": "compare", "sentence": sentence}],
    }


def _parted(pair: Pair, here: LayerMetrics, found: parting.Parting) -> Finding:
    return _finding(
        pair,
        here,
        rule="parted",
        words=(parting.TITLE, found.sentence, parting.MEANING),
        step=found.step,
        value=(found.parted.value, found.parted.threshold),
        samples=found.ranked.samples.tolist(),
        scores=found.ranked.scores.tolist(),
    )


def _leaks(pair: Pair, here: LayerMetrics, there: LayerMetrics) -> list[Finding]:
    found = leaks(here, there)
    count = len(found.samples)
    if not count:
        return []
    sentence = (
        f"{count:,} of the {len(here.facts.shown):,} samples of {here.run.name} are also "
        f"in {there.run.name}."
    )
    share = count / len(here.facts.shown)
    return [
        _finding(
            pair,
            here,
            rule="leak",
            words=(LEAK_TITLE, sentence, LEAK_MEANING),
            step=here.trained[-1],
            value=(share, 0.0),
            samples=found.samples.tolist(),
            scores=found.closeness.tolist(),
            same_as=found.same_as[:MOST_SAMPLES].tolist(),
        )
    ]


def _finding(
    pair: Pair,
    here: LayerMetrics,
    *,
    rule: str,
    words: tuple[str, str, str],
    step: int,
    value: tuple[float, float],
    samples: list[int],
    scores: list[float],
    same_as: list[int] | None = None,
) -> Finding:
    title, sentence, meaning = words
    run, layer, listed_samples = here.run.name, here.facts.name, samples[:MOST_SAMPLES]
    link, linked = view_address(
        run, layer, step, label=pair.label, samples=listed_samples, url=pair.url
    )
    return Finding(
        kind="warning",
        rule=rule,
        title=title,
        sentence=sentence,
        meaning=meaning,
        run=run,
        layer=layer,
        step=step,
        value=finite(value[0]),
        threshold=finite(value[1]),
        count=len(samples),
        samples=listed_samples,
        scores=[finite(score) for score in scores[:MOST_SAMPLES]],
        change_to=None,
        same_as=same_as,
        classes=[],
        units=[],
        link=link,
        linked=linked,
    )
