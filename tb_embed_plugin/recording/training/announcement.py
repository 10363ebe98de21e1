"""The announcements of a recording: one at its start, one at its end."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tb_embed_plugin.recording.forward_pass.batched_pass import ForwardPass
from tb_embed_plugin.recording.options.options import RecordingOptions
from tb_embed_plugin.recording.samples.samples import Samples
from tb_embed_plugin.recording.training.console import format_bytes, log_line, warn
from tb_embed_plugin.recording.training.snapshot_recorder import SnapshotRecorder
from tb_embed_plugin.remote.staging import address_of, shown

TAB_ADDRESS = "http://localhost:6006/#tb_embed"
"""The tab's address at TensorBoard's default port; else TensorBoard chooses the tab."""


def announce_start(
    run_dir: Path,
    forward: ForwardPass,
    samples: Samples,
    options: RecordingOptions,
    params: Mapping[str, Any],
    size: int,
) -> None:
    """Announces layers, directory and size; warns where the disk is too small.

    Args:
        run_dir: The run's directory.
        forward: The recorded pass.
        samples: The recorded samples.
        options: Where, when and how to record.
        params: What is known of the training.
        size: Bytes of a snapshot on disk.
    """
    epochs, batches = params.get("epochs") or 1, params.get("steps") or 1
    units = epochs if options.schedule.unit == "epoch" else epochs * batches
    snapshots = 1 + options.schedule.count(units)
    if options.max_to_keep is not None:
        snapshots = min(snapshots, options.max_to_keep)
    need = snapshots * size
    planned = f"about {count_snapshots(snapshots)}, {format_bytes(need)}"
    if not params.get("epochs"):
        # A loop does not say how long it will go on.
        planned, need = f"{format_bytes(size)} a snapshot", size
    if options.is_verbose(params):
        names = [layer.name for layer in forward.layers]
        log_line(
            f"Recording layer{'s' * (len(names) > 1)} {', '.join(names)} to {shown(run_dir)} "
            f"({planned})."
        )
        images = samples.images
        if images is not None and images.scaling:
            log_line(f"The thumbnails show x, {images.scaling}; pass images= for others.")
        if samples.is_shuffled:
            log_line(
                "x is shuffled: its samples are recorded in an order of their own, which is "
                "the same each time. Where fit is given the same tf.data.Dataset, it trains in "
                "another order than without the callback; pass one that is built anew."
            )
        if forward.outputs is not None and samples.has_unnamed_words:
            log_line(
                "The labels are words: which class of the model each is will be guessed from "
                "what it predicts; pass class_names=, in the order of its outputs."
            )
        for note in forward.notes:
            log_line(note)
    if address_of(run_dir) is not None:
        # What is uploaded takes no more room here.
        need = min(need, size)
    free = shutil.disk_usage(run_dir).free
    if need > free:
        warn(
            f"{run_dir} has {format_bytes(free)} of free disk but {options.recorder} needs "
            f"about {format_bytes(need)}. Record fewer samples, or pass max_to_keep=."
        )


def announce_end(
    run_dir: Path, recorder: SnapshotRecorder, snapshot_size: int, seconds: float
) -> None:
    """Announces what was recorded, its share of the training's time, and the address."""
    log_line(
        f"Recorded {count_snapshots(recorder.recorded)} "
        f"({format_bytes(recorder.recorded * snapshot_size)}, "
        f"{recorder.seconds / max(seconds, 1e-9):.1%} of the training's time). To see them, "
        f"run {show_command(run_dir)} and open its tab EMBEDDINGS: {TAB_ADDRESS}"
    )


def show_command(run_dir: Path) -> str:
    """Returns the commands that show a run."""
    address = address_of(run_dir)
    if address is None:
        return f"tensorboard --logdir {shlex.quote(str(log_directory(run_dir)))}"
    above, _, name = address.rpartition("/")
    copied = f"{above} logs" if "://" in above else f"{address} logs/{name}"
    return f"tb-embed sync {copied} && tensorboard --logdir logs"


def count_snapshots(count: int) -> str:
    """Returns a number of snapshots in words."""
    return f"{count} snapshot{'s' * (count != 1)}"


def log_directory(run_dir: Path) -> Path:
    """Returns the directory to start TensorBoard with: the one that holds the run.

    Args:
        run_dir: The run's directory, as the user wrote it.
    """
    # "." and ".." have no name from which to go up: they are shown as a run themselves.
    return run_dir if run_dir.name in {"", ".."} else run_dir.parent
