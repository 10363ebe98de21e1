"""Metadata and thumbnails of the imported rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tb_embed_plugin.commands.damaged_files import DAMAGE
from tb_embed_plugin.commands.importing.parquet import read_values
from tb_embed_plugin.errors import MisuseError, UnreadableError
from tb_embed_plugin.recording.samples.labels import flat_labels, label_columns, tags_of
from tb_embed_plugin.runs.foreign.foreign_sprites import MEDIA_TYPES, read_sheet
from tb_embed_plugin.runs.images import Images, read_images
from tb_embed_plugin.runs.sprites import IMAGE_FAULTS
from tb_embed_plugin.runs.tables.cells import Cells
from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.csv_cells import delimiter_of, unguarded, with_decimal_points
from tb_embed_plugin.runs.tables.lines import lines_of_samples
from tb_embed_plugin.runs.tables.metadata_inference import read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column, index_column

_SHEETS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
_UNNAMED = "column 1"
"""What a first column without a name is called in all tables."""


def read_metadata(path: Path, n_samples: int) -> tuple[list[Column], list[str]]:
    """Reads a table of metadata, tab- or comma-separated or Parquet, or labels as an array.

    A first line is a header where it looks like one, as in the metadata of others' logs.

    Args:
        path: The file; `.csv`, `.parquet` and `.npy` are these, any other is tab-separated.
        n_samples: Rows expected.

    Returns:
        The columns, and what a person should know of them, one sentence each.

    Raises:
        UnreadableError: The file is damaged.
        MisuseError: It has more or fewer rows, or columns that cannot be separated.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        return _read_csv(path, n_samples)
    if kind == ".npy":
        return _read_labels(path, n_samples), []
    if kind != ".parquet":
        table = read_inferred_table(path, n_samples)
        if not table.columns:
            raise MisuseError(table.problems[-1])
        return table.columns, [*table.problems, *table.notes]
    columns, notes = read_values(path)
    rows = len(columns[0].cells) if columns else 0
    if rows != n_samples:
        raise MisuseError(
            f"{path.name} has {rows} rows of metadata but there are {n_samples} samples; "
            "pass a table with one row per sample"
        )
    return columns, notes


def with_index(columns: Sequence[Column], n_samples: int) -> list[Column]:
    """Returns the columns behind the column `index`, the number of the row.

    A first column without a name is what pandas and R call the rows; it is left out where it is
    the same as `index`.

    Raises:
        MisuseError: One of that name holds something else, or two have one name.
    """
    index = index_column(n_samples)
    if columns and not columns[0].name.strip():
        repeats = list(columns[0].cells) == list(index.cells)
        columns = [replace(columns[0], name=index.name if repeats else _UNNAMED), *columns[1:]]
    others = [c for c in columns if (c.name, list(c.cells)) != (index.name, index.cells)]
    names = [index.name, *(column.name for column in others)]
    for name in names:
        if not name.strip() or names.count(name) > 1:
            raise MisuseError(
                f"the metadata column {name!r} is empty, repeated or called 'index', which "
                "is the samples' number; rename it"
            )
    return [index, *others]


def read_thumbnails(
    path: Path, n_samples: int, cell: tuple[int, int] | None
) -> tuple[Images, list[str]]:
    """Reads thumbnails: an array of images, or one sheet of them, row by row.

    Args:
        path: `.npy` or `.npz` of (n_samples, height, width), with channels or without; else a
            sheet as a picture.
        n_samples: Thumbnails expected.
        cell: Width and height of a thumbnail on the sheet, pixels; None for the square grid
            that holds them all.

    Returns:
        The images, and what a person should know of them, one sentence each.

    Raises:
        UnreadableError: The file is damaged.
        MisuseError: It holds more or fewer images, or no images.
    """
    if path.suffix.lower() in _SHEETS:
        pixels, notes = _cut(path, n_samples, cell)
        return read_images(pixels), notes
    try:
        # Without pickle: what an array of objects would run is not for us to run.
        loaded = np.load(path, allow_pickle=False)
        array = loaded if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]]
    except DAMAGE as error:
        raise UnreadableError(
            f"the thumbnails in {path.name} cannot be read ({type(error).__name__}); save "
            f"them as .npy, .npz or {', '.join(_SHEETS)}"
        ) from error
    if array.ndim == 0 or len(array) != n_samples:
        raise MisuseError(
            f"{path.name} has an array of shape {array.shape} but there are {n_samples} "
            "samples; pass one image per sample"
        )
    return read_images(array), []


