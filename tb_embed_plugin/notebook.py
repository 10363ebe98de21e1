"""A recorded run in a notebook: arrays and, where pandas is there, data frames.

See docs/analysis.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.analysis.open_run import OpenRun
from tb_embed_plugin.remote.local_copy import directory_of
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run


def open_run(logdir: str | Path, run: str = ".") -> OpenRun:
    """Opens a recorded run; nothing is read before it is asked for, nothing ever written.

    Args:
        logdir: TensorBoard's log directory, or an address such as `s3://bucket/logs`.
        run: The run's name, its path below `logdir`.

    Raises:
        MisuseError: The address is unknown, or needs `tb-embed-plugin[remote]`.
        NotRecordedError: There is no such run.
        UnreadableError: It is damaged, or the address cannot be read (StorageError).
    """
    directory = directory_of(logdir, with_models=True)
    return OpenRun(Logdir(directory, lambda: [run]).run(run), _activations_of)


def _activations_of(run: Run, step: int, inputs: Any) -> dict[str, NDArray[np.float32]]:
    # Keras and its backend take seconds to import, which only a kept model is worth.
    from tb_embed_plugin.recording.kept_model.kept_pass import activations_of

    return activations_of(run, step, inputs)
