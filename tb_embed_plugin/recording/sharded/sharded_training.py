"""A training of which this worker records a part; the chief joins those of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tb_embed_plugin.recording.forward_pass.batched_pass import ForwardPass
from tb_embed_plugin.recording.options.options import OnExisting, RecordingOptions
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.samples.samples import Samples
from tb_embed_plugin.recording.sharded.joining import Joining
from tb_embed_plugin.recording.sharded.open_joined import TrainingOpener
from tb_embed_plugin.recording.sharded.own_part import OwnPart
from tb_embed_plugin.recording.training.run_location import NewTraining, RunLocation
from tb_embed_plugin.remote.staging import hold
from tb_embed_plugin.runs.writer import RunWriter


class ShardedTraining:
    """The destination of a training that several workers record.

    Args:
        options: Where, when and how to record.
        shard: Which worker this is.
        rows: Samples that it was given.

    Attributes:
        max_to_keep: None: the chief thins out what it joins.
        shown: The directory of the whole run.
        workers: How many there are.
    """

    max_to_keep = None

    def __init__(self, options: RecordingOptions, shard: Shard, rows: int) -> None:
        self._options = options
        self._shard = shard
        self.workers = shard.world
        log_dir = Path(options.log_dir).absolute()
        # Of ".." there is no name from which to count on.
        self.shown = log_dir if log_dir.name not in {"", ".."} else log_dir.resolve()
        self._part = OwnPart(self.shown, shard, rows, options.recorder, options.dtype)
        self._joining: Joining | None = None
        self._is_finished = False

    def claim(self, new_training: NewTraining, on_existing: OnExisting) -> RunLocation:
        """Makes the folder of the part, and begins to join where this is the chief."""
        self._part.begin()
        hold(self._part.folder)
        if self._shard.is_chief:
            opener = TrainingOpener(
                self.shown, tuple(new_training.digests), on_existing, self._options.recorder
            )
            joining = Joining(
                self.shown,
                self._shard,
                self._part.folder.name,
                opener,
                dtype=self._options.dtype,
                max_to_keep=self._options.max_to_keep,
                recorder=self._options.recorder,
                overwrites=on_existing == "overwrite",
            )
            joining.start()
            # Only now, since whoever closes it lets go of the directory.
            self._joining = joining
        return RunLocation(self._part.folder)

    def open(self, forward: ForwardPass, samples: Samples) -> RunWriter:
        """Begins the part."""
        return RunWriter.begin(
            self._part.folder,
            layers=forward.layers,
            columns=samples.columns,
            fingerprint=samples.fingerprint,
            outputs=samples.with_class_names(forward.outputs),
            is_part=True,
        )

    def check(self) -> None:
        """Warns of what has gone wrong behind the training; raises where nobody joins parts."""
        if self._joining is not None:
            self._joining.check()
        else:
            self._part.check()

    def finish(self) -> Path | None:
        """Waits a while until all parts are joined, or until the chief knows of this one."""
        self._is_finished = True
        if self._joining is None:
            self._part.finish()
            return None
        return self._joining.finish()

    def close(self) -> None:
        """Stops; a part that is not finished will not be."""
        self._part.close(has_failed=not self._is_finished)
        if self._joining is not None and not self._is_finished:
            self._joining.close(has_failed=True)


def destination_of(
    options: RecordingOptions, shard: Shard | None, samples: Samples
) -> ShardedTraining | None:
    """Returns the destination of a worker's training, None of one that is recorded alone."""
    return None if shard is None else ShardedTraining(options, shard, samples.given)


def of_worker(options: RecordingOptions, shard: Shard | None) -> RecordingOptions:
    """Returns options of a worker, where it is one: the chief alone logs lines and audits."""
    if shard is None or shard.is_chief:
        return options
    recorder = f"{options.recorder} of worker {shard.rank}"
    return replace(options, verbose=False, audit=False, recorder=recorder)
