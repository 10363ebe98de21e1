"""The command `tb-embed`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tb_embed_plugin.commands.asking.command import add_command as add_asking
from tb_embed_plugin.commands.importing.command import add_command
from tb_embed_plugin.commands.logdir_argument import bring_here, logdir_argument
from tb_embed_plugin.commands.memory_argument import add_memory, memory_error, use_memory_of
from tb_embed_plugin.commands.placing.command import add_command as add_placing
from tb_embed_plugin.commands.reporting.command import add_commands
from tb_embed_plugin.commands.settings_argument import add_settings, settings_of
from tb_embed_plugin.commands.workers_argument import RESUMES, add_workers, workers_of
from tb_embed_plugin.errors import ArgumentError, EmbedError, UnsuitableDataError
from tb_embed_plugin.jobs.child_process import let_threads_sleep
from tb_embed_plugin.local_paths import local_argument
from tb_embed_plugin.wording import system_error

if TYPE_CHECKING:
    from tb_embed_plugin.commands.project import Wish

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: The command's words; those of the process by default.

    Returns:
        The exit status: 0, or 1 where something is wrong, which a message says; 130 where it
        was interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        bring_here(options)
        status: int = options.command(options)
    except EmbedError as error:
        print(f"tb-embed: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"tb-embed: {system_error(error, 'read or write')}", file=sys.stderr)
        return 1
    except MemoryError:
        print(f"tb-embed: {memory_error(options)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ntb-embed: {getattr(options, 'stopped', 'stopped')}", file=sys.stderr)
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tb-embed", description="Watch a network's representations form while it trains."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="train a small network, record every epoch, and open the result"
    )
    demo.add_argument(
        "--dataset",
        choices=("digits", "mnist"),
        default="digits",
        help="digits: scikit-learn's 1,797, nothing to download; mnist: 70,000 (11 MB)",
    )
    demo.add_argument(
        "--data",
        type=local_argument,
        metavar="FILE.npz",
        help="a file with the arrays of MNIST",
    )
    demo.add_argument("--epochs", type=int, default=10, metavar="N")
    demo.add_argument("--logdir", type=local_argument, default=Path("demo_logs"), metavar="DIR")
    demo.add_argument(
        "--no-serve", action="store_true", help="do not start TensorBoard afterwards"
    )
    demo.set_defaults(command=_demo)
    layers = commands.add_parser(
        "layers", help="list the layers of a saved model that can be recorded"
    )
    layers.add_argument("model", type=local_argument, metavar="MODEL.keras")
    layers.set_defaults(command=_layers)
    add_command(commands)
    add_commands(commands)
    add_asking(commands)
    add_placing(commands)
    project = commands.add_parser(
        "project", help="compute projections ahead of time, so that the page shows them at once"
    )
    _add_projection(project)
    add_memory(project)
    add_workers(project)
    project.set_defaults(command=_project, stopped=RESUMES)
    export = commands.add_parser(
        "export", help="write one layer's projection with metadata and quality to a file"
    )
    _add_projection(export)
    export.add_argument(
        "--format", required=True, choices=("csv", "npz", "parquet", "safetensors", "html")
    )
    export.add_argument("--output", required=True, type=local_argument, metavar="FILE")
    export.set_defaults(command=_export)
    _add_label_errors(commands)
    sync = commands.add_parser(
        "sync", help="copy logs from object storage to this machine, or from here to there"
    )
    sync.add_argument("source", metavar="FROM", help="such as s3://bucket/logs, or a directory")
    sync.add_argument("target", metavar="TO", help="a directory, or such an address")
    sync.add_argument(
        "--follow", action="store_true", help="go on, and copy what is recorded meanwhile"
    )
    sync.add_argument(
        "--every",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="between two copies with --follow, 5 by default",
    )
    sync.set_defaults(command=_sync)
    return parser


def _add_label_errors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands that find wrong labels, and correct them."""
    errors = commands.add_parser(
        "label-errors", help="print the labels that are probably wrong, and what they should be"
    )
    errors.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    errors.add_argument("--run", help="only this run, by its name in TensorBoard")
    errors.add_argument("--layer", help="only this layer")
    _add_label(errors)
    errors.add_argument(
        "--output",
        type=local_argument,
        metavar="FILE.csv",
        help="write the table of one layer, to be filled with decisions",
    )
    errors.set_defaults(command=_label_errors)
    relabel = commands.add_parser(
        "relabel", help="write your labels anew, corrected by a table of decisions"
    )
    relabel.add_argument("decisions", type=local_argument, metavar="DECISIONS.csv")
    relabel.add_argument(
        "labels", type=local_argument, metavar="LABELS", help=".npy, or one label a line"
    )
    relabel.add_argument("--output", required=True, type=local_argument, metavar="FILE")
    relabel.add_argument(
        "--class-names",
        metavar="NAME,NAME,...",
        help="what the table calls the labels 0, 1 and so on",
    )
    relabel.set_defaults(command=_relabel)


