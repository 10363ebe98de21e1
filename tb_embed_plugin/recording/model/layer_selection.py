"""Layer selection: by name, path or pattern, or "auto" for the last hidden layer.

A path goes from the model to the layer by names and attributes, joined by slashes:
`encoder/fc1` is layer fc1 of the nested model encoder, or the attribute
`self.encoder.fc1` of a subclassed model. A layer that one pass calls more than
once is recorded at its first call; `fc1:1` is its second. In a pattern, `*` stands for any
characters but slashes, `**` for any: `encoder/*` is each layer directly below encoder that the
model calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metadata import MAX_UNITS
from tb_embed_plugin.recording.model.call_graph import CallGraph
from tb_embed_plugin.recording.model.layer_patterns import compile_pattern, is_pattern
from tb_embed_plugin.wording import as_typed, listed, no_such

AUTO = "auto"
"""The request for the last hidden layer before the output."""


@dataclass(frozen=True)
class Target:
    """One call of one layer, which is to be recorded.

    Attributes:
        name: The tensor's name: the requested path, or the one that "auto" stands for.
        requested: The path, pattern or "auto" that selected it.
        layer: The Keras layer.
        number: Its number among the layer's calls in a pass, from 0.
        call: Index of that call in the graph.
    """

    name: str
    requested: str
    layer: Any
    number: int
    call: int


def layer_paths(model: Any) -> dict[str, Any]:
    """Returns all layers below `model` by path, each once, nested ones after their owner.

    A path's segments are layer names, or the attributes of a subclassed owner.
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
    model: Any, requested: Sequence[Any], graph: CallGraph, producer: int | None
) -> tuple[Target, ...]:
    """Returns the selected calls, in the order of the request.

    Args:
        model: The Keras model.
        requested: Paths, with a suffix `:k` for the (k+1)-th call; patterns; layers; or "auto".
        graph: One pass of the model.
        producer: Index of the call that made the output before which "auto" looks.

    Raises:
        MisuseError: The model has no such layer, does not call it, or the request names one
            layer twice; the message lists the model's layers.
    """
    named: list[Target] = []
    by_pattern: list[Target] = []
    for one in requested:
        if isinstance(one, str) and is_pattern(one) and _resolve(model, one) is None:
            by_pattern += _matching(model, one, graph)
        else:
            path = one if isinstance(one, str) else _path_of(model, one)
            named.append(_find_target(model, path, graph, producer))
    names = [target.name for target in named]
    if not requested or len({target.call for target in named}) != len(names):
        raise MisuseError(
            f"layers must name different layers, but {as_typed(tuple(requested))} names "
            f"{listed(names)}; name each layer once"
        )
    # Patterns may overlap, one another and the names.
    unique: dict[int, Target] = {}
    for target in [*named, *by_pattern]:
        unique.setdefault(target.call, target)
    return tuple(unique.values())


def _matching(model: Any, pattern: str, graph: CallGraph) -> list[Target]:
    """Returns the called layers that match a pattern, each at its first call."""
    wanted = compile_pattern(pattern)
    matching = [
        Target(path, pattern, layer, 0, graph.calls_of(layer)[0])
        for path, layer in layer_paths(model).items()
        if wanted.fullmatch(path) and graph.calls_of(layer)
    ]
    if not matching:
        raise _no_such_layer(model, pattern)
    return matching


def _path_of(model: Any, layer: Any) -> str:
    """Returns the path of a layer of the model."""
    for path, other in layer_paths(model).items():
        if other is layer:
            return path
    raise _no_such_layer(model, getattr(layer, "name", layer))


def _no_such_layer(model: Any, requested: Any) -> MisuseError:
    return MisuseError(no_such("layer", requested, layer_paths(model), "the model"))


def _find_target(model: Any, requested: str, graph: CallGraph, producer: int | None) -> Target:
    layer, number = _resolve(model, requested), 0
    if layer is None and requested == AUTO:
        return _last_hidden(model, graph, producer)
    if layer is None and (match := re.fullmatch(r"(.+):(\d+)", requested)):
        layer, number = _resolve(model, match[1]), int(match[2])
    if layer is None:
        raise _no_such_layer(model, requested)
    calls = graph.calls_of(layer)
    if not calls:
        called = [p for p, other in layer_paths(model).items() if graph.calls_of(other)]
        raise MisuseError(
            f"the model does not call its layer {requested!r}, so there is nothing to "
            f"record; choose one that it calls: {listed(called, 'or')}"
        )
    if number >= len(calls):
        raise MisuseError(
            f"the model calls layer {layer.name!r} {len(calls)} times, so there is no call "
            f"{requested!r} (numbers start from 0); pass a smaller number"
        )
    return Target(requested, requested, layer, number, calls[number])


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
    """Returns the layers directly below `owner`, each with its names there."""
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


def _last_hidden(model: Any, graph: CallGraph, producer: int | None) -> Target:
    """Returns the layer whose output the output layer takes.

    Where that output is wider than can be recorded (a Flatten after convolutions), or not a
    single tensor, it is the layer before it. Where the model computes between two layers
    without a layer, it is the layer with weights that was called before the output layer.
    Tensors inside an RNN's loop do not exist once the model has returned: it is the RNN then.
    """
    output = graph.output_layer(producer)
    hidden = graph.fed_by(output)
    while hidden is not None and not _can_be_recorded(graph, hidden):
        hidden = graph.fed_by(hidden)
    if hidden is None and output is not None:
        hidden = graph.last_weighted_before(output)
    if hidden is None or not graph.has_weights_before(hidden):
        raise MisuseError(
            "the model has no hidden layer between input and output, which "
            f"layers={AUTO!r} needs; choose one of its layers: "
            f"{listed(layer_paths(model), 'or')}"
        )
    index = _around_the_loop(graph, graph.outermost[hidden])
    call = graph.calls[index]
    path = next(p for p, layer in layer_paths(model).items() if layer is call.layer)
    name = f"{path}:{call.number}" if call.number else path
    return Target(name, AUTO, call.layer, call.number, index)


def _can_be_recorded(graph: CallGraph, index: int) -> bool:
    call = graph.calls[_around_the_loop(graph, graph.outermost[index])]
    return call.shape is not None and call.width <= MAX_UNITS


def _around_the_loop(graph: CallGraph, index: int) -> int:
    """Returns the outermost RNN call around a call, or that call itself where there is none."""
    around = [
        i
        for i, call in enumerate(graph.calls)
        if i > index
        and call.started < graph.calls[index].started
        and isinstance(call.layer, keras.layers.RNN)
    ]
    return around[-1] if around else index
