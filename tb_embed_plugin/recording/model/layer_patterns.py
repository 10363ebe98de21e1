"""Patterns of layers' paths: `*` stands for any characters but separators, `**` for any."""

from __future__ import annotations

import re


def is_pattern(requested: str) -> bool:
    """Whether a name is a pattern."""
    return any(sign in requested for sign in "*?[")


def compile_pattern(pattern: str, separator: str = "/") -> re.Pattern[str]:
    """Returns a pattern as a regular expression, where `*` and `?` stop at a separator."""
    parts = re.split(r"(\*\*|\*|\?|\[!?[^\]]+\])", pattern)
    within = f"[^{re.escape(separator)}]"
    signs = {"**": ".*", "*": f"{within}*", "?": within}
    return re.compile(
        "".join(
            signs.get(part) or (part.replace("[!", "[^") if i % 2 else re.escape(part))
            for i, part in enumerate(parts)
        )
    )
