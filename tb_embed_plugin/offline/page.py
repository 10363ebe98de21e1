"""What goes into the page: all frames of a projection, and what is known of its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tb_embed_plugin.errors import NotRecordedError
from tb_embed_plugin.jobs.projector import Projector
from tb_embed_plugin.offline.player import player
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.tables.metadata_table import Column

BYTES_A_CELL = 16
"""What a value of the metadata takes in the page, about."""


def offline_page(projector: Projector, label: str | None) -> str:
    """Returns the page.

    Args:
        projector: A projection of two components.
        label: The column by which label accuracy is measured, and by which the samples are
            colored at first; None for no label.

    Raises:
        NotRecordedError: Not all frames have been computed.
        EmbedError: The frames, the metadata or the thumbnails cannot be read.
    """
    layout = projector.cache
    run, layer, steps = layout.run, layout.layer, layout.steps
    frames = projector.frames(steps)
    if len(frames) < len(steps):
        raise NotRecordedError(
            f"{len(frames)} of {len(steps)} frames of this view are computed; compute the "
            "others first, then save the page"
        )
    return player(
        title=f"{run.name}, {layer.name}, {layout.engine.title}",
        sentence=projector.sentence(projector.quality(steps, label)),
        steps=[run.step_name(step) for step in steps],
        frames=np.stack([frames[step] for step in steps]),
        columns=_over_steps(run, layer.name, steps),
        label=label,
        run=run,
        layer=layer,
    )


def page_bytes(projector: Projector) -> int:
    """Returns about how large the page will be, without reading anything for it.

    Long texts in the metadata take more.
    """
    layout = projector.cache
    layer, n_steps = layout.layer, len(layout.steps)
    cells = sum(n_steps if column.by_step else 1 for column in layer.columns)
    sprite = layer.sprite
    pixels = 0 if sprite is None else sprite.cell[0] * sprite.cell[1] * sprite.channels
    return layer.samples * (4 * n_steps + BYTES_A_CELL * cells + pixels) * 4 // 3


def _over_steps(run: Run, layer: str, steps: Sequence[int]) -> list[list[Column]]:
    """Returns each column once, or at each step where its values are the step's own."""
    last = run.columns(layer, steps[-1])
    if not any(column.info.by_step for column in last):
        return [[column] for column in last]
    at_steps = [{c.name: c for c in run.columns(layer, step)} for step in steps]
    return [
        [one[column.name] for one in at_steps if column.name in one]
        if column.info.by_step
        else [column]
        for column in last
    ]
