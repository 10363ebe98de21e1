"""The function `record`: one call for each snapshot, from any training loop."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from tb_embed_plugin.errors import EmbedError, MisuseError, UnwritableError
from tb_embed_plugin.metadata import OutputsKind
from tb_embed_plugin.recording.model.given_outputs import GivenOutputs, read_outputs
from tb_embed_plugin.recording.options.given_layers import count_of, layer_rows, step_number
from tb_embed_plugin.recording.options.shard import checked_shard
from tb_embed_plugin.recording.options.stored_dtype import checked_dtype
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.samples.class_names import ClassNames
from tb_embed_plugin.recording.samples.given_samples import GivenSamples
from tb_embed_plugin.recording.samples.samples import Samples
from tb_embed_plugin.recording.sharded.loop_worker import LoopWorker, worker_of
from tb_embed_plugin.recording.training.continuation import (
    check_continuation,
    check_outputs,
    check_step,
)
from tb_embed_plugin.recording.training.snapshot_recorder import not_finite
from tb_embed_plugin.remote.staging import (
    check_upload,
    hold,
    recording_place,
    release,
    shown,
    with_addresses,
)
from tb_embed_plugin.runs.manifest import Layer, OutputsInfo, Step
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.run_deletion import delete_run
from tb_embed_plugin.runs.run_directory import RunDirectory, find_run_directory
from tb_embed_plugin.runs.writer import RunWriter
from tb_embed_plugin.wording import system_error

_writers: dict[tuple[int, Path], RunWriter] = {}
"""Writers by process and run: a forked process has none of its parent's."""

_digests: dict[tuple[int, Path], str | None] = {}
"""By process and run, too: of the columns that the run's samples have."""

_turns: dict[tuple[int, Path], threading.Lock] = {}
"""By process and run, too: one thread writes a snapshot at a time."""


def record(
    log_dir: str | Path,
    step: int,
    activations: Mapping[str, ArrayLike],
    *,
    outputs: ArrayLike | None = None,
    outputs_kind: OutputsKind | None = None,
    head: tuple[ArrayLike, ArrayLike | None] | Mapping[str, Any] | None = None,
    labels: Any = None,
    images: ArrayLike | None = None,
    metadata: Mapping[str, Sequence[object]] | None = None,
    class_names: ClassNames | None = None,
    invert_images: bool = False,
    epoch: int | None = None,
    finished: bool = False,
    dtype: DTypeLike = "float32",
    overwrite: bool = False,
    shard: tuple[int, int] | None = None,
) -> None:
    """Records one snapshot of a custom training loop, for instance in PyTorch or JAX.

    The first call for a directory begins the run, with the samples' labels, images and
    metadata; later calls need not repeat them. Row i must be the same sample every time.

    One process records into a run: from its first call until the one with `finished`, or
    until the process ends, calls from other processes are refused. Its threads take turns.

    Args:
        log_dir: The run's directory, made if missing, or an address such as
            `s3://bucket/logs/run` (docs/object_storage.md). Where it holds checkpoints or
            metadata of others, the run goes into `<log_dir>-2`, with one warning.
        step: Any whole number that grows from call to call.
        activations: Layer name to (n_samples, n_units), as arrays or what NumPy converts.
        outputs: What the model says of each sample, (n_samples, n_classes) with 2 to 1,000
            classes; (n_samples,) or (n_samples, 1) of the second of two. From these come
            predictions, confidence, margins, loss, mistakes and the rankings.
        outputs_kind: `"logits"` for what goes into a softmax or sigmoid, `"probabilities"`
            for what comes out of it.
        head: Kernel (n_units, n_classes) and bias (n_classes,), or None, of the layer that
            makes the logits of a recorded layer's activations: for decision regions. That
            layer is found by its units and by the outputs; `{name: (kernel, bias)}` names it.
        labels: As in `EmbeddingCheckpoint`, like `images`, `metadata`, `class_names` and
            `invert_images`.
        images: Thumbnails.
        metadata: More columns.
        class_names: The name of each class, as in `EmbeddingCheckpoint`.
        invert_images: Draws the thumbnails as negatives.
        epoch: Number of finished epochs, if the training has epochs.
        finished: Whether this is the last snapshot.
        dtype: The dtype in which activations are stored.
        overwrite: Deletes the run that `log_dir` holds; for the first call.
        shard: `(rank, world)` where several workers record one run, each its own samples into
            the same `log_dir`; worker 0 joins them ("Several workers" in docs/recording.md).

    Raises:
        MisuseError: The arrays do not fit each other, or what the run holds already; another
            process records into it; the address needs what is not installed.
        StorageError: The address cannot be read or written; only the first call asks it.
        UnwritableError: The files cannot be written; it is an OSError, too.
    """
    with _writing(log_dir):
        place = recording_place(log_dir, "log_dir", is_fresh=False)
        stored_as = checked_dtype(dtype)
        rows = layer_rows(activations)
        layers = tuple(Layer(name, tensor.shape[1]) for name, tensor in rows.items())
        count = count_of(rows)
        given = GivenSamples(count, labels, metadata, class_names, images, invert_images)
        step = step_number("step", step)
        epoch = None if epoch is None else step_number("epoch", epoch)
        part_of = checked_shard(shard, log_dir)
        worker = worker_of(place, part_of, count, stored_as, overwrite=overwrite)
        # A part is new; the run that the chief joins may be there.
        overwrite = overwrite and worker is None
        location = find_run_directory(place) if worker is None else RunDirectory(worker.folder)
        run_dir = location.run_dir
        key = os.getpid(), run_dir.resolve()
        with _turns.setdefault(key, threading.Lock()):
            begins_to_hold = hold(run_dir)
            known = _known_writer(run_dir, begins_to_hold=begins_to_hold)
            with _released_after_failure(run_dir, begins_to_hold=begins_to_hold):
                # A run of 500 snapshots takes longer to read than a snapshot to write.
                is_known = known is not None and known.is_current
                recorded = None
                if not overwrite:
                    recorded = known.manifest if known and is_known else read_manifest(run_dir)
                fed_by = recorded.outputs.head if recorded and recorded.outputs else None
                said = read_outputs(outputs, outputs_kind, head, rows, fed_by)
                if recorded is None:
                    begun = given.prepared()
                    samples: Samples | None = begun
                    if overwrite:
                        delete_run(run_dir)
                    writer = _begin(run_dir, layers, begun, said, is_part=worker is not None)
                else:
                    same = is_known and given.are_nothing_new(
                        _digests.get(key), has_sprite=recorded.sprite is not None
                    )
                    samples = None if same else given.prepared()
                    fingerprint = samples.fingerprint if samples and given.has_columns else None
                    check_continuation(recorded, layers, count, fingerprint)
                    check_step(recorded, step)
                    check_outputs(recorded.outputs, _described(said, samples))
                    writer = known if known and is_known else RunWriter(run_dir, recorded)
                if samples and samples.images and writer.manifest.sprite is None:
                    writer.add_sprite(samples.images)
            if samples is not None and (given.has_columns or writer is not known):
                _digests[key] = given.digest()
            _writers[key] = writer
            _warn_where(location, begins_to_hold=begins_to_hold)
            check_upload(run_dir)
            _write(
                writer, step, epoch, rows if said is None else rows | said.tensors, stored_as
            )
            if finished:
                _finish(writer, key, worker)


