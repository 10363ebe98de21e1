"""The command `tb-embed place`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tb_embed_plugin.commands.logdir_argument import logdir_argument
from tb_embed_plugin.errors import ArgumentError
from tb_embed_plugin.local_paths import local_argument


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "place", help="place new samples among those of a run that keeps its models"
    )
    parser.add_argument("logdir", type=logdir_argument, metavar="LOGDIR")
    parser.add_argument("run", metavar="RUN", help="by its name in TensorBoard")
    parser.add_argument(
        "files",
        nargs="*",
        type=local_argument,
        metavar="FILE",
        help=".npy or .npz of inputs, prepared as the recorded ones; or PNG and JPEG pictures",
    )
    parser.add_argument(
        "--remove", action="store_true", help="remove the new samples placed before"
    )
    parser.set_defaults(command=_place, writes_beside=True)


def _place(options: argparse.Namespace) -> int:
    from tb_embed_plugin.commands.placing.input_files import read_new_inputs
    from tb_embed_plugin.commands.placing.pictures import PictureInput
    from tb_embed_plugin.commands.placing.place import open_kept, place_in, remove_guests
    from tb_embed_plugin.runs.kept_models import kept_pass, steps_with_models

    if bool(options.files) == options.remove:
        raise ArgumentError(
            "place takes files of new samples, or --remove to remove the new samples placed "
            "before; pass one of the two"
        )
    if options.remove:
        remove_guests(options.logdir, options.run)
        print(f"{options.run}: no new samples any more; reload the page")
        return 0
    run = open_kept(options.logdir, options.run)
    last = steps_with_models(run)[-1]

    def picture_input() -> PictureInput:
        from tb_embed_plugin.recording.kept_model.kept_pass import input_shapes

        taken = PictureInput.of(input_shapes(run, last), kept_pass(run, last).limits)
        scale = f"{taken.black:g}..{taken.white:g}"
        print(f"pictures are scaled to {scale}, as the recorded inputs")
        return taken

    new = read_new_inputs(options.files, picture_input)
    placed = place_in(
        run, new.inputs, new.names, lambda step: print(f"{run.step_words(step)} computed")
    )
    print(
        f"{run.name}: {placed.guests} new sample{'s' * (placed.guests != 1)} placed at "
        f"{_steps(placed.steps)} of {', '.join(placed.layers)}; reload the page to "
        "see them in PCA and class axes"
    )
    if placed.without_model:
        print(
            f"no model was kept with {_steps(placed.without_model)}: they are not shown there"
        )
    return 0


def _steps(steps: Sequence[int]) -> str:
    return f"{len(steps)} step{'s' * (len(steps) != 1)}"