def _read_labels(path: Path, n_samples: int) -> list[Column]:
    """Returns the column `label` of an array of labels."""
    try:
        array = np.load(path, allow_pickle=False)
    except DAMAGE as error:
        raise UnreadableError(
            f"the labels in {path.name} cannot be read ({type(error).__name__}); save them "
            "as numbers or texts, without pickled objects"
        ) from error
    shape = getattr(array, "shape", ())  # which an .npz has not
    if shape[:1] != (n_samples,):
        raise MisuseError(
            f"{path.name} has an array of shape {shape} but there are {n_samples} samples; "
            "pass one label per sample"
        )
    if tags_of(array) is None and flat_labels(array) is None:
        raise MisuseError(
            f"{path.name} has an array of shape {shape}, which holds neither labels nor rows "
            "of 0 and 1; pass numbers as columns of a table"
        )
    return label_columns(array, n_samples, None)


def _read_csv(path: Path, n_samples: int) -> tuple[list[Column], list[str]]:
    """Returns the columns of a comma-separated table, and what a person should know."""
    rows: list[list[str]] = []
    ends: list[int] = []
    marked = 0
    try:
        text = path.read_bytes().decode("utf-8-sig")
        delimiter = delimiter_of(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for row in filter(None, reader):
            texts = [unguarded(cell) for cell in row]
            marked += sum(text != cell for text, cell in zip(texts, row, strict=True))
            rows.append(texts)
            ends.append(reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(
            f"{path.name} is not a comma-separated table in UTF-8 "
            f"({' '.join(str(error).split())[:120]}); save it again"
        ) from error
    lines = lines_of_samples(Cells(rows, ends, in_lines=False), n_samples, path.name)
    widths = {len(row) for row in lines.rows or rows}
    if len(widths) > 1:
        raise MisuseError(
            f"the rows of {path.name} have {min(widths)} to {max(widths)} cells; quote "
            "cells that hold a comma"
        )
    if not lines.fit:
        raise MisuseError(lines.problems[-1])
    cells = [with_decimal_points(column, delimiter) for column in zip(*lines.rows, strict=True)]
    names = lines.header or [f"column {i + 1}" for i in range(len(cells))]
    if len(names) != len(cells):
        raise MisuseError(
            f"the first line of {path.name} has {len(names)} names for {len(cells)} "
            "columns; correct it"
        )
    columns = [
        Column(name.strip(), infer_type(column), column)
        for name, column in zip(names, cells, strict=True)
    ]
    notes = [*lines.problems, *lines.notes]
    if marked:
        notes.append(
            f"{path.name}: in {marked} cell{'s' * (marked != 1)} a first ' was taken off, by "
            "which spreadsheets know that what begins with = + - @ or ' is a text"
        )
    return columns, notes


def _cut(
    path: Path, n_samples: int, cell: tuple[int, int] | None
) -> tuple[NDArray[np.uint8], list[str]]:
    """Returns the cells of a sheet, uint8 (n_samples, height, width, channels), and notes."""
    sheet = read_sheet(path, cell or (), n_samples)
    facts = sheet.facts
    width, height = facts.cell
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[facts.channels]
    try:
        with Image.open(path, formats=tuple(MEDIA_TYPES)) as image:
            pixels = np.asarray(image.convert(mode))
    except IMAGE_FAULTS as error:
        raise UnreadableError(
            f"{path.name} is not a readable sheet of thumbnails ({type(error).__name__}); "
            "draw it again"
        ) from error
    rows = pixels.shape[0] // height
    if rows * facts.columns < n_samples:
        raise MisuseError(
            f"{path.name} has room for {rows * facts.columns} thumbnails of {width} x "
            f"{height} pixels but there are {n_samples} samples; pass --cell WIDTHxHEIGHT"
        )
    used = pixels[: rows * height, : facts.columns * width]
    grid = used.reshape(rows, height, facts.columns, width, facts.channels)
    images = grid.transpose(0, 2, 1, 3, 4).reshape(-1, height, width, facts.channels)
    return images[:n_samples], list(sheet.problems)
