"""Files of matrices: `.npy`, `.npz`, `.safetensors`, Parquet, CSV, text; never a pickle.

A file is opened by its ending. What it holds is known at once; its values are read one matrix
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.commands.damaged_files import DAMAGE
from tb_embed_plugin.commands.importing.csv_vectors import open_csv
from tb_embed_plugin.commands.importing.parquet import read_values, read_vectors, vector_columns
from tb_embed_plugin.commands.importing.vectors import open_vectors
from tb_embed_plugin.errors import EmbedError, MisuseError, UnreadableError
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.wording import did_you_mean

_NUMBERS = "fiub"
"""NumPy's kinds of dtype that float32 can stand for."""


@dataclass(frozen=True)
class InputFile:
    """One file, the values of some layers at one step.

    Attributes:
        path: The file.
        layers: Reads the values of each layer, float32 (n_samples, n_units).
        columns: Metadata of the samples, where the file holds some.
        notes: What was left out, one sentence each.
    """

    path: Path
    layers: Mapping[str, Callable[[], NDArray[np.float32]]]
    columns: Sequence[Column] = ()
    notes: Sequence[str] = ()


def open_input(path: Path, layers: Sequence[str], default: str) -> InputFile:
    """Opens a file.

    Args:
        path: The file.
        layers: Names of the arrays wanted, none for all; of a file of one array, its name.
        default: Name of the layer where the file does not name its array.

    Raises:
        UnreadableError: It is damaged, or of another kind than its ending says.
        MisuseError: It is of no kind that can be read, or lacks an array.
    """
    openers: Mapping[str, Callable[[Path, Sequence[str], str], InputFile]] = {
        ".npy": _open_npy,
        ".npz": _open_npz,
        ".safetensors": _open_safetensors,
        ".parquet": _open_parquet,
        ".csv": _open_csv,
        ".tsv": _open_text,
        ".txt": _open_text,
        ".vec": _open_text,
    }
    opener = openers.get(path.suffix.lower())
    if opener is None:
        raise MisuseError(
            f"{path.name} must end in {', '.join(openers)}; save the activations in one of "
            "these formats"
        )
    try:
        return opener(path, layers, default)
    except EmbedError:
        raise
    except DAMAGE as error:
        raise _damaged(path, error) from error


def _open_npy(path: Path, layers: Sequence[str], default: str) -> InputFile:
    name = _one(path, layers) or default
    # Mapped for the check alone, so that a large file is not read twice.
    np.load(path, mmap_mode="r", allow_pickle=False)
    return InputFile(
        path, {name: partial(_read, path, name, partial(np.load, path, allow_pickle=False))}
    )


def _open_npz(path: Path, layers: Sequence[str], default: str) -> InputFile:
    with np.load(path, allow_pickle=False) as archive:
        names = list(archive.files)

    def load(name: str) -> Any:
        with np.load(path, allow_pickle=False) as archive:
            return archive[name]

    return InputFile(
        path,
        {
            name: partial(_read, path, name, partial(load, name))
            for name in _chosen(path, layers, names)
        },
    )


def _open_safetensors(path: Path, layers: Sequence[str], default: str) -> InputFile:
    # NumPy's name for bfloat16 is there only once its package has been imported.
    import ml_dtypes  # noqa: F401
    from safetensors import SafetensorError, safe_open

    def load(name: str) -> Any:
        with safe_open(path, framework="np") as file:
            return file.get_tensor(name)

    try:
        with safe_open(path, framework="np") as file:
            names = list(file.keys())
    except SafetensorError as error:
        raise _damaged(path, error) from error
    return InputFile(
        path,
        {
            name: partial(_read, path, name, partial(load, name))
            for name in _chosen(path, layers, names)
        },
    )


def _open_parquet(path: Path, layers: Sequence[str], default: str) -> InputFile:
    names = _chosen(path, layers, vector_columns(path))
    columns, notes = read_values(path)
    return InputFile(
        path,
        {name: partial(_read, path, name, partial(read_vectors, path, name)) for name in names},
        columns,
        notes,
    )


def _open_text(path: Path, layers: Sequence[str], default: str) -> InputFile:
    name = _one(path, layers) or default
    vectors = open_vectors(path)
    columns = [] if vectors.words is None else [vectors.words]
    return InputFile(
        path, {name: partial(_read, path, name, vectors.read)}, columns, vectors.notes
    )


def _open_csv(path: Path, layers: Sequence[str], default: str) -> InputFile:
    name = _one(path, layers) or default
    table = open_csv(path)
    return InputFile(
        path, {name: partial(_read, path, name, table.read)}, table.columns, table.notes
    )


def _one(path: Path, layers: Sequence[str]) -> str | None:
    if len(layers) > 1:
        raise MisuseError(
            f"{path.name} holds a single array, but --layer names {', '.join(layers)}; "
            "name the layer once"
        )
    return layers[0] if layers else None


def _chosen(path: Path, layers: Sequence[str], names: Sequence[str]) -> Sequence[str]:
    missing = [layer for layer in layers if layer not in names]
    if missing or not names:
        raise MisuseError(
            f"{path.name} has no array {(missing or ['of a layer'])[0]}; its arrays: "
            f"{', '.join(names) or 'none'}{did_you_mean((missing or [''])[0], names)}"
        )
    return layers or names


def _read(path: Path, name: str, load: Callable[[], Any]) -> NDArray[np.float32]:
    """Reads an array as a layer's values.

    Raises:
        UnreadableError: The file is damaged.
        MisuseError: The array is no matrix of numbers.
    """
    from safetensors import SafetensorError

    try:
        array = np.asarray(load())
    except EmbedError:
        raise
    except (*DAMAGE, SafetensorError) as error:
        raise _damaged(path, error) from error
    is_number = array.dtype.kind in _NUMBERS or array.dtype.name == "bfloat16"
    if array.ndim != 2 or 0 in array.shape or not is_number:
        raise MisuseError(
            f"{name} of {path.name} is {array.dtype} of shape {array.shape}, but must be "
            "numbers of shape (n_samples, n_units); reshape it, or choose other arrays "
            "with --layer"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and noted as that
        return array.astype(np.float32, copy=False)


def _damaged(path: Path, error: Exception) -> UnreadableError:
    words = " ".join(str(error).split())[:120] or type(error).__name__
    return UnreadableError(
        f"{path.name} is not a readable {path.suffix} file without pickled objects "
        f"({words}); save it again"
    )
