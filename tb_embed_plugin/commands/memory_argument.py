"""The argument that says how much memory a command may work in."""

from __future__ import annotations

import argparse


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Adds the argument."""
    parser.add_argument(
        "--memory",
        type=int,
        metavar="MB",
        help="what may be worked in beside the results, in megabytes; by default a quarter of "
        "the machine's memory, or of the container's",
    )


def use_memory_of(options: argparse.Namespace) -> None:
    """Lets this process work in as much as the argument says.

    Raises:
        ArgumentError: That is too little.
    """
    from tb_embed_plugin.projections.working_memory import use_memory

    use_memory(options.memory)


def memory_error(options: argparse.Namespace) -> str:
    """Returns what to say where the memory did not suffice."""
    remedies = ["close other programs", "record fewer samples (max_samples)"]
    if hasattr(options, "memory"):
        from tb_embed_plugin.projections.working_memory import LEAST_MB, working_memory

        now = working_memory() >> 20
        if now > LEAST_MB:
            remedies.insert(0, f"pass a smaller --memory (now {now}, at least {LEAST_MB})")
    if getattr(options, "run", "") is None or getattr(options, "layer", "") is None:
        remedies.insert(0, "choose one with --run and --layer")
    return f"there is not enough memory for this; {', or '.join(remedies)}"
