"""Reads the linear view that the arguments of a request name; a worker reads it alike."""

from __future__ import annotations

from typing import get_args

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, UnsuitableDataError
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.runs.label_column import label_reason
from tb_embed_plugin.runs.labels import label_of
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.matching import StepRule
from tb_embed_plugin.views import CLASS_KINDS, ENGINES, Onto, Source, View

CARRYING = ("onto_run", "onto_layer", "match")
"""Arguments beside the engine's own: what the layer is carried onto."""


def read_view(logdir: Logdir, arguments: Arguments) -> View:
    """Returns the linear view that a request names.

    Raises:
        EmbedError: There is no such run, layer or engine, or an argument is none of its.
    """
    name = arguments.choice("engine", [engine.name for engine in ENGINES])
    engine = next(engine for engine in ENGINES if engine.name == name)
    source = _read_source(logdir, arguments, "run", "layer")
    components = arguments.choice("components", [str(n) for n in engine.components])
    settings = engine.settings(
        arguments.given([parameter.name for parameter in engine.parameters])
    )
    onto = None
    if arguments.given(["onto_run", "onto_layer"]):
        there = _read_source(logdir, arguments, "onto_run", "onto_layer")
        rules: tuple[StepRule, ...] = get_args(StepRule)
        rule = arguments.choice("match", rules)
        onto = Onto(there, next(known for known in rules if known == rule))
    home = source if onto is None else onto.source
    if settings.get("kind") in CLASS_KINDS and not settings["column"]:
        settings = {**settings, "column": _read_label(arguments, home)}
    return View(
        source=source,
        engine=name,
        settings=settings,
        basis_steps=tuple(arguments.members("basis_steps", home.facts.drawable)),
        components=int(components),
        sides=_read_sides(arguments, settings, home.facts.samples),
        onto=onto,
    )


def _read_source(
    logdir: Logdir, arguments: Arguments, run_name: str, layer_name: str
) -> Source:
    run = logdir.run(arguments.text(run_name))
    source = Source(run, arguments.text(layer_name))
    if not source.facts.drawable:
        raise UnsuitableDataError(
            f"expected a snapshot of {source.layer!r} with finite values; run {run.name!r} has "
            f"none among its {len(source.facts.steps)} steps; wait for one, or look at the "
            "training"
        )
    return source


def _read_label(arguments: Arguments, home: Source) -> str:
    """Returns the column whose classes the axes are made from where nobody names one."""
    label = label_of(home.facts, arguments.label())
    if label is None:
        none = arguments.label() == ""
        reason = "No label is chosen." if none else label_reason(None, home.facts.columns)
        raise ArgumentError(
            f"expected column to name the classes that the axes are made from. {reason} Choose "
            "a label column, or another view"
        )
    return label


def _read_sides(
    arguments: Arguments, settings: Settings, n_samples: int
) -> tuple[tuple[int, ...], ...]:
    if settings.get("kind") != "groups":
        return ()
    names = ["left", "right"]
    if settings["down"] or settings["up"]:
        names += ["down", "up"]
    missing = [name for name in names if not settings[name]]
    if missing:
        raise ArgumentError(
            f"expected samples in {' and '.join(names)}; received none in "
            f"{' and '.join(missing)}; name them as 0,5-7, or choose another kind of axes"
        )
    return tuple(tuple(arguments.members(name, range(n_samples))) for name in names)
