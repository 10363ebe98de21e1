"""Writes a TensorFlow checkpoint whose tensors bear plain names.

The one module of `runs` that imports TensorFlow, and only when it writes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import CHECKPOINT_STATE_FILE, MANIFEST_FILE
from tb_embed_plugin.runs.atomic import write_bytes

_WRITING_FOLDER = "writing"


def write_checkpoint(
    run_dir: Path, name: str, tensors: Mapping[str, NDArray[np.generic]]
) -> None:
    """Writes `<run_dir>/<name>.data-…` and then `.index`, each complete or absent.

    Args:
        run_dir: The run.
        name: File name prefix of the checkpoint.
        tensors: Values by tensor name, stored with their own dtype and shape.

    Raises:
        OSError: The files cannot be written; nothing named `name` has appeared then.
    """
    import tensorflow as tf

    folder = (run_dir / MANIFEST_FILE).parent / _WRITING_FOLDER
    # What a killed process left there is not to be taken for ours.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with tf.device("CPU"):
            tf.raw_ops.SaveV2(
                prefix=str(folder / name),
                tensor_names=list(tensors),
                shape_and_slices=[""] * len(tensors),
                tensors=list(tensors.values()),
            )
        # The index makes the checkpoint visible, so it comes last. The folder itself is not
        # flushed: the manifest, which alone lists the step, is written and flushed after this.
        for file in sorted(folder.glob(f"{name}.*"), key=_index_last):
            _flush(file)
            file.replace(run_dir / file.name)
    except tf.errors.OpError as error:
        raise OSError(f"TensorFlow could not write {name}: {error.message}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep_tensorflow_off_gpus() -> None:
    """Leaves the GPUs' memory to others; to be called before TensorFlow's first use.

    Where TensorFlow is in use already, its devices are the caller's business and stay.
    """
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):
        tf.config.set_visible_devices([], "GPU")


def write_checkpoint_state(run_dir: Path, names: list[str]) -> None:
    """Writes the file `checkpoint`, by which TensorFlow finds the newest of `names`.

    The names are relative, so that the run can be moved. The file is a CheckpointState
    in text form; TensorFlow's own function for it is deprecated and says so on every call.
    """
    lines = [f'model_checkpoint_path: "{names[-1]}"'] if names else []
    lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
    content = "".join(f"{line}\n" for line in lines)
    # Not flushed by itself: the manifest is, right after, and no reader of ours needs this.
    write_bytes(run_dir / CHECKPOINT_STATE_FILE, content.encode(), flush=False)


def _index_last(file: Path) -> tuple[bool, str]:
    return file.suffix == ".index", file.name


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
