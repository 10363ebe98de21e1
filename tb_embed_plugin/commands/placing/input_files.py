"""The files of new samples: arrays (`.npy`, `.npz`) or pictures (PNG, JPEG)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.commands.damaged_files import DAMAGE
from tb_embed_plugin.commands.placing.pictures import MAX_FILE_BYTES, SUFFIXES, PictureInput
from tb_embed_plugin.errors import MisuseError, UnreadableError
from tb_embed_plugin.jobs.kept_guests import check_number
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.wording import listed


@dataclass(frozen=True)
class NewInputs:
    """New samples, as a model takes them.

    Attributes:
        inputs: An array (n_new, ...), or arrays by the inputs' names.
        names: What each sample is called.
    """

    inputs: Any
    names: list[str]


def read_new_inputs(
    files: Sequence[Path], picture_input: Callable[[], PictureInput]
) -> NewInputs:
    """Returns the samples in some files, in the files' order.

    Args:
        files: All of one kind: `.npy`, `.npz` (one alone where it holds several inputs), or
            pictures, a sample each.
        picture_input: Returns what the model takes; called where there are pictures.

    Raises:
        MisuseError: The files are of other kinds, or do not fit each other or the model.
        UnreadableError: A file is damaged.
        OSError: A file cannot be read.
    """
    kinds = {_kind(file) for file in files}
    if len(kinds) != 1:
        raise MisuseError(
            f"the files are of several kinds ({listed(sorted(kinds))}); place one kind at a "
            "time"
        )
    if kinds == {"pictures"}:
        check_number(len(files))
        taken = picture_input()
        return NewInputs(
            np.stack([taken.read(file) for file in files]), [file.name for file in files]
        )
    arrays = [_arrays(file) for file in files]
    if any(isinstance(found, Mapping) for found in arrays):
        if len(arrays) != 1:
            raise MisuseError(
                f"{len(arrays)} files were passed, but one of them holds several arrays; place "
                "one .npz file at a time where the model has several inputs"
            )
        lengths = {name: len(rows) for name, rows in arrays[0].items()}
        if len(set(lengths.values())) != 1:
            raise MisuseError(
                f"the arrays of {files[0].name} differ in length ({lengths}); save as many "
                "rows of each"
            )
        return NewInputs(arrays[0], _numbered(files[0], next(iter(lengths.values()))))
    shapes = {rows.shape[1:] for rows in arrays}
    if len(shapes) != 1:
        raise MisuseError(
            f"the samples of the files differ in shape ({listed(sorted(shapes))}); place those "
            "of one shape"
        )
    names = [
        name
        for file, rows in zip(files, arrays, strict=True)
        for name in _numbered(file, len(rows))
    ]
    return NewInputs(np.concatenate(arrays), names)


def _kind(file: Path) -> str:
    suffix = file.suffix.lower()
    if suffix in {".npy", ".npz"}:
        return "arrays"
    if suffix in SUFFIXES:
        return "pictures"
    raise MisuseError(
        f"{file.name} must end in .npy, .npz, {listed(SUFFIXES, 'or')}; save the new samples, "
        "prepared as the recorded ones, with numpy.save"
    )


def _numbered(file: Path, count: int) -> list[str]:
    return [file.name] if count == 1 else [f"{file.name} {row}" for row in range(count)]


def _arrays(file: Path) -> Any:
    """Returns an array (n_new, ...), or several by their names."""
    with open_file(file) as opened:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnreadableError(
                f"{file.name} has {size} bytes, more than {MAX_FILE_BYTES}; place fewer samples"
            )
        try:
            found = np.load(opened, allow_pickle=False)
            if not isinstance(found, np.ndarray):
                found = {name: found[name] for name in found.files}
        except DAMAGE as error:
            raise UnreadableError(
                f"{file.name} cannot be read as arrays ({error}); save numbers, without "
                "objects, with numpy.save or numpy.savez"
            ) from error
    several: dict[str, NDArray[Any]] = found if isinstance(found, dict) else {"": found}
    for name, rows in several.items():
        if rows.ndim < 1 or not len(rows):
            raise MisuseError(
                f"{file.name} holds {name or 'an array'} of shape {rows.shape}, not (n_new, "
                "...); save one row for each new sample"
            )
    return next(iter(several.values())) if len(several) == 1 else several
