"""`tb-embed check`: reads every run below a directory and says what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from tb_embed_plugin.errors import EmbedError, NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import EVENT_FILE
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.runs.foreign.foreign_sprites import IMAGE_FAULTS, MEDIA_TYPES
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
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
    below = Logdir(logdir, list)
    reports = [_report(run) for run in below.list_runs()]
    if below.problems:
        reports.insert(0, Report("the log directory", [], below.problems))
    if not reports:
        raise NotRecordedError(
            f"there is no run of EmbeddingCheckpoint and no checkpoint below {logdir}; "
            "record one, or name another directory"
        )
    return reports


def _report(run: Run | BrokenRun) -> Report:
    if isinstance(run, BrokenRun):
        return Report(run.name, [], [run.problem])
    lines = [_summary(run)] if run.layers else []
    for layer in run.layers:
        samples = "" if run.writer == "tb_embed" else f"{layer.samples:,} samples, "
        label = "no label" if layer.label is None else f"label {layer.label}"
        lines.append(f"layer {layer.name}: {samples}{layer.units} units, {label}")
        lines += [f"layer {layer.name}: {note}" for note in layer.notes]
    broken = list(_broken_files(run))
    # Only now: reading has found which snapshots of others are not finite.
    return Report(run.name, lines, [*run.problems, *broken])


def _summary(run: Run) -> str:
    steps = run.steps
    if len(steps) == 1:
        span = f"1 snapshot (step {run.step_name(steps[0])})"
    elif steps:
        names = f"{run.step_name(steps[0])} to {run.step_name(steps[-1])}"
        span = f"{len(steps)} snapshots (steps {names})"
    else:
        span = "no snapshot yet"
    if run.writer != "tb_embed":
        return f"written by another program, {span}"
    size = sum(file.stat().st_size for file in run.path.glob("model.ckpt-*"))
    state = ", still recording" if run.recording else ""
    return f"{run.layers[0].samples:,} samples, {span}, {size / 1e6:,.1f} MB{state}"


def _verify_page(run: Run, layer: str, page: int) -> None:
    body = io.BytesIO(run.sprite(layer, page)[0])
    try:
        Image.open(body, formats=tuple(MEDIA_TYPES)).verify()
    except IMAGE_FAULTS as error:
        raise UnreadableError(
            f"the thumbnails are damaged ({type(error).__name__}: {error}); restore the file"
        ) from error


def _broken_files(run: Run) -> Iterator[str]:
    checks: list[Callable[[], object]] = []
    known: set[str] = set()
    for layer in run.layers:
        # What the page says of a layer that it cannot draw.
        checks.append(partial(check_width, layer.units))
        if layer.samples_version not in known:
            known.add(layer.samples_version)  # layers may share their samples
            pages = range(layer.sprite.pages if layer.sprite else 0)
            changing = any(column.by_step for column in layer.columns)
            checks += [
                partial(run.columns, layer.name, step)
                for step in (layer.steps if changing else [None])
            ]
            checks += [partial(_verify_page, run, layer.name, page) for page in pages]
        checks += [partial(run.snapshot, layer.name, step) for step in layer.steps]
    for look in checks:
        try:
            look()
        except EmbedError as error:
            yield str(error)
    if run.writer == "tb_embed" and not (run.path / EVENT_FILE).exists():
        yield (
            f"{EVENT_FILE} is missing, by which TensorBoard lists the run; continue the "
            "training, or record the run again"
        )
