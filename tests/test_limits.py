"""What is refused for its size: a sentence with what was expected, received, and what to do."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.metadata_inference import read_inferred_table
from tb_embed_plugin.runs.tables.metadata_table import Column
from tests.decoding import BASE
from tests.harness import client_for, find_run
from tests.planted import write_run

LIMITS = (Path(__file__).parents[1] / "docs/security.md").read_text()
LIMITS = LIMITS.partition("## Limits")[2].partition("\n## ")[0]
UNITS = {"MiB": 1 << 20, "GiB": 1 << 30}


def limited(monkeypatch: pytest.MonkeyPatch, limits: Mapping[str, float]) -> None:
    """Makes limits smaller for a test: by the names of the table in the docs."""
    for name, value in limits.items():
        monkeypatch.setattr(f"tb_embed_plugin.{name}", value)


def test_the_table_says_what_the_code_does() -> None:
    rows = [row.split("|")[2:4] for row in LIMITS.splitlines() if row.startswith("| ")]
    told = [
        (most.strip().split("; "), re.findall(r"`([\w.]+)`", names)) for most, names in rows
    ]
    assert len(told) > 20
    for mosts, names in told:
        for name in names:
            module, _, constant = name.rpartition(".")
            value = getattr(importlib.import_module(f"tb_embed_plugin.{module}"), constant)
            assert value in [number(most) for most in mosts], name


def number(words: str) -> int:
    """Returns what `64 MiB` or `4,096` stands for."""
    digits, _, unit = words.replace(",", "").partition(" ")
    return int(digits) * UNITS.get(unit, 1)


PROJECTION = "projection", {"engine": "pca"}
AXES = {"engine": "axes", "kind": "class_means", "column": "label"}

ROUTES: list[tuple[dict[str, float], tuple[str, dict[str, Any]], list[str]]] = [
    (
        {"server.projection_routes.MAX_BYTES": 40},
        ("projection", {"components": 3}),
        ["at most 5 samples", "has 12", "max_samples", "record()"],
    ),
    ({"server.response.MAX_BYTES": 100}, PROJECTION, ["take 144 bytes", "100", "fewer steps"]),
    (
        {"server.response.MAX_BYTES": 100},
        ("vectors", {"step": 0}),
        ["take 144 bytes", "more than 100", "fewer samples"],
    ),
    (
        {"server.sample_routes.MAX_SEARCHED_VALUES": 20},
        ("neighbors", {"step": 0, "sample": 0}),
        ["at most 20 activations", "not 36 (12 samples x 3 units)", "max_samples", "pooled"],
    ),
    (
        {},
        ("neighbors", {"step": 0, "sample": 0, "k": 1001}),
        ["from 1 to 1000", "not 1001", "another k"],
    ),
    ({}, ("samples", {"limit": 2001}), ["from 1 to 2000", "not 2001", "ask for fewer"]),
    (
        {"arguments.MAX_PARTS": 2},
        ("projection", {"steps": "0,1,2"}),
        ["3 numbers and ranges", "at most 2", "ranges"],
    ),
    (
        {"projections.classes.MAX_OUTPUT_CLASSES": 1},
        ("projection", AXES),
        ["2 classes", "at most 1", "choose a column with fewer"],
    ),
    (
        {"projections.alignment.MAX_ALIGNED_UNITS": 2},
        ("projection", {"onto_run": "run", "onto_layer": "fc2"}),
        ["3 units", "at most 2", "own axes"],
    ),
    (
        {
            "server.projection_routes.MAX_BYTES": 1 << 20,
            "server.projection_routes.page_bytes": 0,
        },
        ("offline_page", {"components": 2}),
        ["about 3 MB", "(1 MB)", "tb-embed export"],
    ),
]


@pytest.mark.parametrize(("limits", "question", "words"), ROUTES)
def test_a_route_says_what_was_asked_what_is_allowed_and_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, float],
    question: tuple[str, dict[str, Any]],
    words: list[str],
) -> None:
    if "server.projection_routes.page_bytes" in limits:
        monkeypatch.setattr(
            "tb_embed_plugin.server.projection_routes.page_bytes", lambda _: 3 << 20
        )
    limited(
        monkeypatch, {n: most for n, most in limits.items() if n.rpartition(".")[2].isupper()}
    )
    rows = [np.random.default_rng(i).normal(size=(12, 3)).astype(np.float32) for i in range(3)]
    labels = Column("label", "category", ["a", "b"] * 6)
    write_run(tmp_path / "run", {"fc1": rows, "fc2": rows}, labels)
    route, query = question
    query = {"run": "run", "layer": "fc1", **query}
    refused = client_for(tmp_path, EmbeddingsPlugin).get(BASE + route, query_string=query)

    assert refused.status_code == 413, refused.text
    assert [word for word in words if word not in refused.text] == [], refused.text


def rows_of(folder: Path, count: int = 4, units: int = 3, **more: Any) -> None:
    """Records some samples."""
    record(folder / "run", 0, {"fc1": np.eye(count, units)}, **more)


def weights(folder: Path, *names: str, matrices: int = 1) -> None:
    """Writes files of weights."""
    for name in names:
        with h5py.File(folder / f"{name}.weights.h5", "w") as file:
            for i in range(matrices):
                file[f"words{i}"] = np.eye(3, 4, dtype=np.float32)


def told_of(folder: Path) -> str:
    """Returns the problems of a run."""
    return " ".join(find_run(folder).problems)


def tables(folder: Path) -> str:
    """Writes three tables of numbers, and returns what is said of them."""
    for name in "abc":
        (folder / f"{name}_vectors.tsv").write_text("1\t2\n3\t5\n")
    return told_of(folder)


def wide_table(folder: Path) -> str:
    """Writes a table of four columns, and returns what is said of it."""
    (folder / "t.tsv").write_text("a\tb\tc\td\n" + "1\t2\t3\t4\n" * 3)
    return " ".join(read_inferred_table(folder / "t.tsv", 3).problems)


def long_table(folder: Path) -> str:
    """Reads a table of three rows."""
    (folder / "t.tsv").write_text("1\n2\n3\n")
    read_inferred_table(folder / "t.tsv", 3)
    return ""


def series(folder: Path) -> str:
    """Writes four files of a series, and returns what is said of them."""
    weights(folder, "m-1", "m-2", "m-3", "m-4")
    return told_of(folder)


def many_layers(folder: Path) -> str:
    """Writes a file of three matrices, and returns what is said of it."""
    weights(folder, "m-1", matrices=3)
    return told_of(folder)


FILES: list[tuple[dict[str, float], Callable[[Path], Any], list[str]]] = [
    (
        {"recording.options.given_layers.MAX_UNITS": 2},
        rows_of,
        ["'fc1' has 3 units", "at most 2", "narrower layer"],
    ),
    (
        {"runs.tables.metadata_table.MAX_TABLE_BYTES": 30},
        lambda folder: rows_of(folder, metadata={"word": ["a long word"] * 4}),
        ["take 67 bytes", "at most 30", "leave out columns, or record fewer samples"],
    ),
    (
        {"runs.sprites.MAX_SHEET_SIDE": 1},
        lambda folder: rows_of(folder, images=np.zeros((4, 2, 2), np.uint8)),
        ["at most 1 images", "not 4", "images=False"],
    ),
    (
        {"runs.tables.metadata_inference.MAX_SAMPLES": 2},
        long_table,
        ["3 rows", "more than 2", "save fewer rows"],
    ),
    (
        {"runs.tables.metadata_inference.MAX_TABLE_BYTES": 2},
        long_table,
        ["has 6 bytes", "at most 2", "leave out columns"],
    ),
    (
        {"runs.tables.metadata_inference.MAX_COLUMNS": 3},
        wide_table,
        ["4 columns", "at most 3", "see first"],
    ),
    (
        {"runs.foreign.weight_files.MAX_FILES": 2},
        series,
        ["there are 4 files", "last 2", "save less often"],
    ),
    (
        {"runs.foreign.folder_contents.MAX_LAYERS": 2},
        many_layers,
        ["has 3 matrices", "the 2 with", "directory of their own"],
    ),
    (
        {"runs.foreign.loose_tables.MAX_TABLES": 2},
        tables,
        ["has 3 tables", "the first 2", "directory of their own"],
    ),
]


@pytest.mark.parametrize(("limits", "use", "words"), FILES)
def test_a_file_that_is_too_large_is_told_with_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, float],
    use: Callable[[Path], Any],
    words: list[str],
) -> None:
    limited(monkeypatch, limits)
    try:
        told = str(use(tmp_path))
    except EmbedError as error:
        told = str(error)
    assert [word for word in words if word not in told] == [], told
