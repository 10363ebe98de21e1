"""The command `tb-embed import`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any

from tb_embed_plugin.commands.logdir_argument import logdir_argument
from tb_embed_plugin.local_paths import local_argument


def add_command(commands: Any) -> None:
    """Adds the command to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "import",
        help="make a run of activations that other programs saved",
        description="Makes a run of .npy, .npz, .safetensors, Parquet or CSV files that hold "
        "matrices with a row per sample, or of vectors as text (word2vec, GloVe, fastText, "
        "tables of numbers: .txt, .vec, .tsv). Several files are the steps of one run, by the "
        "numbers in their names (fc1-step10.npy, or fc1-10.npy), else in the order given.",
    )
    parser.add_argument("sources", type=local_argument, nargs="+", metavar="SOURCE")
    parser.add_argument(
        "--run",
        type=logdir_argument,
        required=True,
        metavar="DIR",
        help="the run's directory, or an address such as s3://bucket/run; where it holds other "
        "programs' checkpoints, the run goes into DIR-2",
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="NAME",
        help="import this array; repeat it for several (default: all); where a file does not "
        "name its array, the layer's name",
    )
    parser.add_argument(
        "--steps",
        type=_words,
        metavar="N,N,…",
        help="the step of each file; fractions and words become steps in their order",
    )
    parser.add_argument(
        "--metadata",
        type=local_argument,
        metavar="FILE",
        help="metadata with a row per sample: .tsv, .csv or .parquet",
    )
    parser.add_argument(
        "--images",
        "--sprite",
        type=local_argument,
        metavar="FILE",
        help="thumbnails: .npy or .npz, (n, height, width) or with channels; or one picture of "
        "all, row by row",
    )
    parser.add_argument(
        "--cell",
        type=_cell,
        metavar="WxH",
        help="width and height of a thumbnail in that picture (default: a square grid)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="delete an existing run of this tool first"
    )
    command: Callable[[argparse.Namespace], int] = _import
    parser.set_defaults(command=command)


def _import(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.importing.importer import Request, import_files
    from tb_embed_plugin.recording.training.announcement import show_command
    from tb_embed_plugin.remote.staging import shown

    imported = import_files(
        Request(
            sources=options.sources,
            run_dir=options.run,
            layers=options.layer,
            steps=options.steps,
            metadata=options.metadata,
            images=options.images,
            cell=options.cell,
            overwrite=options.overwrite,
        )
    )
    layers = ", ".join(f"{layer.name} ({layer.units} units)" for layer in imported.layers)
    steps = ", ".join(step.shown for step in imported.steps)
    print(f"{shown(imported.run_dir)}: {imported.samples:,} samples; {layers}; steps {steps}")
    for note in imported.notes:
        print(f"note: {note}")
    print(show_command(imported.run_dir))
    return 0


def _words(text: str) -> list[str]:
    words = [part.strip() for part in text.split(",")]
    if "" in words:
        raise argparse.ArgumentTypeError(
            f"--steps must be steps separated by commas, not {text!r}"
        )
    return words


def _cell(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"--cell must be a size such as 28x28, not {text!r}")
    return int(match[1]), int(match[2])
