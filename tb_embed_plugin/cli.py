"""The command `tb-embed`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tb_embed_plugin.errors import EmbedError
from tb_embed_plugin.importing.command import add_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: The command's words; those of the process by default.

    Returns:
        The exit status: 0, or 1 where something is wrong, which a message says.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except EmbedError as error:
        print(f"tb-embed: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tb-embed", description="Watch a network's representations form while it trains."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="train a small network, recording every epoch, and open it"
    )
    demo.add_argument(
        "--dataset",
        choices=("digits", "mnist"),
        default="digits",
        help="digits: scikit-learn's 8x8 ones, which need no network; mnist: Keras' 28x28",
    )
    demo.add_argument(
        "--data", type=Path, metavar="FILE.npz", help="a file with mnist's arrays"
    )
    demo.add_argument("--epochs", type=int, default=10, metavar="N")
    demo.add_argument("--logdir", type=Path, default=Path("demo_logs"), metavar="DIR")
    demo.add_argument(
        "--no-serve", action="store_true", help="do not start TensorBoard afterwards"
    )
    demo.set_defaults(command=_demo)
    check = commands.add_parser(
        "check", help="print what each run holds, and what is wrong with it"
    )
    check.add_argument("logdir", type=Path, metavar="LOGDIR")
    check.set_defaults(command=_check)
    add_command(commands)
    return parser


def _check(options: argparse.Namespace) -> int:
    from tb_embed_plugin.check import check

    reports = check(options.logdir)
    for report in reports:
        print(report.name)
        for line in report.lines:
            print(f"  {line}")
        for problem in report.problems:
            print(f"  problem: {problem}")
    return int(any(report.problems for report in reports))


def _demo(options: argparse.Namespace) -> int:
    # Training needs TensorFlow, which no other command should wait for.
    from tb_embed_plugin import demo

    run_dir = options.logdir / options.dataset
    demo.train(run_dir, options.dataset, options.data, options.epochs)
    if options.no_serve:
        print(f"tensorboard --logdir {options.logdir}")
    else:
        demo.serve(options.logdir, run_dir.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
