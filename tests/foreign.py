"""Logs as others write them, by their own programs: TensorFlow's two ways of saving, Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image
from tensorboard.plugins import projector

from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.run import Run

v1 = tf.compat.v1

IMAGES = 10
"""Steps of the tutorial's checkpoints."""


def save_by_saver(
    folder: Path,
    snapshots: Mapping[int | None, Mapping[str, NDArray[Any]]],
    parts: int = 1,
    *,
    shards: bool = False,
) -> Path:
    """Saves variables by `tf.compat.v1.train.Saver`, once a step.

    Args:
        folder: Where to.
        snapshots: Values by the variables' names, by global step, None for no step.
        parts: Partitions of each variable.
        shards: Two devices and a data file for each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = next(iter(snapshots.values()))
    with tf.Graph().as_default():
        partitioner = v1.fixed_size_partitioner(parts) if parts > 1 else None
        variables = {}
        for i, (name, value) in enumerate(first.items()):
            with tf.device(f"/cpu:{i % 2 if shards else 0}"):
                variables[name] = v1.get_variable(
                    name,
                    value.shape,
                    tf.as_dtype(value.dtype),
                    initializer=tf.zeros_initializer(),
                    partitioner=partitioner,
                )
        fed = {name: v1.placeholder(x.dtype, x.shape) for name, x in first.items()}
        assign = [_assign(variables[name], fed[name]) for name in first]
        saver = v1.train.Saver(max_to_keep=None, sharded=shards)
        with v1.Session(config=v1.ConfigProto(device_count={"CPU": 2})) as session:
            session.run(v1.global_variables_initializer())
            for step, values in snapshots.items():
                session.run(assign, {fed[name]: value for name, value in values.items()})
                saver.save(session, str(folder / "model.ckpt"), global_step=step)
    return folder


def _assign(variable: Any, value: Any) -> Any:
    if not hasattr(variable, "_variable_list"):
        return v1.assign(variable, value)
    parts = list(variable)
    sizes = [part.shape[0] for part in parts]
    return tf.group(
        *(v1.assign(p, v) for p, v in zip(parts, tf.split(value, sizes), strict=True))
    )


def save_by_checkpoint(
    folder: Path, snapshots: Sequence[NDArray[Any]], name: str = "embedding"
) -> Path:
    """Saves a variable by `tf.train.CheckpointManager`, which counts from 1."""
    variable = tf.Variable(snapshots[0], shape=tf.TensorShape(None))
    checkpoint = tf.train.Checkpoint(**{name: variable})
    manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=None)
    for snapshot in snapshots:
        variable.assign(snapshot)
        manager.save()
    return folder


def write_tutorial(folder: Path, images: NDArray[np.uint8], labels: NDArray[Any]) -> Any:
    """Writes what the original tutorial on MNIST does.

    Ten checkpoints of the variable `images`, a table of number and label without a header, a
    square sheet, and a configuration that names the last checkpoint.

    Returns:
        The values by step.
    """
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, 16))
    values = {
        step: (
            centres[labels] * step / IMAGES + rng.normal(size=(len(labels), 16)) * 0.3
        ).astype(np.float32)
        for step in range(1, IMAGES + 1)
    }
    save_by_saver(folder, {step: {"images": value} for step, value in values.items()})
    rows = (f"{i}\t{label}\n" for i, label in enumerate(labels))
    (folder / "metadata.tsv").write_text("".join(rows))
    side = int(np.ceil(np.sqrt(len(images))))
    write_sheet(folder / "sprite.png", images, side)
    config = projector.ProjectorConfig()
    config.model_checkpoint_path = f"/home/somebody/logs/model.ckpt-{IMAGES}"
    embedding = config.embeddings.add()
    embedding.tensor_name = "images:0"
    embedding.metadata_path = "/home/somebody/logs/metadata.tsv"
    embedding.sprite.image_path = "sprite.png"
    embedding.sprite.single_image_dim.extend(images.shape[:0:-1])
    projector.visualize_embeddings(str(folder), config)
    return values


def write_sheet(path: Path, images: NDArray[np.uint8], columns: int) -> None:
    """Writes images (n, height, width) in rows of `columns`, in the kind that `path` names."""
    n, height, width = images.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * height, columns * width), np.uint8)
    for i, image in enumerate(images):
        row, column = divmod(i, columns)
        sheet[row * height :, column * width :][:height, :width] = image
    Image.fromarray(sheet).save(path)


def open_run(folder: Path) -> Run:
    """Returns the run that a directory is."""
    return Logdir(folder, list).run(".")
