"""The stock Projector's configuration: written so that it opens our runs, read in others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tensorboard.plugins import projector

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.metadata import METADATA_FILE, PROJECTOR_CONFIG_FILE, SPRITE_FILE
from tb_embed_plugin.runs.atomic import write_bytes
from tb_embed_plugin.runs.manifest import Layer, SpriteInfo
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.safe_path import confined

MAX_CONFIG_BYTES = 4 << 20
"""Larger configurations are not read."""

MAX_ENTRIES = 20_000
"""Tensors of one configuration; the others are left out, and said to be."""


@dataclass(frozen=True)
class ConfiguredTensor:
    """What a configuration says of one tensor; paths as they were written, empty for none.

    Attributes:
        name: The tensor; empty for all that the checkpoints hold.
        metadata: The table of its rows.
        sprite: The sheet of their thumbnails.
        cell: Width and height of a thumbnail, pixels; empty where nobody said.
        tensor: The file of its values, where they are in no checkpoint.
        shape: Its rows and columns, where somebody said.
    """

    name: str = ""
    metadata: str = ""
    sprite: str = ""
    cell: tuple[int, ...] = ()
    tensor: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProjectorConfig:
    """What a `projector_config.pbtxt` says.

    Attributes:
        checkpoint: Path of a checkpoint, as it was written; empty for the newest.
        tensors: In the file's order.
        left_out: How many more there are.
    """

    checkpoint: str = ""
    tensors: tuple[ConfiguredTensor, ...] = ()
    left_out: int = 0

    @property
    def paths(self) -> list[str]:
        """The paths of all its tensors' files, as they were written."""
        return [
            path
            for tensor in self.tensors
            for path in (tensor.tensor, tensor.metadata, tensor.sprite)
            if path
        ]


def two_entries(name: str, shown: ConfiguredTensor, other: ConfiguredTensor) -> list[str]:
    """Says that a configuration has two entries for one tensor, where they differ.

    Args:
        name: The tensor.
        shown: The first entry, which is the one that the stock Projector takes.
        other: Another one.
    """
    files = [(entry.tensor, entry.metadata, entry.sprite) for entry in (shown, other)]
    if files[0] == files[1]:
        return []
    received, rest = (", ".join(filter(None, names)) or "no files" for names in files)
    problem = (
        f"the configuration has two entries for {name}, one with {received} and one with "
        f"{rest}: the first is shown; remove the other"
    )
    return [problem]


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
    write_bytes(run_dir, PROJECTOR_CONFIG_FILE, text.encode())


def read_projector_config(folder: Path) -> ProjectorConfig | None:
    """Reads the configuration of a directory, None where it has none.

    Args:
        folder: The directory, links resolved.

    Raises:
        UnreadableError: It is damaged, too large, a link that leads out of the directory, or
            cannot be read.
    """
    try:
        data = read_file(
            confined(folder, PROJECTOR_CONFIG_FILE),
            MAX_CONFIG_BYTES,
            "log fewer tensors or steps into one run",
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(f"not readable ({type(error).__name__})") from error
    config = projector.ProjectorConfig()
    try:
        text_format.Parse(data.decode("utf-8-sig"), config, allow_unknown_field=True)
    # Strings in it may say in octal digits what is no UTF-8.
    except (text_format.ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        words = " ".join(str(error).split())[:120]
        raise _unreadable(f"damaged ({words})") from error
    return ProjectorConfig(
        checkpoint=config.model_checkpoint_path,
        left_out=max(0, len(config.embeddings) - MAX_ENTRIES),
        tensors=tuple(
            ConfiguredTensor(
                name=embedding.tensor_name,
                metadata=embedding.metadata_path,
                sprite=embedding.sprite.image_path,
                cell=tuple(embedding.sprite.single_image_dim),
                tensor=embedding.tensor_path,
                shape=tuple(embedding.tensor_shape),
            )
            for embedding in config.embeddings[:MAX_ENTRIES]
        ),
    )


def _unreadable(received: str) -> UnreadableError:
    return UnreadableError(
        f"{PROJECTOR_CONFIG_FILE} is {received}; write it again with "
        "projector.visualize_embeddings"
    )
