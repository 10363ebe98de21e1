"""What TensorBoard loads: the plugin, and the flags that it adds to TensorBoard's own.

TensorBoard imports this module at its start, as it does `plugin`, and does not survive an
exception there.
"""

from __future__ import annotations

import argparse
import contextlib

from tensorboard.plugins import base_plugin

from tb_embed_plugin.plugin import MEMORY_MB, EmbeddingsPlugin, host_name, listed_hosts

LEAST_MB = 16
"""Less would hold no axes of a wide layer."""


class EmbeddingsLoader(base_plugin.TBLoader):  # type: ignore[misc] # TensorBoard is untyped
    """Defines the flags, and makes the plugin."""

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Adds our flags."""
        group = parser.add_argument_group("Embeddings plugin")
        # Where the plugin is found twice, its flags are there already.
        with contextlib.suppress(argparse.ArgumentError):
            group.add_argument(
                "--tb_embed_hosts",
                metavar="NAMES",
                default="",
                help="Names of this server, such as localhost,logs.example.org. The "
                "Embeddings tab then answers requests to these names alone, which keeps "
                "out sites that rename themselves to this machine (DNS rebinding). Name those "
                "that a proxy passes on. Default: any name.",
            )
            group.add_argument(
                "--tb_embed_memory_mb",
                metavar="MB",
                type=int,
                default=MEMORY_MB,
                help="What the Embeddings tab may remember of what it has computed, beside "
                f"what it works on. Default: {MEMORY_MB}.",
            )

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Checks our flags.

        Raises:
            FlagsError: One cannot be understood.
        """
        for name in listed_hosts(flags):
            if "/" in name or host_name(name) is None:
                raise base_plugin.FlagsError(
                    "--tb_embed_hosts takes names of hosts, such as "
                    f"localhost,logs.example.org, not {name!r}"
                )

        memory = getattr(flags, "tb_embed_memory_mb", MEMORY_MB)
        if memory < LEAST_MB:
            raise base_plugin.FlagsError(
                f"--tb_embed_memory_mb must be at least {LEAST_MB}, not {memory}"
            )

    def load(self, context: base_plugin.TBContext) -> EmbeddingsPlugin:
        """Returns the plugin."""
        return EmbeddingsPlugin(context)
