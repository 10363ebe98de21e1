"""The address that opens a view of the page, as the page itself writes it.

The page's side is `frontend/src/model/text/address.ts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from tb_embed_plugin.metadata import PLUGIN_NAME

MOST_CHARACTERS = 2000
"""Of the part behind `#`; the page's own limit."""

_UNESCAPED = "-_.!~*'()"
"""What JavaScript's `encodeURIComponent` leaves as it is, beside letters and digits."""


def view_address(
    run: str | None = None,
    layer: str | None = None,
    step: int | None = None,
    *,
    label: str | None = None,
    samples: Sequence[int] = (),
    url: str = "",
) -> tuple[str, int]:
    """Returns the address of a view, and how many of the samples it selects.

    Args:
        run: The run that is shown; the page chooses where it is None, here and below.
        layer: The layer.
        step: The step.
        label: The column that is the label, empty for none.
        samples: Those to select, the most important first; as many of them as fit.
        url: TensorBoard's address; empty for the part from `#` on, which leads there from
            any page of the same TensorBoard.
    """
    keys = {"run": run, "layer": layer, "step": step, "label": label}
    start = f"#{PLUGIN_NAME}" + "".join(
        _key(name, str(value)) for name, value in keys.items() if value is not None
    )
    for count in range(len(samples), 0, -1):
        selection = _key("selection", f"samples {in_ranges(samples[:count])}")
        if len(start) + len(selection) <= MOST_CHARACTERS:
            return f"{url}{start}{selection}", count
    return f"{url}{start}", 0


def in_ranges(samples: Sequence[int]) -> str:
    """Returns a set of samples in short: `0-4,7`."""
    ranges: list[list[int]] = []
    for sample in sorted(samples):
        if ranges and sample == ranges[-1][1] + 1:
            ranges[-1][1] = sample
        else:
            ranges.append([sample, sample])
    return ",".join(
        str(first) if first == last else f"{first}-{last}" for first, last in ranges
    )


def _key(name: str, value: str) -> str:
    return f"&p.{PLUGIN_NAME}.{name}={quote(value, safe=_UNESCAPED)}"