@contextmanager
def _released_after_failure(run_dir: Path, *, begins_to_hold: bool) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if begins_to_hold:
            release(run_dir)
        raise


def _begin(
    run_dir: Path,
    layers: Sequence[Layer],
    samples: Samples,
    said: GivenOutputs | None,
    *,
    is_part: bool,
) -> RunWriter:
    return RunWriter.begin(
        run_dir,
        layers=layers,
        columns=samples.columns,
        fingerprint=samples.fingerprint,
        outputs=_described(said, samples),
        is_part=is_part,
    )


def _described(said: GivenOutputs | None, samples: Samples | None) -> OutputsInfo | None:
    """Returns what a call says of its outputs, with the names of classes if it has them."""
    info = None if said is None else said.info
    return info if samples is None else samples.with_class_names(info)


def _write(
    writer: RunWriter,
    step: int,
    epoch: int | None,
    tensors: Tensors,
    dtype: np.dtype[np.generic],
) -> None:
    problems = not_finite(tensors, dtype)
    taken = Step(step, "step", epoch, None, time.time(), None, problems)
    writer.write_snapshot(taken, tensors, dtype)


def _finish(writer: RunWriter, key: tuple[int, Path], worker: LoopWorker | None) -> None:
    writer.finish()
    del _writers[key]
    _digests.pop(key, None)
    release(key[1])
    if worker is not None:
        worker.finish()


@contextmanager
def _writing(log_dir: str | Path) -> Iterator[None]:
    """Says of a system error what could not be written, and what to do.

    Raises:
        UnwritableError: There was one.
    """
    try:
        yield
    except EmbedError:
        raise
    except OSError as error:
        raise UnwritableError(system_error(error, "write", log_dir)) from error


def _known_writer(run_dir: Path, *, begins_to_hold: bool) -> RunWriter | None:
    """Returns this process's writer of the run, None where it has none yet.

    Raises:
        MisuseError: A callback in this process records into the run.
    """
    writer = _writers.get((os.getpid(), run_dir.resolve()))
    if writer is None and not begins_to_hold:
        raise MisuseError(
            f"{shown(run_dir)} is already being recorded by an EmbeddingCheckpoint of this "
            "process; record into another directory"
        )
    return None if begins_to_hold else writer


def _warn_where(location: RunDirectory, *, begins_to_hold: bool) -> None:
    if begins_to_hold and location.reason is not None:
        told = (
            f"{location.reason}; record writes into {location.run_dir} instead. Pass a log_dir "
            "of its own to choose the directory."
        )
        warnings.warn(with_addresses(told), RuntimeWarning, stacklevel=3)
