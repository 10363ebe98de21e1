"""Whether what a loop records continues the run that a directory holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.runs.manifest import Layer, Manifest, OutputsInfo
from tb_embed_plugin.wording import listed

_REMEDY = "pass overwrite=True to delete the run, or record into another directory"


def check_continuation(
    recorded: Manifest, layers: Sequence[Layer], count: int, fingerprint: str | None
) -> None:
    """Raises where layers or samples are others than the run's.

    Args:
        recorded: The run.
        layers: The layers.
        count: Number of samples.
        fingerprint: Hash of the samples, None where they are known to be the run's.

    Raises:
        MisuseError: They are.
    """
    if recorded.layers != tuple(layers) or recorded.samples != count:
        raise MisuseError(
            f"the run has the layers {_layers_in_words(recorded.layers)} of "
            f"{recorded.samples} samples, but these are {_layers_in_words(layers)} of "
            f"{count} samples; {_REMEDY}"
        )
    if fingerprint is not None and recorded.fingerprint != fingerprint:
        raise MisuseError(
            f"the labels or metadata differ from those that the run began with; {_REMEDY}"
        )


def check_step(recorded: Manifest, step: int) -> None:
    """Raises where a step does not come after the run's last one.

    Raises:
        MisuseError: It does not.
    """
    last = recorded.steps[-1].step if recorded.steps else -1
    if step <= last:
        raise MisuseError(
            f"step {step} does not come after {last}, the last one recorded; {_REMEDY}"
        )


def check_outputs(recorded: OutputsInfo | None, now: OutputsInfo | None) -> None:
    """Raises where a snapshot has other outputs than the run began with.

    Raises:
        MisuseError: It has, or its classes have other names.
    """
    if _has_other_names(recorded, now):
        raise MisuseError(
            f"class_names are not those that the run began with ({_names_in_words(recorded)}); "
            f"leave them out, or {_REMEDY}"
        )
    began = None if recorded is None else replace(recorded, names=None)
    now = None if now is None else replace(now, names=None)
    if began != now:
        raise MisuseError(
            f"the run began with {_outputs_in_words(began)}, but this call has "
            f"{_outputs_in_words(now)}; pass outputs, outputs_kind and head in every call "
            "alike, or record into another directory"
        )


def other_names_notice(recorded: OutputsInfo | None, now: OutputsInfo | None) -> str | None:
    """Returns that a training gives other names to the classes of its run, else None."""
    if not _has_other_names(recorded, now):
        return None
    return (
        f"class_names are not those that the run began with ({_names_in_words(recorded)}), "
        "which it keeps. Pass on_existing='new' to record another run with them."
    )


def _has_other_names(recorded: OutputsInfo | None, now: OutputsInfo | None) -> bool:
    """Whether classes are given names that are not the run's."""
    if recorded is None or now is None or now.names is None:
        return False
    return recorded.classes == now.classes and recorded.names != now.names


def _names_in_words(info: OutputsInfo | None) -> str:
    return listed(info.names or ()) if info is not None else "none"


def _layers_in_words(layers: Sequence[Layer]) -> str:
    return ", ".join(f"{layer.name} ({layer.units} units)" for layer in layers) or "none"


def _outputs_in_words(info: OutputsInfo | None) -> str:
    if info is None:
        return "no outputs"
    head = "no head" if info.head is None else f"the head that {info.head!r} feeds"
    return f"{info.kind} of {info.classes} classes and {head}"
