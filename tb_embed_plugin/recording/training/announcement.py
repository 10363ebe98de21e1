"""The announcements of a recording: one at its start, one at its end."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tb_embed_plugin.recording.forward_pass.forward_pass import ForwardPass
from tb_embed_plugin.recording.options.options import RecordingOptions
from tb_embed_plugin.recording.training.console import format_bytes, log_line, warn
from tb_embed_plugin.recording.training.snapshot_recorder import SnapshotRecorder
from tb_embed_plugin.runs.images import Images


def announce_start(
    run_dir: Path,
    forward: ForwardPass,
    images: Images | None,
    options: RecordingOptions,
    params: Mapping[str, Any],
    *,
    verbose: bool,
) -> None:
    """Announces layers, directory and size; warns where the disk is too small."""
    epochs, batches = params.get("epochs") or 1, params.get("steps") or 1
    units = epochs if options.schedule.unit == "epoch" else epochs * batches
    snapshots = 1 + options.schedule.count(units)
    if options.max_to_keep is not None:
        snapshots = min(snapshots, options.max_to_keep)
    need = snapshots * forward.size * options.dtype.itemsize
    if verbose:
        log_line(
            f"EmbeddingCheckpoint records {', '.join(layer.name for layer in forward.layers)} "
            f"into {run_dir}: about {snapshots} snapshots, {format_bytes(need)}."
        )
        if images is not None and images.scaling:
            log_line(f"The thumbnails are x, {images.scaling}; pass images= for others.")
        for note in forward.notes:
            log_line(note)
    free = shutil.disk_usage(run_dir).free
    if need > free:
        warn(
            f"needs about {format_bytes(need)} in {run_dir}, where {format_bytes(free)} are "
            "free. Record fewer samples, or pass max_to_keep=."
        )


def announce_end(
    run_dir: Path, recorder: SnapshotRecorder, snapshot_size: int, seconds: float
) -> None:
    """Announces what was recorded, and its share of the training's `seconds`."""
    log_line(
        f"EmbeddingCheckpoint recorded {recorder.recorded} snapshots, "
        f"{format_bytes(recorder.recorded * snapshot_size)}, in "
        f"{recorder.seconds / max(seconds, 1e-9):.1%} of the training's time: {run_dir}"
    )
