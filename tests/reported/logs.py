"""Logs of others, made anew in few bytes: checkpoints, tables and configurations."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.checkpoints.writer import write_checkpoint
from tb_embed_plugin.runs.run import Run

ROWS = 12
WORDS = [f"word {i}" for i in range(ROWS)]


def values(rows: int = ROWS, units: int = 4, seed: int = 0) -> NDArray[np.float32]:
    """Returns float32 values, (rows, units)."""
    return np.random.default_rng(seed).normal(size=(rows, units)).astype(np.float32)


def save(folder: Path, tensors: Mapping[str, NDArray[np.generic]], name: str) -> None:
    """Writes a checkpoint of float32, and nothing that says who wrote it."""
    ours = folder / MANIFEST_FILE
    ours.parent.mkdir(parents=True, exist_ok=True)
    write_checkpoint(folder, name, tensors, np.dtype(np.float32))
    shutil.rmtree(folder / "plugins")


def write_words(path: Path, words: Sequence[str] = tuple(WORDS)) -> None:
    """Writes a table of one column, without a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{word}\n" for word in words))


def write_table(path: Path, matrix: NDArray[np.float32]) -> None:
    """Writes numbers as `add_embedding` and the Projector's page do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ("\t".join(repr(float(x)) for x in row) + "\n" for row in matrix)
    path.write_text("".join(rows))


def entry(**fields: str) -> str:
    """Returns an entry of a configuration."""
    body = " ".join(f"{name}: {quoted(value)}" for name, value in fields.items())
    return f"embeddings {{ {body} }}\n"


def quoted(text: str) -> str:
    """Returns a text as protocol buffers quote it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def configure(folder: Path, *entries: str) -> None:
    """Writes a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "projector_config.pbtxt").write_text("".join(entries))


def words_of(run: Run, layer: str) -> list[str]:
    """Returns the cells of a layer's only column, nothing where it has none."""
    columns = run.columns(layer)
    return list(columns[0].cells) if columns else []
