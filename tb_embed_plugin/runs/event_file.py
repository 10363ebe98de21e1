"""The event file by which TensorBoard lists a run and shows the tab, without a disk scan.

A directory counts as a run only when it holds an event file, and the tab is on when any
summary belongs to our plugin. The file is written once and never again, and its name sorts
before all others: under `--load_fast=false` TensorBoard reads the files of a directory in
order of their names and never goes back, so a later file of ours would freeze the scalars of
whoever else logs there.
"""

from __future__ import annotations

import io
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_TENSOR
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

from tb_embed_plugin.metadata import EVENT_FILE, FORMAT_VERSION, PLUGIN_NAME
from tb_embed_plugin.runs.atomic import write_bytes


def write_event_file(run_dir: Path) -> None:
    """Writes the event file, unless the run has one already."""
    if (run_dir / EVENT_FILE).exists():
        return
    now = time.time()
    event = Event(wall_time=now, step=0)
    value = event.summary.value.add(tag=PLUGIN_NAME)
    value.metadata.plugin_data.plugin_name = PLUGIN_NAME
    value.metadata.data_class = DATA_CLASS_TENSOR
    value.tensor.dtype = DT_STRING
    value.tensor.string_val.append(str(FORMAT_VERSION).encode())
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    writer.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
    writer.write(event.SerializeToString())
    write_bytes(run_dir, EVENT_FILE, buffer.getvalue())