def _add_projection(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that name a projection."""
    parser.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    parser.add_argument("--run", help="only this run, by its name in TensorBoard")
    parser.add_argument("--layer", help="only this layer")
    parser.add_argument("--engine", default="tsne", help="tsne (the default), umap, pca, axes")
    parser.add_argument("--components", type=int, metavar="N")
    _add_label(parser)
    add_settings(parser)


def _add_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column with the labels, '' for none; by default the one that check names",
    )


def _project(options: argparse.Namespace) -> int:
    let_threads_sleep()
    use_memory_of(options)
    with workers_of(options, "quality_tasks") as workers:
        from tb_embed_plugin.commands.project import project

        for projected in project(_wish(options), workers):
            layout = projected.layout
            print(f"{layout.run.name}, {layout.layer.name}: {projected.sentence}")
    return 0


def _export(options: argparse.Namespace) -> int:
    let_threads_sleep()
    from tb_embed_plugin.commands.export import export
    from tb_embed_plugin.commands.project import project_one

    projected = project_one(_wish(options))
    for file in export(projected, options.format, options.output):
        print(file)
    return 0


def _wish(options: argparse.Namespace) -> Wish:
    from tb_embed_plugin.commands.project import Wish

    return Wish(
        logdir=options.logdir,
        run=options.run,
        layer=options.layer,
        engine=options.engine,
        components=options.components,
        settings=settings_of(options),
        label=options.label,
    )


def _layers(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.layers import layers

    print(layers(options.model))
    return 0


def _label_errors(options: argparse.Namespace) -> int:
    from tb_embed_plugin.analysis.label_audit import audit_labels
    from tb_embed_plugin.commands.scalars import measures_below
    from tb_embed_plugin.runs.atomic import replaced_at

    asked = options.logdir, options.run, options.layer, options.label
    layers = [layer for of_run in measures_below(*asked) for layer in of_run]
    if options.output is not None and len(layers) > 1:
        raise ArgumentError(
            f"--output is the table of one layer, but there are {len(layers)}; choose one with "
            "--run and --layer"
        )
    for layer in layers:
        try:
            found = audit_labels(layer)
        except UnsuitableDataError as error:
            if len(layers) == 1:
                raise
            print(f"{layer.run.name}, {layer.facts.name}: {error}")
            continue
        print(f"{layer.run.name}, {layer.facts.name}: {found.table()}")
        if options.output is not None:
            with replaced_at(options.output) as file:
                file.write(found.csv().encode())
    return 0


def _relabel(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.relabel import write_relabeled

    names = None if options.class_names is None else options.class_names.split(",")
    changed = write_relabeled(options.decisions, options.labels, options.output, names)
    print(f"{changed} label{'s' * (changed != 1)} changed, written to {options.output}")
    return 0


def _sync(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.sync import sync

    every = options.every if options.follow else None
    try:
        for line in sync(options.source, options.target, every):
            print(line, flush=True)
    except KeyboardInterrupt:
        print("stopped; run the same command to go on")
    return 0


def _demo(options: argparse.Namespace) -> int:
    # Training needs TensorFlow, which no other command should wait for.
    from tb_embed_plugin.commands import demo

    run_dir = options.logdir / options.dataset
    demo.train(run_dir, options.dataset, options.data, options.epochs)
    if options.no_serve:
        print(f"tensorboard --logdir {options.logdir}")
    else:
        demo.serve(options.logdir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
