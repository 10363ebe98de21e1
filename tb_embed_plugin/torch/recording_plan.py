"""The plan of a recording: all arguments, checked before there is a training."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, SupportsIndex, TypedDict, Unpack

from numpy.typing import ArrayLike, DTypeLike

from tb_embed_plugin.errors import EmbedError, MisuseError
from tb_embed_plugin.metadata import OutputsChoice
from tb_embed_plugin.recording.model.pooling_choice import Pooling
from tb_embed_plugin.recording.options.options import (
    OnExisting,
    RecordingOptions,
    check_order,
    checked_batch_size,
    checked_layers,
    checked_log_dir,
    checked_max_to_keep,
    checked_on_existing,
    checked_outputs,
)
from tb_embed_plugin.recording.options.schedule import parse_schedule
from tb_embed_plugin.recording.options.shard import checked_shard
from tb_embed_plugin.recording.options.stored_dtype import checked_dtype
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.samples.class_names import ClassNames
from tb_embed_plugin.recording.samples.samples import prepare_samples
from tb_embed_plugin.recording.sharded.sharded_training import destination_of, of_worker
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.recording.training.open_trainings import interrupt_abandoned_trainings
from tb_embed_plugin.recording.training.recorded_training import RecordedTraining
from tb_embed_plugin.runs.directory_check import refuse_file
from tb_embed_plugin.torch.inference import bare_module
from tb_embed_plugin.torch.module_pass import Forward, trace_module
from tb_embed_plugin.torch.trained_module import TrainedModule
from tb_embed_plugin.wording import no_such


class PlanOptions(TypedDict, total=False):
    """The options of all recorders, as `EmbeddingRecorder` describes them."""

    layers: Any
    images: ArrayLike | Literal[False] | None
    metadata: Mapping[str, Sequence[object]] | Any | None
    image_shape: tuple[int, ...] | None
    invert_images: bool
    class_names: ClassNames | None
    max_samples: int | None
    seed: int
    pooling: Pooling | Mapping[str, Pooling]
    outputs: OutputsChoice
    forward: Forward | None
    batch_size: int | None
    save_freq: str | SupportsIndex | Sequence[int]
    max_to_keep: SupportsIndex | None
    dtype: DTypeLike
    on_snapshot: Callable[[int, Tensors], None] | None
    on_existing: OnExisting
    verbose: bool
    shard: tuple[int, int] | None


class RecordingPlan:
    """What will be recorded of a module, and where.

    Args:
        recorder: The recorder's name, for messages.
        log_dir: The run's directory.
        x: The samples.
        labels: One label a sample.
        options: As in `EmbeddingRecorder`.

    Raises:
        MisuseError: The arguments do not fit each other.
    """

    def __init__(
        self,
        recorder: str,
        log_dir: str | Path,
        x: Any,
        labels: Any = None,
        **options: Unpack[PlanOptions],
    ) -> None:
        unknown = sorted(set(options) - set(PlanOptions.__annotations__))
        if unknown:
            raise MisuseError(
                no_such("argument", unknown[0], PlanOptions.__annotations__, recorder)
            )
        check_order(log_dir, x, labels, recorder)
        self._shard = checked_shard(options.get("shard"), log_dir)
        whole = RecordingOptions(
            log_dir=checked_log_dir(log_dir),
            schedule=parse_schedule(options.get("save_freq", "epoch")),
            max_to_keep=checked_max_to_keep(options.get("max_to_keep")),
            dtype=checked_dtype(options.get("dtype", "float32")),
            on_snapshot=options.get("on_snapshot"),
            on_existing=checked_on_existing(options.get("on_existing", "auto")),
            verbose=options.get("verbose", True),
            recorder=recorder,
        )
        self._options = of_worker(whole, self._shard)
        self._trace = partial(
            trace_module,
            layers=checked_layers(options.get("layers", "auto")),
            pooling=options.get("pooling", "auto"),
            outputs=checked_outputs(options.get("outputs", "auto")),
            forward=options.get("forward"),
            batch_size=checked_batch_size(options.get("batch_size")),
        )
        self._samples = prepare_samples(
            x,
            floatx="float32",
            labels=labels,
            images=options.get("images"),
            metadata=options.get("metadata"),
            image_shape=options.get("image_shape"),
            invert_images=options.get("invert_images", False),
            class_names=options.get("class_names"),
            max_samples=options.get("max_samples"),
            seed=options.get("seed", 0),
        )
        self._has_overwritten = False

    @property
    def counts_batches(self) -> bool:
        """Whether batches decide when a snapshot is due, not epochs."""
        return self._options.schedule.unit == "batch"

    @property
    def is_of_a_worker(self) -> bool:
        """Whether each of several processes records a part."""
        return self._shard is not None

    def begin(
        self,
        module: Any,
        owner: object,
        *,
        epoch: int = 0,
        params: Mapping[str, Any] | None = None,
        iterations: Callable[[], int | None] | None = None,
    ) -> RecordedTraining | None:
        """Begins to record a training; a failure becomes a warning.

        Args:
            module: The trained module.
            owner: The object without which the training is over.
            epoch: Number of its first epoch.
            params: What is known of it, as `RecordedTraining` takes it.
            iterations: Returns the optimizer's updates.

        Returns:
            The training, None where it cannot be recorded.

        Raises:
            MisuseError: Layers or samples do not fit the module, or `log_dir` is a file.
        """
        interrupt_abandoned_trainings()
        options = self._options
        refuse_file(options.log_dir)
        module = bare_module(module)
        sharded = _sharded_by(module)
        if sharded:
            warn(
                f"{options.recorder} records nothing: the module's weights are spread over "
                f"processes ({sharded}), so none can pass the samples alone. The training "
                "goes on."
            )
            return None
        try:
            forward = self._trace(module, x=self._samples.x)
            training = RecordedTraining(
                TrainedModule(module, options.recorder, iterations),
                params or {},
                options,
                self._samples,
                forward,
                partial(LoopCall, owner),
                destination=destination_of(options, self._shard, self._samples),
            )
        except EmbedError:
            raise
        except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
            reason = failure_words(error, options.log_dir)
            warn(f"{options.recorder} records nothing: {reason}. The training goes on.")
            return None
        training.begin(epoch, "auto" if self._has_overwritten else options.on_existing)
        self._has_overwritten = options.on_existing == "overwrite"
        return training


class LoopCall:
    """A training loop, which is over when nobody has its recorder any more.

    Args:
        owner: The recorder.
        on_abandoned: Called when it is gone, at the latest when Python ends.
    """

    def __init__(self, owner: object, on_abandoned: Callable[[], None]) -> None:
        self._finalizer = weakref.finalize(owner, on_abandoned)

    @property
    def is_running(self) -> bool:
        """Whether the recorder is still there."""
        return self._finalizer.alive

    def call_at_end(self, then: Callable[[], None]) -> bool:
        """Returns False: there are no other callbacks."""
        return False

    def close(self) -> None:
        """Forgets the recorder."""
        self._finalizer.detach()


def _sharded_by(module: Any) -> str:
    """Returns what spreads a module's weights over processes, empty where nothing does."""
    if any(type(part).__name__ == "FullyShardedDataParallel" for part in module.modules()):
        return "FullyShardedDataParallel"
    for parameter in module.parameters():
        if type(parameter).__name__ == "DTensor" or hasattr(parameter, "ds_id"):
            return "DTensor or DeepSpeed ZeRO"
    return ""
