"""Facts of a table of metadata, which show whether another table is about the same samples.

Tables that `add_embedding` was given at different steps may differ because a column changes
(predictions) or because the samples do. A table's facts are small, and remembered until its
file changes, so that many tables can be held against one another.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.manifest import ColumnType
from tb_embed_plugin.runs.tables.column_types import MAX_CATEGORIES
from tb_embed_plugin.runs.tables.metadata_inference import read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column

_MAX_REMEMBERED = 4096
_QUANTILES = (0.02, 0.98)
"""A few extreme values must not flatten the colors of all others."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column of one table.

    Attributes:
        type: What its cells hold.
        digest: Hash of its cells.
        names_samples: Whether each cell is there, is no fraction, and is like no other.
        differs_within: Whether it holds more than one value.
        is_numeric: Whether each cell that is there is a number.
        counts: How often each word comes, empty where there are more than `MAX_CATEGORIES`.
        limits: The 2 % and 98 % quantiles of its numbers, or of its dates in seconds since 1970
            in UTC; None where there are none.
    """

    type: ColumnType
    digest: str
    names_samples: bool
    differs_within: bool
    is_numeric: bool
    counts: Mapping[str, int]
    limits: tuple[float, float] | None


TableFacts = Mapping[str, ColumnFacts]
"""The columns of a table by name, in their order."""


@dataclass(frozen=True)
class Said:
    """What reading a table has to say, one sentence each: as `InferredTable`."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def table_facts(table: Path, n_samples: int) -> TableFacts | None:
    """Returns the facts of a table, None where it cannot be read or has other rows."""
    return _known(table, n_samples, stamp_of(table))[0]


def said_of(table: Path, n_samples: int) -> Said:
    """Returns the notes and problems of a table, none where it cannot be read."""
    return _known(table, n_samples, stamp_of(table))[1]


@lru_cache(maxsize=_MAX_REMEMBERED)
def _known(table: Path, n_samples: int, stamp: Stamp) -> tuple[TableFacts | None, Said]:
    if stamp is None:
        return None, Said()
    try:
        read = read_inferred_table(table, n_samples)
    except UnreadableError:
        return None, Said()  # whoever shows the table says so
    said = Said(tuple(read.problems), tuple(read.notes))
    if read.rows != n_samples:
        return None, said
    facts = {column.name: column_facts(column) for column in read.columns}
    return MappingProxyType(facts), said


def column_facts(column: Column) -> ColumnFacts:
    """Returns the facts of a column."""
    counts = Counter(column.cells)
    words = [word for word in counts if word]
    numbers = [as_number(word) for word in words]
    is_numeric = None not in numbers
    known = [number for number in numbers if number is not None and math.isfinite(number)]
    is_whole = all(number.is_integer() for number in known)
    return ColumnFacts(
        type=column.type,
        digest=digest_of(column.cells),
        names_samples=len(words) == len(column.cells) and (is_whole or not is_numeric),
        differs_within=len(counts) > 1,
        is_numeric=is_numeric,
        counts=MappingProxyType(
            {word: counts[word] for word in words} if len(words) <= MAX_CATEGORIES else {}
        ),
        limits=_limits(column, is_numeric=is_numeric),
    )


def are_same_samples(
    a: TableFacts, b: TableFacts, same_images: Callable[[], bool | None]
) -> bool:
    """Whether two tables are known to be about the same samples in the same order.

    A column that names each sample and is the same in both says yes. Otherwise the thumbnails
    decide. Where there are none, a column that is the same in both (labels, say) says yes,
    unless another one names each sample and differs: then the samples may be others that
    happen to have the same labels, as where both are sorted by them.

    Args:
        a: The facts of one table.
        b: Those of the other.
        same_images: Whether the thumbnails are the same, None where either has none.
    """
    common = [(a[name], b[name]) for name in a if name in b]
    same = [one for one, other in common if one.digest == other.digest]
    if any(one.names_samples for one in same):
        return True
    images = same_images()
    if images is not None:
        return images
    if any(
        one.names_samples and other.names_samples
        for one, other in common
        if one.digest != other.digest
    ):
        return False
    return any(one.differs_within for one in same)


def digest_of(cells: Sequence[str]) -> str:
    """Returns the hash by which columns are compared."""
    return hashlib.sha256("\t".join(cells).encode(errors="surrogatepass")).hexdigest()


def as_number(word: str) -> float | None:
    """Returns the number that a cell holds, None where it holds none."""
    try:
        return float(word)
    except ValueError:
        return None


def _limits(column: Column, *, is_numeric: bool) -> tuple[float, float] | None:
    if column.type == "date":
        values = column.dates()
    elif is_numeric:
        values = np.array([float(cell) for cell in column.cells if cell])
    else:
        return None
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, _QUANTILES)
    return float(low), float(high)
