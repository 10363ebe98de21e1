"""The arguments that set an engine's settings."""

from __future__ import annotations

import argparse

from tb_embed_plugin.errors import ArgumentError


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the engine, such as perplexity=50; may be repeated",
    )
    parser.add_argument(
        "--landmarks",
        metavar="N",
        help="tsne, umap: samples that are laid out, among which the others are placed; by "
        "default all up to 200,000, and 20,000 of more",
    )


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Returns the values of settings, as text, by their names.

    Raises:
        ArgumentError: One has no name or no value, or landmarks are named twice.
    """
    settings = {}
    for setting in options.set:
        name, separator, value = setting.partition("=")
        if not separator:
            raise ArgumentError(
                f"--set must have the form NAME=VALUE, not {setting!r}; write --set "
                "perplexity=50, for instance"
            )
        settings[name] = value
    if options.landmarks is not None:
        if "landmarks" in settings:
            raise ArgumentError(
                f"--landmarks {options.landmarks} and --set landmarks={settings['landmarks']} "
                "set the same; pass one of them"
            )
        settings["landmarks"] = options.landmarks
    return settings
