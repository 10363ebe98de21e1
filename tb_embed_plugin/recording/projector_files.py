"""The files of the stock Projector, one by one, as TensorFlow's tutorial has them written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import is_address, local_path
from tb_embed_plugin.remote.storage import Storage
from tb_embed_plugin.runs.folder import made
from tb_embed_plugin.runs.images import read_images
from tb_embed_plugin.runs.manifest import SpriteInfo
from tb_embed_plugin.runs.scratch_folder import scratch_folder
from tb_embed_plugin.runs.sprites import write_sheet
from tb_embed_plugin.runs.tables.metadata_table import index_column, label_column, write_table


def write_sprite_image(
    path: str | Path, images: ArrayLike, *, invert_images: bool = False
) -> SpriteInfo:
    """Writes the sheet of `images` as a PNG.

    Args:
        path: The file, `sprite_images.png` say, or its address.
        images: (n_samples, height, width), or with 1, 3 or 4 channels as the last axis, or
            else as the second; uint8, or floating point in [0, 1].
        invert_images: Turns light into dark; an alpha channel stays.

    Returns:
        The geometry of the sheet.

    Raises:
        MisuseError: `images` is of another shape, type or range; the address needs what is not
            installed.
        StorageError: The address cannot be written.
        OSError: The file cannot be written.
    """
    with _written(path) as file:
        return write_sheet(file, read_images(images, invert_images=invert_images))


def write_metadata(path: str | Path, labels: ArrayLike) -> None:
    """Writes the metadata of labeled samples: a column `index` and a column `label`.

    Args:
        path: The file, `metadata.tsv` say, or its address.
        labels: One label a sample, numbers or strings (n_samples,).

    Raises:
        MisuseError: `labels` has more than one dimension; the address needs what is not
            installed.
        StorageError: The address cannot be written.
        OSError: The file cannot be written.
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise MisuseError(
            f"labels has shape {values.shape}, not (n_samples,); pass one per sample"
        )
    with _written(path) as file:
        columns = [index_column(len(values)), label_column(values.tolist())]
        write_table(made(file.parent) / file.name, columns)


@contextmanager
def _written(path: str | Path) -> Iterator[Path]:
    """Yields the file to write; one for an address is uploaded when the `with` block ends."""
    if not is_address(path):
        yield local_path(path, "path")
        return
    storage = Storage(str(path).rpartition("/")[0])
    name = str(path).rpartition("/")[2]
    with scratch_folder() as folder:
        yield folder / name
        storage.put(name, folder / name)
