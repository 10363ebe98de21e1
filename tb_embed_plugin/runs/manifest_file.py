"""The file of a run's manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.manifest import LARGE_MANIFEST, MAX_MANIFEST_BYTES, Manifest, Step
from tb_embed_plugin.runs.reading import read_file


def read_manifest(run_dir: Path, known: Sequence[Step] = ()) -> Manifest | None:
    """Returns the manifest of the run in `run_dir`, None where there is no run.

    Args:
        run_dir: The run's directory.
        known: Steps of an earlier version, which are taken as they are.

    Raises:
        UnreadableError: It is damaged or of a newer format.
    """
    try:
        data = read_file(run_dir / MANIFEST_FILE, MAX_MANIFEST_BYTES, LARGE_MANIFEST)
    except FileNotFoundError:
        return None
    return Manifest.from_json(data, known)
