"""Matrices in files of their own, as `add_embedding` writes them: decimal numbers, or float32.

A table of numbers is large and slow to parse, so its shape comes from counting its lines, and
what was parsed is kept while memory for it lasts, by the file's stamp.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.file_stamps import Stamp, stamp_of
from tb_embed_plugin.runs.foreign.number_lines import NumberLines, count_lines
from tb_embed_plugin.runs.foreign.number_spelling import are_plain_numbers
from tb_embed_plugin.runs.foreign.parsed_tables import parsed_tables
from tb_embed_plugin.runs.reading import open_file
from tb_embed_plugin.runs.stored_rows import FileRows, Place
from tb_embed_plugin.runs.tables.text import shown
from tb_embed_plugin.snapshot import Snapshot

MAX_TEXT_BYTES = 1 << 30
"""A larger table of numbers is not read; it would take ten seconds."""

MAX_LINE_BYTES = 1 << 22
"""A row of 4,096 numbers has at most some 100,000 bytes."""

_BLOCK_BYTES = 1 << 24
_HEAD_BYTES = 1 << 20
_HEAD_LINES = 50


@dataclass(frozen=True)
class TensorFile:
    """A matrix in a file of its own, one row a sample.

    Attributes:
        path: The file, inside of its run.
        stamp: Of the file as it was when its shape was read.
        shape: Rows and columns.
        binary: Whether it is float32 in rows, little-endian, and not a table in decimal digits.
        notes: What its first lines were taken for, one sentence each.
        problems: What of this is a guess, one sentence each.
    """

    path: Path
    stamp: Stamp
    shape: tuple[int, int]
    binary: bool
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path, shape: Sequence[int]) -> TensorFile:
        """Looks at a file without parsing it.

        Args:
            path: The file; `.tsv` and `.txt` are tables, as is any without a `shape`.
            shape: Rows and columns as the configuration says, empty where it does not.

        Raises:
            UnreadableError: It is missing, empty, too large or of another shape.
        """
        stamp = stamp_of(path)
        if stamp is None:
            raise _unreadable(path, "a file of numbers", "missing")
        binary = path.suffix not in {".tsv", ".txt"} and (
            len(shape) > 0 or path.suffix == ".bytes"
        )
        if not binary:
            table_shape = _table_shape(path, stamp)
            notes, problems = _first_lines(path, stamp)
            return cls(path, stamp, table_shape, binary=False, notes=notes, problems=problems)
        if len(shape) != 2 or 0 in shape:
            raise _unreadable(
                path,
                "a matrix of rows and columns",
                f"given the tensor_shape {list(shape)}",
                _shape_remedy(shape),
            )
        rows, columns = shape
        size = 4 * rows * columns
        if stamp[1] != size:
            raise _unreadable(path, f"{rows} x {columns} float32, {size} bytes", _size(stamp))
        return cls(path, stamp, (rows, columns), binary=True)

    @property
    def wall_time(self) -> float:
        """When it was written, seconds since 1970."""
        return 0.0 if self.stamp is None else self.stamp[0] / 1e9

    def read(self) -> Snapshot:
        """Returns the values, float32 of `shape`.

        Raises:
            UnreadableError: The file is damaged, or has changed since `open`.
        """
        if stamp_of(self.path) != self.stamp:
            raise _unreadable(
                self.path, "the file that was listed", "another", "reload the page"
            )
        if not self.binary:
            return parsed_tables.get((self.path, self.stamp), self._parse)
        return FileRows(self.path, Place("<f4", self.shape, 0))

    def _parse(self) -> NDArray[np.float32]:
        values = np.empty(self.shape, np.float32)
        row = 0
        form = _form(self.path)
        try:
            line, skipped = 1, form.skipped
            for whole in _blocks_of_lines(self.path):
                block = whole.split(b"\n", skipped)[-1]
                numbers = _numbers(block, form, line + skipped)
                line, skipped = line + whole.count(b"\n") + 1, 0
                with np.errstate(over="ignore"):  # infinity is what float32 makes of it
                    values[row : row + len(numbers)] = numbers
                row += len(numbers)
        except OSError as error:
            raise _unreadable(self.path, "a table", type(error).__name__) from error
        except ValueError as error:
            raise _unreadable(
                self.path,
                f"{self.shape[1]} numbers per row, separated by tabs",
                f"damaged after row {row} ({str(error)[:120]})",
            ) from error
        if row != len(values):
            raise _unreadable(self.path, f"{len(values)} rows", f"a table of {row} rows")
        values.flags.writeable = False
        return values


@lru_cache(maxsize=1 << 16)
def _table_shape(path: Path, stamp: Stamp) -> tuple[int, int]:
    """Returns rows and columns of a table; remembered as long as its stamp stays."""
    if stamp is not None and stamp[1] > MAX_TEXT_BYTES:
        raise _unreadable(
            path,
            f"a table of at most {MAX_TEXT_BYTES} bytes",
            _size(stamp),
            "write it as float32 with a tensor_shape, or import it with tb-embed import",
        )
    form = _form(path)
    rows, last = -int(form.headed), b""
    try:
        for block in _blocks_of_lines(path):
            rows += count_lines(block)
            last = block.rstrip().rpartition(b"\n")[2] or last
    except OSError as error:
        raise _unreadable(path, "a table", type(error).__name__) from error
    # A file that was cut short mostly ends within a row.
    if len(form.cells(last)) != form.columns or NumberLines.of([last]) is None:
        raise _unreadable(
            path, f"{form.columns} numbers in each row", "a table whose last row differs"
        )
    return rows, form.columns


@lru_cache(maxsize=1 << 16)
def _first_lines(path: Path, stamp: Stamp) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns what a table's first lines were taken for, and what of this is a guess."""
    del stamp  # by which it is remembered
    form, name, lines = _form(path), f"{path.parent.name}/{path.name}", _head(path)
    above = [(i, line.strip()) for i, line in enumerate(lines[: form.skipped], 1)]
    notes = [
        f"line {i}, {shown(line.decode(errors='replace'))}, of {name} is taken for its header"
        for i, line in above
        if line and form.headed
    ]
    return tuple(notes), tuple(f"{name}: {doubt}" for doubt in form.doubts(lines))


