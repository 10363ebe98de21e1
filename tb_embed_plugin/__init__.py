"""Watch a neural network's representations form while it trains.

The public names are resolved on first use (PEP 562), so that importing the package costs
nothing and never loads TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tb_embed_plugin.commands.placing.place import place
    from tb_embed_plugin.commands.relabel import relabeled
    from tb_embed_plugin.errors import EmbedError, MisuseError
    from tb_embed_plugin.notebook import open_run
    from tb_embed_plugin.recording.callback import EmbeddingCheckpoint
    from tb_embed_plugin.recording.projector_files import write_metadata, write_sprite_image
    from tb_embed_plugin.recording.record import record

__version__ = "0.1.0"

__all__ = [
    "EmbedError",
    "EmbeddingCheckpoint",
    "MisuseError",
    "open_run",
    "place",
    "record",
    "relabeled",
    "write_metadata",
    "write_sprite_image",
]

_MODULES = {
    "EmbedError": "tb_embed_plugin.errors",
    "EmbeddingCheckpoint": "tb_embed_plugin.recording.callback",
    "MisuseError": "tb_embed_plugin.errors",
    "open_run": "tb_embed_plugin.notebook",
    "place": "tb_embed_plugin.commands.placing.place",
    "record": "tb_embed_plugin.recording.record",
    "relabeled": "tb_embed_plugin.commands.relabel",
    "write_metadata": "tb_embed_plugin.recording.projector_files",
    "write_sprite_image": "tb_embed_plugin.recording.projector_files",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
