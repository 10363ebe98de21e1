"""What the callback says of a training: what it will record, and what it has."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tb_embed_plugin.recording.forward import ForwardPass
from tb_embed_plugin.recording.messages import say, size
from tb_embed_plugin.recording.options import Options
from tb_embed_plugin.recording.recorder import Recorder
from tb_embed_plugin.runs.images import Images


def announce(
    run_dir: Path,
    forward: ForwardPass,
    images: Images | None,
    options: Options,
    params: Mapping[str, Any],
    *,
    verbose: bool,
) -> None:
    """Says how much disk the run will take, and warns where that is not there."""
    epochs, batches = params.get("epochs") or 1, params.get("steps") or 1
    units = epochs if options.schedule.unit == "epoch" else epochs * batches
    snapshots = 1 + options.schedule.count(units)
    if options.max_to_keep is not None:
        snapshots = min(snapshots, options.max_to_keep)
    need = snapshots * forward.size * options.dtype.itemsize
    if verbose:
        say(
            f"EmbeddingCheckpoint records {', '.join(layer.name for layer in forward.layers)} "
            f"into {run_dir}: about {snapshots} snapshots, {size(need)}."
        )
        if images is not None and images.scaling:
            say(f"The thumbnails are x, {images.scaling}; pass images= for others.")
        for note in forward.notes:
            say(note)
    free = shutil.disk_usage(run_dir).free
    if need > free:
        warn(
            f"needs about {size(need)} in {run_dir}, where {size(free)} are free. Record fewer "
            "samples, or pass max_to_keep=."
        )


def say_end(run_dir: Path, recorder: Recorder, snapshot_size: int, seconds: float) -> None:
    """Says what was recorded, and which share of the training's seconds that took."""
    say(
        f"EmbeddingCheckpoint recorded {recorder.recorded} snapshots, "
        f"{size(recorder.recorded * snapshot_size)}, in "
        f"{recorder.seconds / max(seconds, 1e-9):.1%} of the training's time: {run_dir}"
    )


def warn(what: str) -> None:
    """Tells something once that the user should know."""
    warnings.warn(f"EmbeddingCheckpoint {what}", RuntimeWarning, stacklevel=3)
