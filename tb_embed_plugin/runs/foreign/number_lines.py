"""The layout of a foreign table of numbers: its separator, and the lines above the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_AROUND = b" \t\r"
_TRUTHS = {b"True": b"1", b"False": b"0"}
_UNEVEN = (b"\n\n", b"\n\r", b"\n ", b"\n\t")
"""What stands before a blank line, and before no other that is plain."""


@dataclass(frozen=True)
class NumberLines:
    """The form of the lines.

    Attributes:
        separator: A tab, a comma, or a space for any number of them.
        columns: Numbers in a line.
        skipped: Lines before the first of numbers: blank ones and a header.
        headed: Whether one of these is a header.
    """

    separator: bytes
    columns: int
    skipped: int
    headed: bool

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> NumberLines | None:
        """Returns the form by a table's first lines, None where they are no numbers."""
        kept = [(i, line) for i, line in enumerate(lines) if line.strip(_AROUND)][:2]
        above_index = len(kept) == 2 and _names_above_index(*(line for _, line in kept))
        for place, (i, line) in enumerate(kept[above_index:], above_index):
            for separator in (b"\t", b",", b" "):
                if separator not in line.strip(_AROUND) and separator != b" ":
                    continue
                cells = _cells(line, separator)
                if all(map(_is_number, cells)):
                    return cls(separator, len(cells), i, headed=place == 1)
        return None

    def doubts(self, lines: Sequence[bytes]) -> list[str]:
        """Says what of a table's first lines may be names and no numbers.

        Args:
            lines: The first lines, whole ones.
        """
        rows = [self.cells(line) for line in lines[self.skipped :] if line.strip(_AROUND)]
        said: list[str] = []
        if not rows:
            return said
        names = _counted(self.columns)
        fractions = any(b"." in cell for row in rows[1:] for cell in row)
        if not self.headed and rows[0] == names and (fractions or self.columns > 2):
            last = self.columns - 1
            said.append(
                f"line {self.skipped + 1} holds the numbers 0 to {last}, as columns "
                "without names are called: it is taken for a row; write the table without "
                "them if they are names"
            )
        counted = [row[0] for row in rows] == _counted(len(rows))
        if self.columns > 1 and len(rows) > 2 and counted:
            said.append(
                "the first column holds the numbers of the rows: it is taken for a unit; "
                "write the table without them, as pandas does with index=False, if they "
                "are an index"
            )
        return said

    def cells(self, line: bytes) -> list[bytes]:
        """Returns the numbers of a line, without separators at its ends."""
        return _cells(line, self.separator)

    def plain(self, lines: bytes, first: int) -> bytes:
        """Returns lines with single tabs between numbers, and no blank ones.

        Args:
            lines: Whole lines.
            first: The number of the first, for problems.

        Raises:
            ValueError: A line holds more or fewer numbers, or something else.
        """
        kept = []
        for number, line in enumerate(lines.split(b"\n"), first):
            if not line.strip(_AROUND):
                continue
            cells = self.cells(line)
            if len(cells) != self.columns:
                raise ValueError(f"line {number} holds {len(cells)}")
            kept.append(b"\t".join(_TRUTHS.get(cell, cell) for cell in cells))
        return b"\n".join(kept)

    def first_wrong(self, lines: bytes, first: int) -> str | None:
        """Names the first cell that is no number, None where all are.

        Args:
            lines: Whole lines.
            first: The number of the first.
        """
        for number, line in enumerate(lines.split(b"\n"), first):
            for cell in self.cells(line) if line.strip(_AROUND) else []:
                if not _is_number(cell):
                    return f"line {number} holds {cell[:40].decode(errors='replace')!r}"
        return None


def count_lines(lines: bytes) -> int:
    """Returns how many of whole lines, the last without its end, are not blank."""
    begun = lines.startswith((b" ", b"\t", b"\r", b"\n"))
    if not begun and not lines.endswith(b"\n") and not any(x in lines for x in _UNEVEN):
        return lines.count(b"\n") + bool(lines)
    return sum(bool(line.strip(_AROUND)) for line in lines.split(b"\n"))


def _cells(line: bytes, separator: bytes) -> list[bytes]:
    bare = line.strip(_AROUND)
    return re.split(rb" +", bare) if separator == b" " else bare.split(separator)


def _names_above_index(first: bytes, second: bytes) -> bool:
    """Whether a line holds 0, 1, 2 and so on, and nothing above the first number of the next.

    So pandas writes columns without names beside an index.
    """
    for separator in (b"\t", b" "):
        above, below = _cells(first, separator), _cells(second, separator)
        if first.startswith(separator) and above == _counted(len(below) - 1):
            return all(map(_is_number, below))
    return False


def _counted(count: int) -> list[bytes]:
    return [b"%d" % i for i in range(count)]


def _is_number(cell: bytes) -> bool:
    try:
        float(_TRUTHS.get(cell, cell))
    except ValueError:
        return False
    return b"_" not in cell  # which Python alone takes
