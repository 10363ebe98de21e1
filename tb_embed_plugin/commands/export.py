"""`tb-embed export`: a projection as a file, with the samples' metadata and its quality."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin import wire
from tb_embed_plugin.commands.project import Projected
from tb_embed_plugin.errors import BrokenInstallationError, NotRecordedError
from tb_embed_plugin.jobs.quality_records import NUMBERS
from tb_embed_plugin.offline.page import offline_page
from tb_embed_plugin.runs.atomic import replaced_at
from tb_embed_plugin.runs.tables.csv_cells import cells_of, csv_bytes, guarded
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.server.columns import encode_columns

AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Content:
    """What is exported.

    Attributes:
        projected: The projection.
    """

    projected: Projected

    @property
    def steps(self) -> list[int]:
        """The steps, ascending."""
        return self.projected.layout.steps

    @cached_property
    def step_names(self) -> list[str]:
        """What a person calls the steps."""
        return [self.projected.layout.run.step_name(step) for step in self.steps]

    @cached_property
    def named(self) -> dict[int, str]:
        """The same by step; empty where each is called by its number."""
        names = dict(zip(self.steps, self.step_names, strict=True))
        return names if any(name != str(step) for step, name in names.items()) else {}

    @cached_property
    def frames(self) -> NDArray[np.float32]:
        """Returns the coordinates, (n_steps, n_samples, components), NaN where hidden."""
        frames = self.drawn.copy()
        frames[:, list(self.projected.layout.layer.hidden)] = np.nan
        return frames

    @cached_property
    def drawn(self) -> NDArray[np.float32]:
        """Returns the same, hidden samples being where another one is."""
        frames = [self.projected.frame_of(step) for step in self.steps]
        there = [frame for frame in frames if frame is not None]
        if len(there) < len(frames):
            raise NotRecordedError(
                f"the cache lost frames while exporting: {len(there)} of {len(frames)} are "
                "left; export again"
            )
        return np.stack(there)

    @cached_property
    def columns(self) -> list[Column]:
        """The samples' metadata, at the last step where it changes with each."""
        return self.columns_at(self.steps[-1])

    @cached_property
    def lasting(self) -> list[Column]:
        """The columns that are the same at all steps."""
        return [column for column in self.columns if not column.info.by_step]

    @cached_property
    def changing(self) -> list[str]:
        """Names of the others."""
        return [column.name for column in self.columns if column.info.by_step]

    def columns_at(self, step: int) -> list[Column]:
        """Returns the samples' metadata at a step."""
        layout = self.projected.layout
        return layout.run.columns(layout.layer.name, step)

    def over_steps(self, name: str) -> list[Column]:
        """Returns a column at each step."""
        known = next(column for column in self.columns if column.name == name)
        if not known.info.by_step:
            return [known] * len(self.steps)
        return [c for step in self.steps for c in self.columns_at(step) if c.name == name]

    @cached_property
    def quality(self) -> list[dict[str, Any]]:
        """The numbers of each frame, with its step."""
        return self.projected.quality

    @property
    def axes(self) -> list[str]:
        """Names of the coordinates."""
        n = self.projected.layout.components
        return list(AXES[:n]) if n <= len(AXES) else [f"axis_{i + 1}" for i in range(n)]

    @property
    def info(self) -> dict[str, Any]:
        """What the file is, for whoever finds it."""
        layout = self.projected.layout
        return {
            "run": layout.run.name,
            "layer": layout.layer.name,
            "engine": layout.engine.name,
            "components": layout.components,
            "step_names": self.step_names,
            "settings": dict(layout.settings),
            "landmarks": layout.landmark_count,
            "label": self.projected.label,
            "columns": [{"name": c.name, "type": c.type} for c in self.columns],
            "by_step": self.changing,
            "hidden": layout.layer.hidden,
            "quality": self.quality,
            "noise_floor": self.projected.noise_floor,
            "sentence": self.projected.sentence,
        }

    def rows(self) -> Iterator[list[Any]]:
        """Yields a row of CSV a step and sample: both, the step's name, coordinates, cells.

        The name is left out where each step is called by its number.
        """
        columns = self.columns
        for step, frame in zip(self.steps, self.frames, strict=True):
            columns = self.columns_at(step) if self.changing else columns
            name = [guarded(self.named[step])] if self.named else []
            cells = list(zip(*map(cells_of, columns), strict=True))
            for sample, place in enumerate(frame.tolist()):
                yield [step, *name, sample, *place, *(cells[sample] if cells else ())]


