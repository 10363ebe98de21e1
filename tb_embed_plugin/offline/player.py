"""A projection as one page that plays without a server: `player.html` with the data in it."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.offline.class_groups import class_groups
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.tables.metadata_table import Column

TEMPLATE = Path(__file__).with_name("player.html")


def player(
    *,
    title: str,
    sentence: str,
    steps: Sequence[str],
    frames: NDArray[np.float32],
    columns: Sequence[Sequence[Column]],
    label: str | None,
    run: Run,
    layer: LayerFacts,
) -> str:
    """Returns the page.

    Args:
        title: What the page is called.
        sentence: The quality of the projection.
        steps: What the steps are called.
        frames: float32 (n_steps, n_samples, 2).
        columns: The samples' metadata; each column once, or at each step where its values
            are the step's own.
        label: The column by which the samples are coloured at first, None for none.
        run: Gives the thumbnails.
        layer: Whose samples they are.

    Raises:
        ArgumentError: The frames have other than 2 components.
        EmbedError: The thumbnails cannot be read.
    """
    if frames.shape[2] != 2:
        raise ArgumentError(
            f"a page shows 2 components, not {frames.shape[2]}; export with --components "
            "2, or in another format"
        )
    packed = wire.quantize(frames)
    data = {
        "steps": list(steps),
        "samples": frames.shape[1],
        "hidden": layer.hidden,
        "positions": _base64(packed["positions"].astype("<i2").tobytes()),
        "scale": packed["scale"].tolist(),
        "offset": packed["offset"].tolist(),
        "columns": [_describe(column, frames[-1], layer) for column in columns],
        "label": label,
        "sprite": _sprite(run, layer),
    }
    # Inside of a script element only "<" can end it or begin a comment.
    text = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    parts = {"title": html.escape(title), "sentence": html.escape(sentence), "data": text}
    # In one pass: what a part holds is never taken for a place of another.
    page = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], page)


def _describe(
    steps: Sequence[Column], last: NDArray[np.float32], layer: LayerFacts
) -> dict[str, Any]:
    """Returns a column as JSON holds it; its values are a list for each of `steps`."""
    column = steps[-1]
    described = {
        "name": column.name,
        "type": column.type,
        "by_step": column.info.by_step,
    }
    if column.type == "category":
        # The words are those of all steps.
        words = column.categories()[1]
        codes = [one.categories()[0] for one in steps]
        groups = class_groups(last[layer.shown], codes[-1][layer.shown], len(words))
        codes_of = [one.tolist() for one in codes]
        return {**described, "codes": codes_of, "words": words, "groups": groups}
    described["cells"] = [list(one.cells) for one in steps]
    if column.type == "date":
        described["values"] = [_dates(one) for one in steps]
    return described


def _dates(column: Column) -> list[float | None]:
    # JSON has no NaN.
    return [None if math.isnan(seconds) else seconds for seconds in column.dates()]


def _sprite(run: Run, layer: LayerFacts) -> dict[str, Any] | None:
    if layer.sprite is None:
        return None
    pages = [run.sprite(layer.name, page) for page in range(layer.sprite.pages)]
    return {
        "pages": [f"data:{type_};base64,{_base64(body)}" for body, type_ in pages],
        "cell": layer.sprite.cell,
        "columns": layer.sprite.columns,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
