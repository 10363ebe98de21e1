"""A run's metrics as TensorBoard scalars, in a run of their own beside it.

The server writes nothing; the command `tb-embed metrics --write-scalars` does.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR
from tensorboard.compat.proto.types_pb2 import DT_FLOAT
from tensorboard.summary.writer.record_writer import RecordWriter

from tb_embed_plugin.analysis.layer_metrics import LayerMetrics
from tb_embed_plugin.analysis.metrics_cache import MetricsCache
from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.metrics.catalog import STEP_METRICS
from tb_embed_plugin.runs.atomic import remove, write_bytes
from tb_embed_plugin.runs.logdir import Logdir

FOLDER = "metrics"
"""The scalars' own run, below the run that they are of."""

_SUFFIX = "tb_embed_metrics"


def write_scalars(layers: Sequence[LayerMetrics]) -> Path:
    """Writes the metrics of layers of one run as scalars named `<layer>/<metric>`.

    One event file in the folder `metrics` below the run, which TensorBoard lists as a run of
    its own; in place of one that was written there before. Each value has the step and the
    wall time of its snapshot.

    Args:
        layers: The layers' measures, one or more, of the same run.

    Returns:
        The folder.

    Raises:
        EmbedError: A snapshot cannot be read or is not finite.
        OSError: The folder cannot be written.
    """
    run = layers[0].run
    times = {step.step: step.wall_time for step in run.step_facts}
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    now = time.time()
    version = Event(wall_time=min([now, *times.values()]), file_version="brain.Event:2")
    writer.write(version.SerializeToString())
    rows = {
        step: {
            f"{layer.facts.name}/{name}": value
            for layer in layers
            if step in layer.steps
            for name, value in layer.numbers(step).items()
        }
        for step in sorted({step for layer in layers for step in layer.steps})
    }
    for step, values in rows.items():
        writer.write(_event(step, times.get(step, now), values).SerializeToString())
    folder = run.path / FOLDER
    old = [f"{FOLDER}/{file.name}" for file in folder.glob(f"events.out.tfevents.*.{_SUFFIX}")]
    # Named by the time, so that a TensorBoard under way sees that it is another one.
    name = f"{FOLDER}/events.out.tfevents.{time.time_ns()}.{_SUFFIX}"
    write_bytes(run.path, name, buffer.getvalue())
    remove(run.path, *old)
    return folder


def _event(step: int, wall_time: float, values: Mapping[str, float]) -> Event:
    titles = {metric.name: metric for metric in STEP_METRICS}
    event = Event(step=step, wall_time=wall_time)
    for tag, number in values.items():
        metric = titles[tag.rpartition("/")[2]]
        value = event.summary.value.add(tag=tag)
        value.metadata.plugin_data.plugin_name = "scalars"
        value.metadata.data_class = DATA_CLASS_SCALAR
        value.metadata.display_name = metric.title
        value.metadata.summary_description = metric.meaning
        value.tensor.dtype = DT_FLOAT
        value.tensor.float_val.append(number)
    return event


def measures_below(
    logdir: Path,
    run: str | None = None,
    layer: str | None = None,
    label: str | None = None,
    cache: MetricsCache | None = None,
) -> Iterator[list[LayerMetrics]]:
    """Yields the measures of the layers of each run below a directory.

    Args:
        logdir: TensorBoard's log directory.
        run: One run alone.
        layer: One layer alone.
        label: The column that is the label, empty for none; each layer's own by default.
        cache: What was measured before; nothing by default.

    Raises:
        NotRecordedError: There is no such run, or none at all, or no such layer.
        UnreadableError: A run is damaged.
    """
    runs = Logdir(logdir, list)
    names = [found.name for found in runs.list_runs()] if run is None else [run]
    if not names:
        raise NotRecordedError(
            f"there is no run below {logdir}; record one, or name another directory"
            + "".join(f"; {problem}" for problem in runs.problems)
        )
    for name in names:
        found = runs.run(name)
        layers = [facts.name for facts in found.layers] if layer is None else [layer]
        yield [LayerMetrics(found, each, cache or MetricsCache(), label) for each in layers]
