"""The import of files of activations as a run of ours.

Every file is looked at before anything is written, so that what does not fit is found first;
what is found later takes the begun run away again.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tb_embed_plugin.commands.importing.input_files import InputFile, open_input
from tb_embed_plugin.commands.importing.samples import (
    read_metadata,
    read_thumbnails,
    with_index,
)
from tb_embed_plugin.commands.importing.steps import steps_of
from tb_embed_plugin.errors import MisuseError, StorageError
from tb_embed_plugin.remote.staging import (
    delete_run,
    flush,
    hold,
    recording_place,
    release,
    shown,
    with_addresses,
)
from tb_embed_plugin.runs.manifest import Layer, Step
from tb_embed_plugin.runs.manifest_file import read_manifest
from tb_embed_plugin.runs.run_directory import find_run_directory
from tb_embed_plugin.runs.tables.metadata_table import Column
from tb_embed_plugin.runs.writer import RunWriter


@dataclass(frozen=True)
class Request:
    """What the user asks for.

    Attributes:
        sources: The files, one a step.
        run_dir: The run to be written, or its address; where others have it, it goes beside.
        layers: Names of the arrays wanted, none for all.
        steps: One for each file, as it was written; None where the names or the order tell.
        metadata: A table of the samples.
        images: Their thumbnails.
        cell: Width and height of a thumbnail on a sheet, pixels.
        overwrite: Deletes the run of ours that is there.
    """

    sources: Sequence[Path]
    run_dir: Path | str
    layers: Sequence[str] = ()
    steps: Sequence[str] | None = None
    metadata: Path | None = None
    images: Path | None = None
    cell: tuple[int, int] | None = None
    overwrite: bool = False


@dataclass
class Imported:
    """What was written.

    Attributes:
        run_dir: Where the run is, of an address its staging directory.
        samples: Rows of every layer.
        layers: Names and widths.
        steps: Ascending.
        notes: What a person should know, one sentence each.
    """

    run_dir: Path
    samples: int
    layers: Sequence[Layer]
    steps: Sequence[Step]
    notes: list[str] = field(default_factory=list)


def import_files(request: Request) -> Imported:
    """Writes a run.

    Raises:
        MisuseError: The files do not fit each other, or there is a run already.
        UnreadableError: A file is damaged.
        StorageError: The run's address cannot be read or written.
        OSError: The run cannot be written.
    """
    place = find_run_directory(recording_place(request.run_dir, "--run"))
    run_dir = place.run_dir
    _refuse_a_run(run_dir, request)
    notes: list[str] = []
    if place.reason is not None:
        notes.append(with_addresses(f"{place.reason}; the run is in {run_dir}"))
    snapshots = _open(request, notes)
    sources = [source for _, source in snapshots]
    samples, layers = _shapes(sources)
    notes += [note for source in sources for note in source.notes]
    columns = _columns(request, sources, samples, notes)
    images = None
    if request.images is not None:
        images, told = read_thumbnails(request.images, samples, request.cell)
        notes += told
    if not hold(run_dir):
        raise MisuseError(
            f"{shown(run_dir)} is already being recorded by this process; import into "
            "another --run"
        )
    try:
        if request.overwrite:
            delete_run(run_dir)
        writer = _begin(run_dir, layers, columns)
        if images is not None:
            writer.add_sprite(images)
        for step, source in snapshots:
            _write(writer, step, source, layers, notes)
        writer.finish()
        is_there = flush(run_dir)
    except BaseException:
        # Where that fails as well, what is left is told as a run that is there already.
        with contextlib.suppress(OSError):
            delete_run(run_dir)
        raise
    finally:
        release(run_dir)
    if not is_there:
        raise StorageError(
            f"{shown(run_dir)} lacks what could not be uploaded; import it again"
        )
    return Imported(
        run_dir, samples, layers, [step for step, _ in snapshots], list(dict.fromkeys(notes))
    )


def _refuse_a_run(run_dir: Path, request: Request) -> None:
    if not request.overwrite and read_manifest(run_dir) is not None:
        raise MisuseError(
            f"{shown(run_dir)} already holds a run; pass --overwrite to delete it, or choose "
            "another --run"
        )


def _open(request: Request, notes: list[str]) -> list[tuple[Step, InputFile]]:
    """Opens the files, in the order of their steps."""
    told = steps_of(request.sources, request.steps)
    notes += told.notes
    # Where the names differ, nobody but the user can know whether they mean one layer.
    opened = [
        (
            Step(step, "step", None, None, 0.0, None, name=name),
            open_input(path, request.layers, told.layer),
        )
        for step, name, path in sorted(
            zip(told.steps, told.names, request.sources, strict=True), key=lambda one: one[0]
        )
    ]
    names = {tuple(source.layers): source.path for _, source in opened}
    if len(names) > 1:
        (first, first_path), (other, other_path) = list(names.items())[:2]
        raise MisuseError(
            f"{first_path.name} has the layers {', '.join(first)}, but {other_path.name} "
            f"has {', '.join(other)}; choose layers of both with --layer"
        )
    if "" in next(iter(names)):
        raise MisuseError(
            f"{', '.join(path.name for path in request.sources[:3])} do not share one "
            "name with a number in each; pass --layer NAME if they are steps of one "
            "layer, or put the layers of one step into one .npz"
        )
    return opened


def _shapes(sources: Sequence[InputFile]) -> tuple[int, list[Layer]]:
    """Returns the number of samples and the layers, the same at every step."""
    known: dict[str, tuple[tuple[int, ...], str]] = {}
    rows: tuple[int, str] | None = None
    for source in sources:
        for name, read in source.layers.items():
            shape, where = read().shape, f"{name} of {source.path.name}"
            rows = rows or (shape[0], where)
            if shape[0] != rows[0]:
                raise MisuseError(
                    f"{where} has {shape[0]} rows, but {rows[1]} has {rows[0]}; import "
                    "other samples as a run of their own"
                )
            before = known.setdefault(name, (shape, where))
            if shape != before[0]:
                raise MisuseError(
                    f"{where} has {shape[1]} units, but {before[1]} has {before[0][1]}; "
                    "import them as layers of their own"
                )
    if rows is None:
        raise MisuseError("no file is named; name at least one")
    return rows[0], [Layer(name, shape[1]) for name, (shape, _) in known.items()]


def _columns(
    request: Request, sources: Sequence[InputFile], samples: int, notes: list[str]
) -> list[Column]:
    """Returns the metadata: that of the files themselves, and of the table beside them."""
    columns = list(sources[0].columns)
    for source in sources[1:]:
        if list(source.columns) != columns:
            raise MisuseError(
                f"{source.path.name} has other metadata than {sources[0].path.name}; sort "
                "the rows alike, or leave the columns out"
            )
    if request.metadata is not None:
        more, told = read_metadata(request.metadata, samples)
        columns += more
        notes += told
    return with_index(columns, samples)


def _begin(run_dir: Path, layers: Sequence[Layer], columns: Sequence[Column]) -> RunWriter:
    cells = repr([(column.name, list(column.cells)) for column in columns])
    return RunWriter.begin(
        run_dir,
        layers=layers,
        columns=columns,
        fingerprint=hashlib.sha256(cells.encode(errors="backslashreplace")).hexdigest()[:32],
        outputs=None,
    )


def _write(
    writer: RunWriter, step: Step, source: InputFile, layers: Sequence[Layer], notes: list[str]
) -> None:
    tensors = {layer.name: source.layers[layer.name]() for layer in layers}
    not_finite = tuple(n for n, tensor in tensors.items() if not np.isfinite(tensor).all())
    notes += [
        f"{name} of {source.path.name} holds NaN or infinity: step {step.shown} is kept, "
        "but left out of projections"
        for name in not_finite
    ]
    time = source.path.stat().st_mtime
    writer.write_snapshot(replace(step, wall_time=time, not_finite=not_finite), tensors)
