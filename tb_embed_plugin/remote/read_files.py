"""Which files of a storage the readers of runs open; the tab and `open_run` copy these alone.

A bucket often holds much else beside the runs: data sets, archives, other programs' events.
"""

from __future__ import annotations

import re

from tb_embed_plugin.metadata import (
    CHECKPOINT_STATE_FILE,
    EVENT_FILE,
    MODELS_FOLDER,
    PLUGIN_NAME,
    PROJECTOR_CONFIG_FILE,
)
from tb_embed_plugin.remote.copied_files import is_copied
from tb_embed_plugin.runs.checkpoints.bundle_entries import INDEX
from tb_embed_plugin.runs.foreign.weight_files import WeightFiles

_NAMES = frozenset({CHECKPOINT_STATE_FILE, EVENT_FILE, PROJECTOR_CONFIG_FILE})
_TABLES = (".tsv", ".csv", ".txt", ".bytes")
_IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_ENDINGS = (INDEX, *WeightFiles.endings, *_TABLES, *_IMAGES)
_VALUES = re.compile(r"\.data-\d+-of-\d+$", re.ASCII)
_PLUGINS = re.compile(r"(?:^|/)plugins/([^/]+)/")

_KEPT_MODEL = re.compile(rf"(?:^|/){MODELS_FOLDER}/[^/]+\.keras$")


def is_read(name: str) -> bool:
    """Whether a file can be one of a run's, by its path below the address."""
    if not is_copied(name):
        return False
    plugins = _PLUGINS.findall(name)
    if plugins:
        return set(plugins) == {PLUGIN_NAME}
    last = name.rpartition("/")[2]
    return (
        last in _NAMES
        or last.lower().endswith(_ENDINGS)
        or _VALUES.search(last) is not None
        # A configuration may name a table so.
        or "." not in last
    )


def is_kept_model(name: str) -> bool:
    """Whether a file is a model that was kept with a snapshot, read to compute new samples."""
    return _KEPT_MODEL.search(name) is not None
