"""The callback's small options, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.recording.outputs import OutputsChoice
from tb_embed_plugin.recording.recorder import Tensors
from tb_embed_plugin.recording.schedule import Schedule, natural

OnExisting = Literal["auto", "continue", "new", "overwrite"]


@dataclass(frozen=True)
class Options:
    """Where, when and how is recorded.

    Attributes:
        log_dir: The run's directory, as it was asked for.
        schedule: When a snapshot is due.
        max_to_keep: Snapshots kept, None for all.
        dtype: What activations are stored as.
        on_snapshot: Called with the step and the tensors of each snapshot.
        on_existing: What becomes of a run that `log_dir` holds.
        verbose: Whether lines are said; "auto" as `fit` says its own.
    """

    log_dir: Path
    schedule: Schedule
    max_to_keep: int | None
    dtype: np.dtype[np.generic]
    on_snapshot: Callable[[int, Tensors], None] | None
    on_existing: OnExisting
    verbose: bool | Literal["auto"]


def check_order(log_dir: Any, x: Any, labels: Any) -> None:
    """Raises where the first three arguments are others than they seem to be taken for.

    Raises:
        MisuseError: `x` and `log_dir` are swapped, or `labels` is the name of a layer.
    """
    if isinstance(x, str | Path) and not isinstance(log_dir, str | Path):
        raise MisuseError(
            f"expected log_dir first and x second; received x={str(x)!r} and log_dir of type "
            f"{type(log_dir).__name__}; swap them: EmbeddingCheckpoint({str(x)!r}, x)"
        )
    if isinstance(x, str | Path):
        raise MisuseError(
            f"expected x as the samples, an array say; received the path {str(x)!r}; load it"
        )
    if isinstance(labels, str):
        raise MisuseError(
            f"expected labels as one a sample; received {labels!r}; did you mean "
            f"layers={labels!r}?"
        )


def checked_layers(layers: Any) -> tuple[Any, ...]:
    """Returns the layers asked for: names, paths, patterns, or Keras layers themselves.

    Raises:
        MisuseError: There is none, or one twice.
    """
    alone = isinstance(layers, str) or not isinstance(layers, Iterable)
    asked = (layers,) if alone else tuple(layers)
    unique = {one if isinstance(one, str) else id(one) for one in asked}
    if not asked or len(unique) != len(asked):
        raise MisuseError(
            f"expected one layer name or several different ones; received {layers!r}; name "
            "each layer once"
        )
    return asked


def checked_max_to_keep(max_to_keep: Any) -> int | None:
    """Returns how many snapshots are kept, None for all.

    Raises:
        MisuseError: It is less than the two that always stay.
    """
    number = natural(max_to_keep)
    if max_to_keep is not None and (number is None or number < 2):
        raise MisuseError(
            f"expected max_to_keep of 2 or more, or None; received {max_to_keep!r}"
        )
    return number


def checked_on_existing(on_existing: str) -> OnExisting:
    """Returns what becomes of a run that is there.

    Raises:
        MisuseError: It is none of the words for it.
    """
    if on_existing not in get_args(OnExisting):
        raise MisuseError(
            f"expected on_existing as one of {list(get_args(OnExisting))}; received "
            f"{on_existing!r}"
        )
    return cast("OnExisting", on_existing)


def checked_batch_size(batch_size: int | None) -> int | None:
    """Returns how many samples are passed at once, None for as many as memory allows.

    Raises:
        MisuseError: It is no whole number of 1 or more.
    """
    number = None if batch_size is None else natural(batch_size)
    if batch_size is not None and not number:
        raise MisuseError(
            f"expected batch_size as a whole number of 1 or more; received {batch_size!r}; "
            "leave it out to let memory decide"
        )
    return number


def checked_outputs(outputs: Any) -> OutputsChoice:
    """Returns what the model's outputs are.

    Raises:
        MisuseError: It is nothing that they can be.
    """
    if outputs not in {"auto", "logits", "probabilities", None}:
        raise MisuseError(
            f'expected outputs "auto", "logits", "probabilities" or None; received {outputs!r}'
        )
    return cast(OutputsChoice, outputs)
