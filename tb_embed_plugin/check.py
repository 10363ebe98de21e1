"""`tb-embed check`: reads every run below a directory and says what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from tb_embed_plugin.errors import EmbedError, NotRecordedError
from tb_embed_plugin.metadata import EVENT_FILE
from tb_embed_plugin.runs.logdir import BrokenRun, Logdir, recorded_names
from tb_embed_plugin.runs.run import Run


@dataclass(frozen=True)
class Report:
    """What one run holds.

    Attributes:
        name: The run.
        lines: What it holds, for people.
        problems: What is wrong, one sentence each.
    """

    name: str
    lines: list[str]
    problems: list[str]


def check(logdir: Path) -> list[Report]:
    """Reads every file of every run below `logdir`.

    Raises:
        NotRecordedError: There is no run.
    """
    names = recorded_names(logdir)
    reports = [_report(run) for run in Logdir(logdir, lambda: names).list_runs()]
    if not reports:
        raise NotRecordedError(
            f"expected a run of EmbeddingCheckpoint below {logdir}; received none; record "
            "one, or name another directory"
        )
    return reports


def _report(run: Run | BrokenRun) -> Report:
    if isinstance(run, BrokenRun):
        return Report(run.name, [], [run.problem])
    steps = run.steps
    span = f"steps {steps[0]} to {steps[-1]}" if steps else "no step yet"
    size = sum(file.stat().st_size for file in run.path.glob("model.ckpt-*"))
    state = ", still recording" if run.recording else ""
    summary = (
        f"{run.layers[0].samples:,} samples, {len(steps)} snapshots ({span}), "
        f"{size / 1e6:,.1f} MB{state}"
    )
    layers = [f"layer {layer.name}: {layer.units} units" for layer in run.layers]
    lines = [summary, *layers]
    return Report(run.name, lines, [*run.problems, *_broken_files(run)])


def _verify_page(run: Run, layer: str, page: int) -> None:
    Image.open(io.BytesIO(run.sprite(layer, page)[0])).verify()


def _broken_files(run: Run) -> Iterator[str]:
    # All layers of a recorded run hold the same samples.
    first = run.layers[0]
    checks: list[Callable[[], object]] = [partial(run.columns, first.name)]
    for layer in run.layers:
        checks += [partial(run.snapshot, layer.name, step) for step in layer.steps]
    if first.sprite is not None:
        pages = range(first.sprite.pages)
        checks += [partial(_verify_page, run, first.name, page) for page in pages]
    for look in checks:
        try:
            look()
        except EmbedError as error:
            yield str(error)
        except (OSError, SyntaxError) as error:
            yield f"expected thumbnails in a PNG; received a damaged file ({error}); restore it"
    if not (run.path / EVENT_FILE).exists():
        yield (
            f"expected {EVENT_FILE}, by which TensorBoard lists the run; received none; go on "
            "with the training, or record the run again"
        )
