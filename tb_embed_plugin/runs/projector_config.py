"""The stock Projector's own configuration file, so that it opens our runs unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format
from tensorboard.plugins import projector

from tb_embed_plugin.metadata import METADATA_FILE, PROJECTOR_CONFIG_FILE, SPRITE_FILE
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.manifest import Layer, SpriteInfo


def write_projector_config(
    run_dir: Path, layers: Sequence[Layer], sprite: SpriteInfo | None
) -> None:
    """Writes `projector_config.pbtxt`: each layer with the metadata and the sprite."""
    config = projector.ProjectorConfig()
    for layer in layers:
        embedding = config.embeddings.add()
        embedding.tensor_name = layer.name
        embedding.metadata_path = METADATA_FILE
        if sprite is not None:
            embedding.sprite.image_path = SPRITE_FILE
            embedding.sprite.single_image_dim.extend(sprite.cell)
    text = text_format.MessageToString(config)
    write_bytes(run_dir / PROJECTOR_CONFIG_FILE, text.encode())
