"""The files that a manifest names: once there, they change only where a run is begun anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import (
    MANIFEST_FILE,
    METADATA_FILE,
    MODELS_FOLDER,
    SPRITE_FILE,
    sprite_page_file,
)
from tb_embed_plugin.remote.copied_files import is_manifest
from tb_embed_plugin.runs.checkpoint_folder import checkpoint_files
from tb_embed_plugin.runs.kept_models import model_files
from tb_embed_plugin.runs.manifest import Manifest


def names_of(content: bytes) -> frozenset[str]:
    """Returns the files that a manifest names, by their paths in the run.

    Args:
        content: The manifest's content.

    Raises:
        UnreadableError: It is no manifest.
    """
    manifest = Manifest.from_json(content)
    names = {METADATA_FILE}
    for step in manifest.steps:
        names.update(checkpoint_files(manifest.checkpoint(step.step)))
        names.update(model_files(step.step))
    if manifest.sprite is not None:
        pages = 0 if manifest.sprite.pages is None else manifest.sprite.pages.count
        names.update([SPRITE_FILE, *map(sprite_page_file, range(pages))])
    return frozenset(names)


def needed_of(content: bytes) -> frozenset[str]:
    """Returns the files that a manifest names and without which its run cannot be read.

    Raises:
        UnreadableError: It is no manifest.
    """
    return frozenset(n for n in names_of(content) if not n.startswith(f"{MODELS_FOLDER}/"))


def names_below(manifest_name: str, content: bytes) -> frozenset[str]:
    """Returns the same by their paths in the log directory; of a damaged manifest none.

    Args:
        manifest_name: The manifest's path in the log directory.
        content: Its content.
    """
    try:
        names = names_of(content)
    except UnreadableError:
        return frozenset()
    run = manifest_name.removesuffix(MANIFEST_FILE)
    return frozenset(f"{run}{name}" for name in names)


def manifests_above(name: str) -> list[str]:
    """Returns the manifests that might name a file, by their paths in the log directory."""
    return [(folder / MANIFEST_FILE).as_posix() for folder in PurePosixPath(name).parents]


def is_one_version(name: str, content: bytes, *listings: Mapping[str, object]) -> bool:
    """Whether what a manifest names stayed as it was, from before it was read until now.

    Args:
        name: The manifest's path in the log directory; of any other file nothing is asked.
        content: Its content.
        *listings: What tells versions of files apart, by their paths: before the manifest was
            read, of what was copied, and of now.
    """
    if not is_manifest(name):
        return True
    first, second, third = listings
    return all(
        second.get(one) == third.get(one) and (one not in first or first[one] == third.get(one))
        for one in names_below(name, content)
    )
