"""The callback's options, checked when it is created."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import is_address
from tb_embed_plugin.metadata import OutputsChoice
from tb_embed_plugin.recording.options.natural_number import natural_number
from tb_embed_plugin.recording.options.schedule import Schedule
from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.remote.staging import recording_place
from tb_embed_plugin.wording import as_typed, must_be_one_of

OnExisting = Literal["auto", "continue", "new", "overwrite"]


@dataclass(frozen=True)
class RecordingOptions:
    """The options of a recording: where, when and how.

    Attributes:
        log_dir: The run's directory, or its address, as the user passed it.
        schedule: When a snapshot is due.
        max_to_keep: Snapshots kept, None for all.
        dtype: The dtype of stored activations.
        on_snapshot: Called with the step and the tensors of each snapshot.
        on_existing: What happens to a run that `log_dir` holds.
        verbose: Whether lines are logged; "auto" to follow `fit`.
        audit: Whether possible label errors are logged at the end.
        recorder: The recorder's name, for messages.
    """

    log_dir: str | Path
    schedule: Schedule
    max_to_keep: int | None
    dtype: np.dtype[np.generic]
    on_snapshot: Callable[[int, Tensors], None] | None
    on_existing: OnExisting
    verbose: bool | Literal["auto"]
    audit: bool = False

    def is_verbose(self, params: Mapping[str, Any]) -> bool:
        """Whether lines are logged of a training of which `params` are known."""
        return bool(params.get("verbose", 1) if self.verbose == "auto" else self.verbose)

    recorder: str = "EmbeddingCheckpoint"


def checked_log_dir(log_dir: str | Path) -> str | Path:
    """Returns the run's directory, or its address, which is asked whether it can be read.

    Raises:
        MisuseError: It is no path, or the address is of no run or needs what is not installed.
        StorageError: There is no such bucket, there are no credentials, or no connection.
        OSError: The user's cache, in which a run for an address waits, cannot be written.
    """
    place = recording_place(log_dir, "log_dir")
    return log_dir if is_address(log_dir) else place


def check_order(
    log_dir: Any, x: Any, labels: Any, recorder: str = "EmbeddingCheckpoint"
) -> None:
    """Raises where the first three arguments are in the wrong order.

    Raises:
        MisuseError: `x` and `log_dir` are swapped, or `labels` is the name of a layer.
    """
    if isinstance(x, str | Path) and not isinstance(log_dir, str | Path):
        raise MisuseError(
            f"log_dir comes first and x second, but x is {str(x)!r} and log_dir of type "
            f"{type(log_dir).__name__}; swap them: {recorder}({str(x)!r}, x)"
        )
    if isinstance(x, str | Path):
        raise MisuseError(
            f"x must be the samples, such as an array, not the path {str(x)!r}; load it first"
        )
    if isinstance(labels, str):
        raise MisuseError(
            f"labels must be one per sample, not {labels!r}; did you mean layers={labels!r}?"
        )


def checked_layers(layers: Any) -> tuple[Any, ...]:
    """Returns the requested layers: names, paths, patterns, or Keras layers themselves.

    Raises:
        MisuseError: There is none, or one twice.
    """
    alone = isinstance(layers, str) or not isinstance(layers, Iterable)
    asked = (layers,) if alone else tuple(layers)
    unique = {one if isinstance(one, str) else id(one) for one in asked}
    if not asked or len(unique) != len(asked):
        raise MisuseError(
            f"layers must name one or several different layers, not {as_typed(layers)}; "
            "name each layer once"
        )
    return asked


def checked_max_to_keep(max_to_keep: Any) -> int | None:
    """Returns the number of snapshots to keep, None for all.

    Raises:
        MisuseError: It is less than the two that always stay.
    """
    number = natural_number(max_to_keep)
    if max_to_keep is not None and (number is None or number < 2):
        raise MisuseError(
            f"max_to_keep must be at least 2, or None, not {as_typed(max_to_keep)}"
        )
    return number


def checked_on_existing(on_existing: str) -> OnExisting:
    """Returns what happens to an existing run.

    Raises:
        MisuseError: The value is unknown.
    """
    if on_existing not in get_args(OnExisting):
        raise MisuseError(must_be_one_of("on_existing", on_existing, get_args(OnExisting)))
    return cast("OnExisting", on_existing)


def checked_batch_size(batch_size: int | None) -> int | None:
    """Returns the number of samples of a batch, None for as many as memory allows.

    Raises:
        MisuseError: It is not a whole number of at least 1.
    """
    number = None if batch_size is None else natural_number(batch_size)
    if batch_size is not None and not number:
        raise MisuseError(
            f"batch_size must be a whole number of at least 1, not {as_typed(batch_size)}; "
            "leave it out to let memory decide"
        )
    return number


def checked_outputs(outputs: Any) -> OutputsChoice:
    """Returns the kind of the model's outputs.

    Raises:
        MisuseError: The value is unknown.
    """
    if outputs not in {"auto", "logits", "probabilities", None}:
        raise MisuseError(
            must_be_one_of("outputs", outputs, ["auto", "logits", "probabilities", None])
        )
    return cast(OutputsChoice, outputs)
