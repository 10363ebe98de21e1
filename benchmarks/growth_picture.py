"""A picture of how what is measured grows, beside lines of what would grow linearly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
INK = "#6b7280"
"""Read on white and on black, since the page's background is the reader's."""


def draw(name: str, sizes_of: str, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Writes `docs/pictures/<name>.svg`.

    Args:
        name: The picture's.
        sizes_of: What grows, below the axis.
        curves: Seconds by size, by what was measured.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xscale="log", yscale="log", xlabel=sizes_of, ylabel="seconds of processor time")
    for part, seconds in curves.items():
        (line,) = axes.plot(list(seconds), list(seconds.values()), marker="o", label=part)
        first, last = min(seconds), max(seconds)
        linear = [seconds[first], seconds[first] * last / first]
        axes.plot([first, last], linear, linestyle=":", linewidth=1, color=line.get_color())
    axes.plot([], [], linestyle=":", color=INK, label="linear growth")
    sizes = sorted({size for seconds in curves.values() for size in seconds})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.tick_params(colors=INK)
    for side in axes.spines.values():
        side.set_color(INK)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
    figure.legend(loc="outside right upper", frameon=False, labelcolor=INK)
    # The same numbers give the same file.
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(PICTURES / f"{name}.svg", transparent=True, metadata={"Date": None})
