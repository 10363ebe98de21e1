"""The models kept with a training's snapshots: a failure is one warning, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol

from tb_embed_plugin.recording.options.tensors import Tensors
from tb_embed_plugin.recording.training.console import failure_words, warn
from tb_embed_plugin.runs.kept_models import KeptPass
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.writer import RunWriter


class ModelKeeper(Protocol):
    """What takes the model of each snapshot, and writes it."""

    @property
    def kept(self) -> KeptPass:
        """What is recorded of the model."""

    @property
    def size(self) -> int:
        """Bytes of its weights."""

    def take(self, tensors: Tensors) -> None:
        """Takes the model of the snapshot that holds `tensors`."""

    def save(self, file: BinaryIO) -> None:
        """Writes the model that was taken last; may be called by another thread."""


class KeptModels:
    """The models of a run's snapshots.

    Args:
        keeper: What keeps them; None where none are kept.
        writer: The writer of the run.
        run_dir: The run's directory, for messages.
    """

    def __init__(self, keeper: ModelKeeper | None, writer: RunWriter, run_dir: Path) -> None:
        self._keeper = keeper
        self._writer = writer
        self._run_dir = run_dir

    def take(self, tensors: Tensors) -> None:
        """Takes the model of a snapshot."""
        if self._keeper is not None:
            try:
                self._keeper.take(tensors)
            except Exception as error:  # noqa: BLE001 # whatever it is, training must go on
                self._stop_after(error)

    def write(self, step: Step) -> None:
        """Writes the model that was taken last."""
        if self._keeper is not None:
            try:
                self._writer.write_model(step, self._keeper.kept, self._keeper.save)
            except Exception as error:  # noqa: BLE001 # the snapshot is worth more
                self._stop_after(error)

    def _stop_after(self, error: Exception) -> None:
        self._keeper = None
        warn_not_kept(error, self._run_dir)


def warn_not_kept(error: Exception, run_dir: str | Path) -> None:
    """Warns that no models are kept from now on, and says what cannot be placed then."""
    warn(
        f"EmbeddingCheckpoint keeps no model with the snapshots from now on: "
        f"{failure_words(error, run_dir)}. New samples cannot be placed at these steps by "
        "their inputs, but by their activations. The training goes on, and is recorded."
    )
