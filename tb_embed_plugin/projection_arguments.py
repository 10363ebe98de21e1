"""Reads the projection that the arguments of a request or of a command name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from tb_embed_plugin.arguments import Arguments
from tb_embed_plugin.errors import ArgumentError, NotRecordedError, UnsuitableDataError
from tb_embed_plugin.projection import AlignedTo, LayerRef, Projection
from tb_embed_plugin.projections import engines
from tb_embed_plugin.projections.axes import CLASS_KINDS
from tb_embed_plugin.projections.engine import Engine, Settings
from tb_embed_plugin.projections.landmarks import landmark_count
from tb_embed_plugin.runs.label_column import label_reason
from tb_embed_plugin.runs.labels import label_of
from tb_embed_plugin.runs.layer_facts import LayerFacts
from tb_embed_plugin.runs.logdir import Logdir
from tb_embed_plugin.runs.match_runs import StepRule
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.wording import no_such

ALIGNING = ("onto_run", "onto_layer", "match")
"""Arguments beside the engine's own: what the layer is aligned to."""


def read_projection(
    logdir: Logdir, arguments: Arguments, names: Iterable[str] = engines.FACTS
) -> Projection:
    """Returns the projection that a request names.

    Args:
        logdir: Where the runs are.
        arguments: Of the request.
        names: The engines that it may name; the first one if it names none.

    Raises:
        EmbedError: There is no such run, layer or engine, or an argument is none of its.
    """
    engine = engines.FACTS[arguments.choice("engine", list(names))]
    if engine.name in engines.LAYOUT:
        return _read_iterative(logdir, arguments, engine)
    return _read_linear(logdir, arguments, engine)


def _read_linear(logdir: Logdir, arguments: Arguments, engine: Engine) -> Projection:
    run, layer = _read_layer(logdir, arguments, "run", "layer")
    components, settings = _read_form(arguments, engine)
    aligned_to, home = None, layer
    if arguments.given(["onto_run", "onto_layer"]):
        onto, home = _read_layer(logdir, arguments, "onto_run", "onto_layer")
        aligned_to = AlignedTo(LayerRef(onto.name, home.name), _read_match(arguments))
    if settings.get("kind") in CLASS_KINDS and not settings["column"]:
        settings = {**settings, "column": _read_label(arguments, home)}
    return Projection(
        layer=LayerRef(run.name, layer.name),
        engine=engine.name,
        settings=settings,
        components=components,
        basis_steps=tuple(arguments.members("basis_steps", home.drawable)),
        groups=_read_groups(arguments, settings, home.samples),
        aligned_to=aligned_to,
    )


def _read_iterative(logdir: Logdir, arguments: Arguments, engine: Engine) -> Projection:
    aligning = arguments.given(ALIGNING)
    if aligning:
        raise ArgumentError(
            f"{engine.name} cannot be aligned to another run "
            f"({' and '.join(sorted(aligning))}); leave these out, or use pca or axes"
        )
    # The job must lay out what the answer then looks for.
    run, layer = _read_layer(logdir, arguments, "run", "layer", learn=True)
    engine.check_samples(layer.samples)
    components, settings = _read_form(arguments, engine)
    landmark_count(layer.samples, settings)  # refuses too few
    found = Projection(LayerRef(run.name, layer.name), engine.name, settings, components)
    categories = [c.name for c in layer.columns if c.type == "category" and not c.by_step]
    if found.column and found.column not in categories:
        raise NotRecordedError(no_such("column of categories", found.column, categories))
    return found


def _read_layer(
    logdir: Logdir,
    arguments: Arguments,
    run_name: str,
    layer_name: str,
    *,
    learn: bool = False,
) -> tuple[Run, LayerFacts]:
    run = logdir.run(arguments.text(run_name))
    layer = run.layer(arguments.text(layer_name))
    if learn:
        run.learn(layer.name, layer.drawable)
        layer = run.layer(layer.name)
    if not layer.drawable:
        raise UnsuitableDataError(
            f"{layer.name!r} of run {run.name!r} has no snapshot with finite values among "
            f"its {len(layer.steps)} steps; wait for one, or check the training for NaN"
        )
    return run, layer


def _read_form(arguments: Arguments, engine: Engine) -> tuple[int, Settings]:
    """Returns the components and the settings of an engine."""
    components = arguments.choice("components", [str(n) for n in engine.components])
    given = arguments.given(parameter.name for parameter in engine.parameters)
    return int(components), engine.settings(given)


def _read_match(arguments: Arguments) -> StepRule:
    rules: tuple[StepRule, ...] = get_args(StepRule)
    rule = arguments.choice("match", rules)
    return next(known for known in rules if known == rule)


def _read_label(arguments: Arguments, facts: LayerFacts) -> str:
    """Returns the column whose classes the axes are made from where nobody names one."""
    label = label_of(facts, arguments.label())
    if label is None:
        none = arguments.label() == ""
        reason = "No label is chosen." if none else label_reason(None, facts.columns)
        raise ArgumentError(
            f"class axes need a column of classes. {reason} Choose a label column, or "
            "another view"
        )
    return label


def _read_groups(
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
            f"the groups {' and '.join(missing)} are empty; name samples in "
            f"{' and '.join(names)} as 0,5-7, or choose another kind of axes"
        )
    return tuple(tuple(arguments.members(name, range(n_samples))) for name in names)
