"""Cells of CSV files that no spreadsheet takes for a formula.

A cell that begins with one of `= + - @`, a tab or a carriage return may be run by whoever opens
the file. So a text that does is written behind a `'`, and one that begins with `'` too, so that
what was written can be told from what was there. Numbers are written as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from tb_embed_plugin.runs.tables.column_types import are_numbers
from tb_embed_plugin.runs.tables.metadata_table import Column

_QUOTED = re.compile('"[^"]*"')
_MARK = "'"
_GUARDED = frozenset(("=", "+", "-", "@", "\t", "\r", _MARK))


def delimiter_of(beginning: str) -> str:
    """Returns what separates the cells of a file: a comma, or a semicolon.

    Spreadsheets write semicolons where a comma is the decimal mark, which a number may hold.

    Args:
        beginning: Its first two lines, or more.
    """
    lines = _QUOTED.sub("", beginning).splitlines()[:2]
    rows = [line.strip().split(";") for line in lines]
    is_table = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    if not is_table:
        return ","
    with_comma = [with_decimal_point(cell, ";") for cell in rows[0] if "," in cell]
    return ";" if are_numbers(with_comma) else ","


def with_decimal_point(cell: str, delimiter: str) -> str:
    """Returns the text of a cell's number with a point as the decimal mark."""
    return cell.replace(",", ".") if delimiter == ";" else cell


def with_decimal_points(cells: Sequence[str], delimiter: str) -> Sequence[str]:
    """Returns the cells of a column, those of numbers with a point as the decimal mark."""
    numbers = [with_decimal_point(cell, delimiter) for cell in cells]
    return numbers if are_numbers({*numbers} - {""}) else cells


def guarded(text: str) -> str:
    """Returns a text as a cell that is no formula."""
    return f"{_MARK}{text}" if text[:1] in _GUARDED else text


def unguarded(cell: str) -> str:
    """Returns the text of a cell that `guarded` made; any other as it is."""
    return cell[1:] if cell.startswith(_MARK) and cell[1:2] in _GUARDED else cell


def cells_of(column: Column) -> Sequence[str]:
    """Returns the cells of a column as they are written: guarded, unless they are numbers."""
    words = {*column.cells} - {""}
    if column.type == "number" or are_numbers(words):
        return list(column.cells)
    return [guarded(cell) for cell in column.cells]


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Returns rows of cells, which are guarded already, as a file in UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