def _form(path: Path) -> NumberLines:
    """Returns how a table is written.

    Raises:
        UnreadableError: It cannot be read, or its first lines hold no numbers.
    """
    lines = _head(path)
    form = NumberLines.of(lines)
    if form is None:
        text = b"\n".join(lines).lstrip()[:40].split(b"\n")[0].decode(errors="replace")
        raise _unreadable(path, "numbers separated by tabs", f"a table with the row {text!r}")
    return form


def _head(path: Path) -> list[bytes]:
    """Returns the first lines of a file.

    Raises:
        UnreadableError: It cannot be read.
    """
    try:
        with open_file(path) as file:
            # Whole lines, or the first one as far as it may go.
            head = file.read(_HEAD_BYTES)
            head += file.read(MAX_LINE_BYTES - _HEAD_BYTES) if b"\n" not in head else b""
            if len(head) == MAX_LINE_BYTES and b"\n" not in head:
                raise _too_long(path)
            cut = len(head) >= _HEAD_BYTES and b"\n" in head
            whole = head[: head.rindex(b"\n")] if cut else head
            return whole.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]
    except OSError as error:
        raise _unreadable(path, "a table", type(error).__name__) from error


def _blocks_of_lines(path: Path) -> Iterator[bytes]:
    """Yields the file in blocks of whole lines."""
    rest = b""
    with open_file(path) as file:
        while block := file.read(_BLOCK_BYTES):
            lines, newline, end = block.rpartition(b"\n")
            if newline:
                yield rest + lines
                rest = end
            else:
                rest += end
            if len(rest) > MAX_LINE_BYTES:
                raise _too_long(path)
    if rest.strip():
        yield rest


def _numbers(lines: bytes, form: NumberLines, first: int) -> NDArray[np.float64]:
    """Parses whole lines of numbers, float64 (n_lines, columns).

    Raises:
        ValueError: They are no numbers, or not `form.columns` in each line.
    """
    lines = lines.rstrip().replace(b"\r\n", b"\n")
    tabs = [line.count(b"\t") for line in lines.split(b"\n")]
    if set(tabs) == {form.columns - 1} and are_plain_numbers(lines):
        try:
            return _fast_numbers(lines, len(tabs), form.columns)
        except ValueError:
            pass  # the slow parser knows more spellings, and says where it failed
    text = form.plain(lines, first)
    if not text:
        return np.empty((0, form.columns))
    try:
        return np.loadtxt(
            io.BytesIO(text), delimiter="\t", comments=None, ndmin=2, encoding="latin1"
        )
    except ValueError as error:
        raise ValueError(form.first_wrong(lines, first) or str(error)) from error


def _fast_numbers(lines: bytes, rows: int, columns: int) -> NDArray[np.float64]:
    """Parses plain numbers with SciPy's reader of Matrix Market files.

    It takes a fifth of the time of NumPy's, and gives the same values. That format goes down
    the columns, so what it takes for the columns are our rows.
    """
    from scipy.io import mmread

    head = f"%%MatrixMarket matrix array real general\n{columns} {rows}\n".encode()
    # Without a line feed at the end it reads on behind a sign that ends the text.
    matrix = mmread(io.BytesIO(head + lines.replace(b"\t", b"\n") + b"\n"))
    return np.asarray(matrix, np.float64).T


def _too_long(path: Path) -> UnreadableError:
    return _unreadable(
        path,
        "a table of a row a sample",
        f"a table with a line of more than {MAX_LINE_BYTES} bytes",
        "write one row a line",
    )


def _shape_remedy(shape: Sequence[int]) -> str:
    """Returns what to do about a tensor_shape that is none of a matrix."""
    where = "its entry of projector_config.pbtxt"
    if not shape or 0 in shape:
        return f"add tensor_shape to {where}"
    if len(shape) == 1:
        return f"write {[*shape, 1]}, one unit per sample, in {where}"
    return f"write {[shape[0], math.prod(shape[1:])]}, a row per sample, in {where}"


def _size(stamp: Stamp) -> str:
    return "missing" if stamp is None else f"{stamp[1]} bytes long"


def _unreadable(
    path: Path, expected: str, received: str, remedy: str = "write it again"
) -> UnreadableError:
    return UnreadableError(
        f"{path.parent.name}/{path.name} is {received}, not {expected}; {remedy}"
    )
