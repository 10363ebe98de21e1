"""The text of a foreign table: its encoding, its line ends."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile(r"\r+\n")
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x1f]")
_MAX_SHOWN = 40


def decoded(data: bytes, name: str, problems: list[str]) -> str:
    """Returns a table's text with line feeds alone at the ends of its lines.

    Args:
        data: UTF-8, UTF-16 or UTF-32; what is none of them is replaced and reported.
        name: What problems call the file.
        problems: Takes what does not fit.
    """
    marked = (encoding for mark, encoding in _MARKS if data.startswith(mark))
    encoding = next(marked, None) or _utf_16_without_mark(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        wanted = encoding.removesuffix("-sig").upper()
        problems.append(
            f"{name} is not {wanted}: the byte {data[error.start]:#04x} at position "
            f"{error.start} and others like it are shown as �; save it in UTF-8"
        )
        text = data.decode(encoding, errors="replace")
    # Text mode on Windows writes the line ends of a CSV writer as \r\r\n.
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return text if "\n" in text else text.replace("\r", "\n")


def shown(text: str) -> str:
    """Returns some of a file's text for a sentence: in quotes, escaped and shortened."""
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")


def _utf_16_without_mark(data: bytes) -> str | None:
    """Returns the byte order in which bytes are text, None where they need not be UTF-16.

    A line feed or a tab of UTF-16 holds a zero byte, which no table in UTF-8 does.
    """
    if b"\0" not in data:
        return None
    whole = data[: len(data) // 2 * 2]
    texts = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            texts[encoding] = len(text.encode("ascii", "ignore"))
    best = max(texts, key=lambda encoding: texts[encoding], default=None)
    return best if best is not None and texts[best] else None
