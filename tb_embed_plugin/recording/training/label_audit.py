"""The table of possible label errors that `audit=True` logs at the end of `fit`."""

from __future__ import annotations

from pathlib import Path

from tb_embed_plugin.analysis.open_run import OpenRun
from tb_embed_plugin.recording.training.console import failure_words, log_line, warn
from tb_embed_plugin.remote.local_copy import directory_of
from tb_embed_plugin.remote.staging import shown
from tb_embed_plugin.runs.logdir import Logdir


def log_label_errors(run_dir: Path) -> None:
    """Logs how many labels of the recorded samples are expected to be wrong, and the first.

    Of several layers the last is asked. Never raises: the training has ended well.
    """
    try:
        run = OpenRun(Logdir(directory_of(shown(run_dir)), lambda: ["."]).run("."))
        name = run.layers[-1]
        log_line(f"By layer {name!r}: {run.layer(name).label_errors().table()}")
    except Exception as error:  # noqa: BLE001 # whatever it is, fit has to return
        warn(
            f"EmbeddingCheckpoint could not look for label errors: "
            f"{failure_words(error, run_dir)}. The run is recorded in full."
        )
