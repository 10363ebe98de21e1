"""The function `record`: one call for each snapshot, from any training loop."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.local_paths import local_path
from tb_embed_plugin.recording.options.natural_number import natural_number
from tb_embed_plugin.recording.options.stored_dtype import checked_dtype
from tb_embed_plugin.recording.samples.metadata_columns import ClassNames
from tb_embed_plugin.recording.samples.samples import Samples, prepare_samples
from tb_embed_plugin.recording.training.snapshot_recorder import not_finite
from tb_embed_plugin.runs.manifest import Layer, Manifest, Step
from tb_embed_plugin.runs.recording_lock import hold, release
from tb_embed_plugin.runs.run_directory import RunDirectory, find_run_directory
from tb_embed_plugin.runs.writer import (
    RunWriter,
    delete_run,
    read_manifest,
)

_writers: dict[tuple[int, Path], RunWriter] = {}
"""Writers by process and run: a forked process has none of its parent's."""


def record(
    log_dir: str | Path,
    step: int,
    activations: Mapping[str, ArrayLike],
    *,
    labels: Any = None,
    images: ArrayLike | None = None,
    metadata: Mapping[str, Sequence[object]] | None = None,
    class_names: ClassNames | None = None,
    invert_images: bool = False,
    epoch: int | None = None,
    finished: bool = False,
    dtype: DTypeLike = "float32",
    overwrite: bool = False,
) -> None:
    """Records one snapshot of a custom training loop, for instance in PyTorch or JAX.

    The first call for a directory begins the run, with the samples' labels, images and
    metadata; later calls need not repeat them. Row i must be the same sample every time.

    One process records into a run: from its first call until the one with `finished`, or
    until the process ends, calls from other processes are refused.

    Args:
        log_dir: The run's directory, made if missing. Where it holds checkpoints or metadata
            of others, the run goes into `<log_dir>-2`, with one warning.
        step: Any whole number that grows from call to call.
        activations: Layer name to (n_samples, n_units), as arrays or what NumPy converts.
        labels: As in `EmbeddingCheckpoint`, like `images`, `metadata`, `class_names` and
            `invert_images`.
        images: Thumbnails.
        metadata: More columns.
        class_names: The name of each whole-number label.
        invert_images: Draws the thumbnails as negatives.
        epoch: Number of finished epochs, if the training has epochs.
        finished: Whether this is the last snapshot.
        dtype: The dtype in which activations are stored.
        overwrite: Deletes the run that `log_dir` holds; for the first call.

    Raises:
        MisuseError: The arrays do not fit each other, or what the run holds already; another
            process records into it; `log_dir` is an address such as `gs://bucket/run`.
        OSError: The files cannot be written.
    """
    location = find_run_directory(local_path(log_dir, "log_dir"))
    run_dir = location.run_dir
    stored_as = checked_dtype(dtype)
    tensors = {name: _snapshot(name, array) for name, array in activations.items()}
    layers = tuple(Layer(name, tensor.shape[1]) for name, tensor in tensors.items())
    samples = _samples(tensors, labels, images, metadata, class_names, invert_images)
    step = _natural_number("step", step)
    epoch = None if epoch is None else _natural_number("epoch", epoch)
    begins_to_hold = hold(run_dir)
    known = _known_writer(run_dir, begins_to_hold=begins_to_hold)
    try:
        if overwrite:
            delete_run(run_dir)
        # A run of 500 snapshots takes longer to read than a snapshot to write.
        is_known = known is not None and known.is_current
        recorded = known.manifest if known and is_known else read_manifest(run_dir)
        if recorded is None:
            writer = RunWriter.begin(
                run_dir,
                layers=layers,
                columns=samples.columns,
                fingerprint=samples.fingerprint,
                outputs=None,
            )
        else:
            repeated = labels is not None or metadata is not None
            _check_continuation(recorded, layers, samples, step, repeated=repeated)
            writer = known if known and is_known else RunWriter(run_dir, recorded)
    except EmbedError:
        if begins_to_hold:
            release(run_dir)
        raise
    if samples.images is not None and writer.manifest.sprite is None:
        writer.add_sprite(samples.images)
    _writers[os.getpid(), run_dir.resolve()] = writer
    if begins_to_hold:
        _warn_where(location)
    problems = not_finite(tensors, stored_as)
    writer.write_snapshot(
        Step(step, "step", epoch, None, time.time(), None, problems), tensors, stored_as
    )
    if finished:
        writer.finish()
        del _writers[os.getpid(), run_dir.resolve()]
        release(run_dir)


