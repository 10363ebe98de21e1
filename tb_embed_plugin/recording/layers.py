"""Which layers of a model are recorded: by name, path or pattern, or found by themselves.

A path goes from the model to the layer by names and attributes, joined by slashes:
`encoder/fc1` is layer fc1 of the nested model encoder, or what a subclassed model keeps in
`self.encoder.fc1`. A layer that one pass calls more than once is recorded at its first call;
`fc1:1` is its second. In a pattern, `*` stands for any characters but slashes, `**` for any:
`encoder/*` is each layer directly below encoder that the model calls.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.recording.calls import Survey

AUTO = "auto"
"""Stands for the last hidden layer before the output."""


@dataclass(frozen=True)
class Target:
    """One call of one layer, which is to be recorded.

    Attributes:
        name: The tensor's name: the path that was asked for, or was found for "auto".
        asked: What was asked for.
        layer: The Keras layer.
        number: Which of its calls in a pass, from 0.
        call: Index of that call in the survey.
    """

    name: str
    asked: str
    layer: Any
    number: int
    call: int


def layer_paths(model: Any) -> dict[str, Any]:
    """Returns every layer below `model` by its path, each once, nested ones after their owner.

    A path's segments are layer names; attributes where a subclassed owner has one for it.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()

    def walk(owner: Any, prefix: str) -> None:
        for segments, layer in _children(owner):
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            path = prefix + segments[0]
            found[path] = layer
            walk(layer, f"{path}/")

    walk(model, "")
    return found


def find_targets(
    model: Any, asked: Sequence[Any], survey: Survey, producer: int | None
) -> tuple[Target, ...]:
    """Returns the calls that `asked` names, in its order.

    Args:
        model: The Keras model.
        asked: Paths, `:k` behind them for the (k+1)-th call; patterns; layers themselves; or
            "auto".
        survey: One pass of the model.
        producer: Index of the call that made the output before which "auto" looks.

    Raises:
        MisuseError: The model has no such layer, does not call it, or is asked for one layer
            twice; the message lists those it has.
    """
    named: list[Target] = []
    by_pattern: list[Target] = []
    for one in asked:
        if isinstance(one, str) and _is_pattern(one) and _resolve(model, one) is None:
            by_pattern += _matching(model, one, survey)
        else:
            path = one if isinstance(one, str) else _path_of(model, one)
            named.append(_find_target(model, path, survey, producer))
    names = [target.name for target in named]
    if not asked or len({target.call for target in named}) != len(names):
        raise MisuseError(
            f"expected one layer or several different ones; received {tuple(asked)}, which "
            f"are {names}; name each layer once"
        )
    # Patterns may overlap, one another and the names.
    unique: dict[int, Target] = {}
    for target in [*named, *by_pattern]:
        unique.setdefault(target.call, target)
    return tuple(unique.values())


def _is_pattern(asked: str) -> bool:
    return any(sign in asked for sign in "*?[")


def _matching(model: Any, pattern: str, survey: Survey) -> list[Target]:
    """Returns the layers that a pattern names and the model calls, each at its first call."""
    wanted = re.compile(_expression(pattern))
    matching = [
        Target(path, pattern, layer, 0, survey.calls_of(layer)[0])
        for path, layer in layer_paths(model).items()
        if wanted.fullmatch(path) and survey.calls_of(layer)
    ]
    if not matching:
        raise _no_such_layer(model, pattern)
    return matching


def _expression(pattern: str) -> str:
    """Returns a pattern as a regular expression, in which `*` passes no slash."""
    parts = re.split(r"(\*\*|\*|\?|\[!?[^\]]+\])", pattern)
    signs = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        signs.get(part) or (part.replace("[!", "[^") if i % 2 else re.escape(part))
        for i, part in enumerate(parts)
    )


def _path_of(model: Any, layer: Any) -> str:
    """Returns the path of a layer of the model."""
    for path, other in layer_paths(model).items():
        if other is layer:
            return path
    raise _no_such_layer(model, getattr(layer, "name", layer))


