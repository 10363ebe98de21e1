"""Layer names of the matrices in files of weights: Keras', PyTorch's and others'.

Keras 3 numbers the layers of a class and the variables of a layer, `layers/embedding_1/vars/0`,
and says beside it what the layer is called; whole models in `.h5` have the names in the place,
`model_weights/words/words/embeddings:0`; PyTorch has them with dots, `encoder.wte.weight`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

_OPTIMIZER = re.compile(r"(?:.*/)?optimizer(?:_weights|_\d+)?/.*", re.ASCII | re.DOTALL)
_NUMBERED = re.compile(r"(?:layers/)?embedding(?:_(\d{1,9}))?/vars/0", re.ASCII)
"""Keras counts the layers of a class in the order of `model.layers`."""

_EMBEDDING = re.compile(
    r"(?:.*/)?embeddings(?::0)?"
    r"|(?:.*\.)?(?:\w*embed(?:dings?|_tokens|_positions|der)?s?|wte|wpe|shared)\.weight",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)
_WHOLE_MODEL = "model_weights/"
_SUFFIXES = (":0", ".weight")


def is_optimizers(place: str) -> bool:
    """Whether a matrix is the optimizer's own, a moment of Adam say."""
    return _OPTIMIZER.fullmatch(place) is not None


def embedding_number(place: str) -> int | None:
    """Returns which of the model's layers of Keras' class Embedding a matrix is, from 0 on."""
    match = _NUMBERED.fullmatch(place)
    return None if match is None else int(match[1] or 0)


def is_embedding(place: str) -> bool:
    """Whether a matrix holds a vector for each of some words."""
    return embedding_number(place) is not None or _EMBEDDING.fullmatch(place) is not None


def readable_names(places: Iterable[str], layers: Mapping[str, str]) -> dict[str, str]:
    """Returns a name for each matrix: the layers that it lies in, `encoder/words` say.

    Where a layer has several matrices, the names include their numbers or names there.

    Args:
        places: Of the matrices in a file.
        layers: What Keras calls the layers, by their places.
    """
    ways = {place: _way(place, layers) for place in places}
    counts = Counter(name for name, _ in ways.values())
    named = {k: name if counts[name] == 1 else f"{name}/{n}" for k, (name, n) in ways.items()}
    counts = Counter(named.values())
    return {key: name if counts[name] == 1 else key for key, name in named.items()}


def _way(place: str, layers: Mapping[str, str]) -> tuple[str, str]:
    """Returns a matrix's layers, and what it is called inside of the last one."""
    bare = place
    for suffix in _SUFFIXES:
        bare = bare.removesuffix(suffix)
    *parts, own = bare.split("/")
    if place.startswith(_WHOLE_MODEL) and len(parts) > 2:
        # Between the layer and its own way may be the model's name.
        layer, way = parts[1], parts[2:]
        return "/".join(way[way.index(layer) :] if layer in way else [layer, *way]), own
    in_keras = parts[-1:] == ["vars"]
    known = [
        layers[part]
        for part in ("/".join(parts[:end]) for end in range(1, len(parts)))
        if in_keras and part in layers
    ]
    return "/".join(known or [*parts, own]), own