def export(projected: Projected, kind: str, path: Path) -> list[Path]:
    """Writes a projection.

    Args:
        projected: The projection.
        kind: One of `FORMATS`.
        path: The file; it is replaced if it is there.

    Returns:
        The files that were written.

    Raises:
        EmbedError: The metadata cannot be read, or the format cannot hold the projection.
        OSError: The file cannot be written.
    """
    files = FORMATS[kind](Content(projected), path)
    for file, body in files.items():
        with replaced_at(file) as target:
            target.write(body)
    return list(files)


def _csv(content: Content, path: Path) -> dict[Path, bytes]:
    of_step = ["step", *(["step_name"] if content.named else [])]
    names = [guarded(column.name) for column in content.columns]
    header = [*of_step, "sample", *content.axes, *names]
    named = {step: guarded(name) for step, name in content.named.items()}
    frames = [f | {"step_name": named.get(f["step"])} for f in content.quality]
    numbers = [*of_step, *NUMBERS]
    quality = [["" if f[n] is None else f[n] for n in numbers] for f in frames]
    return {
        path: csv_bytes(chain([header], content.rows())),
        path.with_name(f"{path.stem}.quality{path.suffix}"): csv_bytes([numbers, *quality]),
    }


def _npz(content: Content, path: Path) -> dict[Path, bytes]:
    arrays = _arrays(content)
    for column in content.lasting:
        arrays[f"metadata.{column.name}"] = _values(column)
    for name in content.changing:
        arrays[f"metadata.{name}"] = np.stack([_values(c) for c in content.over_steps(name)])
    arrays["info"] = np.array(json.dumps(content.info))
    body = io.BytesIO()
    np.savez_compressed(body, **arrays)
    return {path: body.getvalue()}


def _values(column: Column) -> NDArray[np.generic]:
    values = column.values()
    # Without pickle NumPy keeps no objects.
    return values.astype(np.str_) if values.dtype == object else values


def _safetensors(content: Content, path: Path) -> dict[Path, bytes]:
    metadata = {f"metadata.{k}": v for k, v in encode_columns(content.lasting).items()}
    lasting = [{"name": c.name, "type": c.type} for c in content.lasting]
    info = content.info | {"columns": lasting}
    return {path: wire.encode(_arrays(content) | metadata, info)}


def _arrays(content: Content) -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "frames": content.frames,
        "steps": np.array(content.steps, np.int64),
    }
    for name in NUMBERS:
        values = [frame[name] for frame in content.quality]
        arrays[f"quality.{name}"] = np.array(
            [np.nan if value is None else value for value in values]
        )
    return arrays


def _parquet(content: Content, path: Path) -> dict[Path, bytes]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise BrokenInstallationError(
            "writing Parquet needs pyarrow, which is not installed; run pip install "
            "'tb-embed-plugin[parquet]', or choose another format"
        ) from error
    n_steps, n_samples, _ = content.frames.shape
    table: dict[str, Any] = {
        "step": np.repeat(np.array(content.steps, np.int64), n_samples),
    }
    if content.named:
        table["step_name"] = np.repeat(np.array(content.step_names, object), n_samples)
    table["sample"] = np.tile(np.arange(n_samples), n_steps)
    places = content.frames.reshape(n_steps * n_samples, -1)
    table |= {name: places[:, i] for i, name in enumerate(content.axes)}
    for column in content.columns:
        name = column.name if column.name not in table else f"metadata.{column.name}"
        cells = [one.values() for one in content.over_steps(column.name)]
        table[name] = np.concatenate(cells)
    built = pa.table(table).replace_schema_metadata({"tb_embed": json.dumps(content.info)})
    body = io.BytesIO()
    parquet.write_table(built, body)
    return {path: body.getvalue()}


def _html(content: Content, path: Path) -> dict[Path, bytes]:
    page = offline_page(content.projected.projector, content.projected.label)
    return {path: page.encode()}


FORMATS: Mapping[str, Callable[[Content, Path], dict[Path, bytes]]] = MappingProxyType(
    {
        "csv": _csv,
        "npz": _npz,
        "parquet": _parquet,
        "safetensors": _safetensors,
        "html": _html,
    }
)