def _no_such_layer(model: Any, asked: Any) -> MisuseError:
    paths = list(layer_paths(model))
    near = difflib.get_close_matches(str(asked), paths, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "pass one of those names"
    return MisuseError(
        f"expected layers of the model, which are {paths}; received {asked!r}; {hint}"
    )


def _find_target(model: Any, asked: str, survey: Survey, producer: int | None) -> Target:
    layer, number = _resolve(model, asked), 0
    if layer is None and asked == AUTO:
        return _last_hidden(model, survey, producer)
    if layer is None and (match := re.fullmatch(r"(.+):(\d+)", asked)):
        layer, number = _resolve(model, match[1]), int(match[2])
    if layer is None:
        raise _no_such_layer(model, asked)
    calls = survey.calls_of(layer)
    if not calls:
        called = [p for p, other in layer_paths(model).items() if survey.calls_of(other)]
        raise MisuseError(
            f"expected a layer that the model calls, which are {called}; received {asked!r}, "
            "which it has and does not call; choose another layer"
        )
    if number >= len(calls):
        raise MisuseError(
            f"expected one of the {len(calls)} calls of layer {layer.name!r} in a pass, "
            f"numbered from 0; received {asked!r}; pass a smaller number"
        )
    return Target(asked, asked, layer, number, calls[number])


def _resolve(model: Any, path: str) -> Any:
    """Returns the layer at `path`, None where there is none; attributes before names."""
    for segments, layer in _children(model):
        for segment in segments:
            if path == segment:
                return layer
            if path.startswith(f"{segment}/"):
                below = _resolve(layer, path[len(segment) + 1 :])
                if below is not None:
                    return below
    return None


def _children(owner: Any) -> list[tuple[list[str], Any]]:
    """Returns the layers directly below `owner`, each with what it may be called there."""
    is_model = isinstance(owner, keras.Model)
    children: dict[int, tuple[list[str], Any]] = {}
    # PyTorch's modules keep their children apart from their other attributes.
    attributes = {**vars(owner), **getattr(owner, "_modules", {})}
    for attribute, value in attributes.items():
        for segment, layer in _layers_in(attribute, value):
            segments, _ = children.setdefault(id(layer), ([], layer))
            if not attribute.startswith("_"):
                segments.append(segment)
    owned = owner.layers if is_model else [layer for _, layer in children.values()]
    return [
        (list(dict.fromkeys([*children.get(id(layer), ([],))[0], layer.name])), layer)
        for layer in owned
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def _layers_in(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yields the layers of an attribute, which may be a list or dict of them."""
    if isinstance(value, keras.Layer):
        yield path, value
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from _layers_in(f"{path}/{index}", entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(key, str):
                yield from _layers_in(f"{path}/{key}", entry)


def _last_hidden(model: Any, survey: Survey, producer: int | None) -> Target:
    """Finds the layer whose output the output layer takes.

    Where that is wider than can be recorded, as a Flatten after convolutions, or no single
    tensor, it is the layer before it. Where the model computes between two layers without a
    layer, it is the layer with weights that was called before the output layer. What an RNN
    computes in its loop is not there when the model has returned: it is the RNN then.
    """
    output = survey.output_layer(producer)
    hidden = survey.fed_by(output)
    while hidden is not None and not _can_be_recorded(survey, hidden):
        hidden = survey.fed_by(hidden)
    if hidden is None and output is not None:
        hidden = survey.weighted_before(output)
    if hidden is None or not survey.is_behind_weights(hidden):
        raise MisuseError(
            f"expected a model with a hidden layer for layers={AUTO!r}; found none between "
            f"input and output among {list(layer_paths(model))}; pass one of those names"
        )
    index = _around_the_loop(survey, survey.outermost[hidden])
    call = survey.calls[index]
    path = next(p for p, layer in layer_paths(model).items() if layer is call.layer)
    name = f"{path}:{call.number}" if call.number else path
    return Target(name, AUTO, call.layer, call.number, index)


def _can_be_recorded(survey: Survey, index: int) -> bool:
    call = survey.calls[_around_the_loop(survey, survey.outermost[index])]
    return call.shape is not None and call.width <= MAX_UNITS


def _around_the_loop(survey: Survey, index: int) -> int:
    """Returns the outermost call of an RNN around a call, that call itself where none is."""
    around = [
        i
        for i, call in enumerate(survey.calls)
        if i > index
        and call.begun < survey.calls[index].begun
        and isinstance(call.layer, keras.layers.RNN)
    ]
    return around[-1] if around else index
