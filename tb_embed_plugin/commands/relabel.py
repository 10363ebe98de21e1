"""`tb-embed relabel`: a user's own labels, corrected by a table of decisions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tb_embed_plugin.errors import ArgumentError, UnreadableError
from tb_embed_plugin.runs.atomic import replaced_at
from tb_embed_plugin.runs.tables.csv_cells import delimiter_of, unguarded
from tb_embed_plugin.wording import must_be_one_of

COLUMNS = ("id", "old", "new", "decided")
DECISIONS = ("fix", "keep", "unsure")


@dataclass(frozen=True)
class Decision:
    """What somebody has decided about one label.

    Attributes:
        sample: Its place among the recorded samples.
        old: The label as it is.
        new: The class to change it to.
        decided: One of `DECISIONS`, or empty.
    """

    sample: int
    old: str
    new: str
    decided: str


def relabeled(
    labels: ArrayLike, decisions: str | Path, class_names: Sequence[str] | None = None
) -> NDArray[np.generic]:
    """Returns a copy of the labels in which those decided as `fix` are changed.

    Args:
        labels: Numbers or strings (n_samples,), in the order in which they were recorded.
        decisions: A CSV file with the columns `id, old, new, decided`.
        class_names: The words of the table by label, where the labels are whole numbers.

    Raises:
        UnreadableError: The file is not such a table.
        ArgumentError: A row is of another label than the one that stands there, or names a
            class that the labels cannot hold.
    """
    old = np.asarray(labels)
    if old.ndim != 1:
        raise ArgumentError(
            f"labels must be one a sample, (n_samples,), not of shape {old.shape}; pass one "
            "column"
        )
    values: list[object] = old.tolist()
    names = None if class_names is None else list(class_names)
    for row in read_decisions(Path(decisions)):
        if row.decided != "fix":
            continue
        if row.sample >= len(values):
            raise ArgumentError(
                f"the decisions name sample {row.sample}, but there are {len(values)} labels; "
                "pass those that were recorded"
            )
        stands = _word(values[row.sample], names)
        if stands != row.old:
            raise ArgumentError(
                f"sample {row.sample} has the label {stands!r}, but the decisions say that it "
                f"was {row.old!r}; pass the labels that were recorded, in their order"
            )
        values[row.sample] = _value(row.new, old, names)
    return np.array(values, old.dtype if old.dtype.kind in "biuf" else None)


def write_relabeled(
    decisions: Path, labels: Path, output: Path, class_names: Sequence[str] | None
) -> int:
    """Writes a corrected copy of a file of labels; returns how many it changes.

    Args:
        decisions: As in `relabeled`, like `class_names`.
        labels: `.npy`, else text with one label a line.
        output: The file to write, of the same form; never `labels` itself.
        class_names: See above.

    Raises:
        ArgumentError: As `relabeled`, or `output` is `labels`.
        UnreadableError: A file cannot be read as what it should be.
        OSError: A file cannot be read or written.
    """
    if output.resolve() == labels.resolve():
        raise ArgumentError(
            f"the corrected labels would overwrite {labels}; name another --output"
        )
    before = _read_labels(labels)
    after = relabeled(before, decisions, class_names)
    with replaced_at(output) as file:
        if labels.suffix == ".npy":
            np.save(file, after)
        else:
            file.write("".join(f"{label}\n" for label in after.tolist()).encode())
    return int((before != after).sum())


def read_decisions(file: Path) -> list[Decision]:
    """Returns the rows of a table of decisions.

    Raises:
        UnreadableError: It lacks a column, or a row is not what it should be.
        OSError: It cannot be read.
    """
    try:
        text = file.read_text("utf-8-sig")
        delimiter = delimiter_of(text)
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
        if missing:
            raise UnreadableError(
                f"{file} lacks the column {missing[0]}; it needs {', '.join(COLUMNS)}"
            )
        return [_decision(row, rows.line_num, file) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(
            f"{file} is no table in UTF-8 ({error}); save it as CSV"
        ) from error


def _decision(row: dict[str, str | None], line: int, file: Path) -> Decision:
    number, old, new, decided = ((row[name] or "").strip() for name in COLUMNS)
    if not (number.isascii() and number.isdigit()):
        raise UnreadableError(
            f"line {line} of {file} must begin with a sample's number, not {number!r}"
        )
    if decided not in {"", *DECISIONS}:
        raise UnreadableError(
            f"line {line} of {file}: " + must_be_one_of("decided", decided, DECISIONS)
        )
    return Decision(int(number), unguarded(old), unguarded(new), decided)


def _read_labels(file: Path) -> NDArray[np.generic]:
    if file.suffix != ".npy":
        try:
            return np.array(file.read_text("utf-8-sig").splitlines())
        except UnicodeDecodeError as error:
            raise UnreadableError(
                f"{file} is no text in UTF-8; save it as one label a line, or as .npy"
            ) from error
    try:
        read: NDArray[np.generic] = np.load(file, allow_pickle=False)
    except ValueError as error:
        raise UnreadableError(f"{file} is no array of labels ({error})") from error
    return read


def _word(value: object, names: list[str] | None) -> str:
    """Returns what a table calls a label."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return str(value)


def _value(word: str, labels: NDArray[np.generic], names: list[str] | None) -> object:
    """Returns the label that a table calls by a word."""
    if labels.dtype.kind not in "biuf":
        return word
    if names is not None:
        if word not in names:
            raise ArgumentError(must_be_one_of("new", word, names))
        return names.index(word)
    try:
        return float(word) if labels.dtype.kind == "f" else int(word)
    except ValueError as error:
        raise ArgumentError(
            f"the labels are numbers, but the decisions name the class {word!r}; pass the "
            "class names in the order of the numbers"
        ) from error
