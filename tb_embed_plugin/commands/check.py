"""`tb-embed check`: reads every run below a directory and says what is wrong with it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from tb_embed_plugin.errors import EmbedError, NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import EVENT_FILE
from tb_embed_plugin.projections.blocks import check_width
from tb_embed_plugin.runs.foreign.foreign_sprites import MEDIA_TYPES
from tb_embed_plugin.runs.found_run import BrokenRun
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.parts import kept_names, part_names, parts_folder
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.sprites import IMAGE_FAULTS
from tb_embed_plugin.wording import listed


@dataclass(frozen=True)
class Problem:
    """What is wrong with a run.

    Attributes:
        sentence: What it is, and what to do.
        layer: The layer that it is with, None where it is none alone.
        step: The step, likewise.
    """

    sentence: str
    layer: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Report:
    """What one run holds.

    Attributes:
        name: The run, or what stands in its place for the log directory itself.
        lines: What it holds, for people.
        found: What is wrong.
        run: The run, None where it cannot be read.
        is_run: Whether it is a run at all.
    """

    name: str
    lines: list[str]
    found: list[Problem]
    run: Run | None = None
    is_run: bool = True

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence each."""
        return [one.sentence for one in self.found]


def check(logdir: Path) -> list[Report]:
    """Reads every file of every run below `logdir`.

    Raises:
        NotRecordedError: There is no run.
    """
    below = Logdir(logdir, list)
    reports = [_report(run) for run in below.list_runs()]
    if below.problems:
        problems = [Problem(sentence) for sentence in below.problems]
        reports.insert(0, Report("the log directory", [], problems, is_run=False))
    if not reports:
        raise NotRecordedError(
            f"there is no run of EmbeddingCheckpoint and no checkpoint below {logdir}; "
            "record one, or name another directory"
        )
    return reports


def _report(run: Run | BrokenRun) -> Report:
    if isinstance(run, BrokenRun):
        return Report(run.name, [], [Problem(run.problem)])
    lines = [_summary(run)] if run.layers else []
    for layer in run.layers:
        samples = "" if run.writer == "tb_embed" else f"{layer.samples:,} samples, "
        label = "no label" if layer.label is None else f"label column {layer.label!r}"
        lines.append(f"layer {layer.name}: {samples}{layer.units} units, {label}")
        lines += [f"layer {layer.name}: {note}" for note in layer.notes]
    lines += _parts(run)
    broken = list(_broken_files(run))
    # Only now: reading has found which snapshots of others are not finite.
    problems = [Problem(sentence) for sentence in run.problems]
    return Report(run.name, lines, [*problems, *broken], run)


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
    state = ", still recording or interrupted" if run.recording else ""
    return f"{run.layers[0].samples:,} samples, {span}, {size / 1e6:,.1f} MB{state}"


def _parts(run: Run) -> Iterator[str]:
    """Says which parts of workers lie in the run's directory."""
    folder = parts_folder(run.path)
    with contextlib.suppress(OSError):  # most runs have none
        if names := part_names(folder):
            yield (
                f"parts of workers: {listed(names)} in {folder}; a recording by all workers "
                "joins them, the present one or the next"
            )
        if names := kept_names(folder):
            yield (
                f"parts of workers: {listed(names)} in {folder} could not be joined; delete "
                "them when you no longer need them"
            )


def _verify_page(run: Run, layer: str, page: int) -> None:
    body = io.BytesIO(run.sprite(layer, page)[0])
    try:
        Image.open(body, formats=tuple(MEDIA_TYPES)).verify()
    except IMAGE_FAULTS as error:
        raise UnreadableError(
            f"the thumbnails are damaged ({type(error).__name__}: {error}); restore the file"
        ) from error


def _broken_files(run: Run) -> Iterator[Problem]:
    for layer, step, look in _looks(run):
        try:
            look()
        except EmbedError as error:
            yield Problem(str(error), layer, step)
    if run.writer == "tb_embed" and not (run.path / EVENT_FILE).exists():
        yield Problem(
            f"{EVENT_FILE} is missing, by which TensorBoard lists the run; continue the "
            "training, or record the run again"
        )


def _looks(run: Run) -> Iterator[tuple[str, int | None, Callable[[], object]]]:
    """Yields what reads each file, with its layer and step."""
    known: set[str] = set()
    for layer in run.layers:
        # What the page says of a layer that it cannot draw.
        yield layer.name, None, partial(check_width, layer.units)
        if layer.samples_version not in known:
            known.add(layer.samples_version)  # layers may share their samples
            changing = any(column.by_step for column in layer.columns)
            for step in layer.steps if changing else [None]:
                yield layer.name, step, partial(run.columns, layer.name, step)
            for page in range(layer.sprite.pages if layer.sprite else 0):
                yield layer.name, None, partial(_verify_page, run, layer.name, page)
        for step in layer.steps:
            yield layer.name, step, partial(run.snapshot, layer.name, step)