def _known_writer(run_dir: Path, *, begins_to_hold: bool) -> RunWriter | None:
    """Returns this process's writer of the run, None where it has none yet.

    Raises:
        MisuseError: A callback in this process records into the run.
    """
    writer = _writers.get((os.getpid(), run_dir.resolve()))
    if writer is None and not begins_to_hold:
        raise MisuseError(
            f"expected a run into which nobody else records; EmbeddingCheckpoint records into "
            f"{run_dir} in this process; record into another directory"
        )
    return None if begins_to_hold else writer


def _warn_where(location: RunDirectory) -> None:
    if location.reason is not None:
        warnings.warn(
            f"record writes into {location.run_dir}, because {location.reason}. Pass a log_dir "
            "of its own to choose otherwise.",
            RuntimeWarning,
            stacklevel=3,
        )


def _natural_number(name: str, number: Any) -> int:
    """Returns a natural number, of Python or NumPy."""
    whole = natural_number(number)
    if whole is None:
        raise MisuseError(
            f"expected {name} as a whole number of 0 or more; received {number!r}"
        )
    return whole


def _snapshot(name: str, array: ArrayLike) -> NDArray[np.float32]:
    snapshot = np.asarray(array, np.float32)
    if snapshot.ndim != 2 or 0 in snapshot.shape:
        raise MisuseError(
            f"expected activations of shape (n_samples, n_units) for layer {name!r}; received "
            f"{snapshot.shape}; pool or flatten them"
        )
    return snapshot


def _samples(
    tensors: Mapping[str, NDArray[np.float32]],
    labels: Any,
    images: ArrayLike | None,
    metadata: Mapping[str, Sequence[object]] | None,
    class_names: ClassNames | None,
    invert_images: bool,  # noqa: FBT001 # handed on
) -> Samples:
    counts = {len(tensor) for tensor in tensors.values()}
    if len(counts) != 1:
        raise MisuseError(
            f"expected a layer or more with as many rows each; received {sorted(counts)} rows; "
            "record the same samples for every layer"
        )
    # The inputs stay with the training loop: only their number is known here.
    (count,) = counts
    return prepare_samples(
        np.zeros((count, 1), np.float32),
        floatx="float32",
        labels=labels,
        images=False if images is None else images,
        metadata=metadata,
        image_shape=None,
        invert_images=invert_images,
        class_names=class_names,
    )


def _check_continuation(
    recorded: Manifest,
    layers: tuple[Layer, ...],
    samples: Samples,
    step: int,
    *,
    repeated: bool,
) -> None:
    remedy = "pass overwrite=True to delete the run, or record into another directory"
    if recorded.layers != layers or recorded.samples != samples.count:
        raise MisuseError(
            f"expected the layers {[(x.name, x.units) for x in recorded.layers]} of "
            f"{recorded.samples} samples, as the run has them; received "
            f"{[(x.name, x.units) for x in layers]} of {samples.count}; {remedy}"
        )
    if repeated and recorded.fingerprint != samples.fingerprint:
        raise MisuseError(
            f"expected the labels and metadata that the run began with; received other ones; "
            f"{remedy}"
        )
    last = recorded.steps[-1].step if recorded.steps else -1
    if step <= last:
        raise MisuseError(
            f"expected a step after {last}, the last one recorded; received {step}; {remedy}"
        )
