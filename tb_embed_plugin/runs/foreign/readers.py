"""The readers of what others wrote, a line each; the layers of the first come first."""

from __future__ import annotations

from tb_embed_plugin.runs.foreign.add_embedding import AddEmbedding
from tb_embed_plugin.runs.foreign.checkpoint_files import CheckpointFiles
from tb_embed_plugin.runs.foreign.loose_tables import LooseTables
from tb_embed_plugin.runs.foreign.reader import Reader
from tb_embed_plugin.runs.foreign.weight_files import WeightFiles

READERS: tuple[type[Reader], ...] = (
    CheckpointFiles,
    WeightFiles,
    AddEmbedding,
    LooseTables,
)
