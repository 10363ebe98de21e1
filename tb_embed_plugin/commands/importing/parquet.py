"""Parquet files: columns of vectors become layers, those of one value a row metadata."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import BrokenInstallationError, MisuseError, UnreadableError
from tb_embed_plugin.recording.samples.metadata_columns import metadata_columns
from tb_embed_plugin.runs.tables.metadata_table import Column


def vector_columns(path: Path) -> list[str]:
    """Returns the names of the columns that hold a vector a row.

    Raises:
        BrokenInstallationError: pyarrow is missing.
        UnreadableError: The file is damaged.
    """
    return [field.name for field in _schema(path) if _is_vector(field.type)]


def read_vectors(path: Path, name: str) -> NDArray[Any]:
    """Returns a column of vectors, (n_rows, n_units).

    Raises:
        UnreadableError: The file is damaged.
        MisuseError: Its vectors differ in length, or some are missing.
    """
    import pyarrow.compute as pc

    column = _read(path, [name]).column(name)
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if len(lengths) != 1 or not lengths[0]:
        raise MisuseError(
            f"the vectors in column {name!r} of {path.name} differ in length "
            f"({', '.join(sorted(map(str, lengths))[:5]) or 'none'}); leave out the other "
            "rows"
        )
    numbers = pc.list_flatten(column).to_numpy()
    return np.asarray(numbers).reshape(len(column), lengths[0])


def read_values(path: Path) -> tuple[list[Column], list[str]]:
    """Returns the columns of one value a row, and what was left out, one sentence each.

    Raises:
        BrokenInstallationError: pyarrow is missing.
        UnreadableError: The file is damaged.
        MisuseError: Two columns have one name, or one has none.
    """
    schema = _schema(path)
    plain = [field.name for field in schema if not _is_nested(field.type)]
    table = _read(path, plain)
    values = {name: table.column(name).to_pylist() for name in plain}
    # What pandas writes beside the rows; a run has such a column anyway.
    values = {
        name: cells
        for name, cells in values.items()
        if name not in {"index", "__index_level_0__"} or cells != list(range(len(cells)))
    }
    notes = [
        f"{path.name}: the column {field.name!r} is left out, since it holds {field.type}"
        for field in schema
        if _is_nested(field.type) and not _is_vector(field.type)
    ]
    return metadata_columns(values, len(table), None), notes


def _schema(path: Path) -> Any:
    return _opened(path).schema_arrow


def _read(path: Path, names: Sequence[str]) -> Any:
    import pyarrow as pa

    try:
        return _opened(path).read(columns=list(names))
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _opened(path: Path) -> Any:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise BrokenInstallationError(
            f"reading {path.name} needs pyarrow, which is not installed; run pip install "
            "'tb-embed-plugin[parquet]'"
        ) from error
    try:
        return parquet.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _is_nested(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind))


def _is_vector(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(test(kind) for test in tests):
        return False
    return bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _damaged(path: Path, error: Exception) -> UnreadableError:
    words = " ".join(str(error).split())[:120]
    return UnreadableError(
        f"{path.name} is not a readable Parquet file ({words}); save it again"
    )
