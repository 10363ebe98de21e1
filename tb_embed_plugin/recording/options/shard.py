"""Which of several workers that record one run this process is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.local_paths import is_address
from tb_embed_plugin.recording.options.natural_number import natural_number
from tb_embed_plugin.wording import as_typed


@dataclass(frozen=True)
class Shard:
    """One worker of several.

    Attributes:
        rank: Its number, from 0; worker 0 is the chief, which joins the parts of all.
        world: How many workers there are.
    """

    rank: int
    world: int

    @property
    def is_chief(self) -> bool:
        """Whether it joins the parts."""
        return self.rank == 0


def checked_shard(shard: Any, log_dir: str | Path, *, keep_model: bool = False) -> Shard | None:
    """Returns which worker this process is, None where it records a run by itself.

    Raises:
        MisuseError: It is no pair of whole numbers with 0 <= rank < world, or `log_dir` is an
            address, which workers have no folder at to share, or models are to be kept.
    """
    if shard is None:
        return None
    pair = shard if isinstance(shard, tuple | list) and len(shard) == 2 else (None, None)
    rank, world = map(natural_number, pair)
    if rank is None or not world or rank >= world:
        raise MisuseError(
            "shard must be (rank, world), two whole numbers with 0 <= rank < world, not "
            f"{as_typed(shard)}; pass shard=(0, 2) in the first of two workers"
        )
    if is_address(log_dir):
        raise MisuseError(
            f"shard needs a directory that all workers see, but log_dir is the address "
            f"{log_dir}; record into a shared directory, and copy it with tb-embed sync"
        )
    if keep_model:
        raise MisuseError(
            "keep_model keeps no models of a run that several workers record; leave out either "
            "keep_model or shard"
        )
    return Shard(rank, world)
