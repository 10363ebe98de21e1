"""Names in a checkpoint: which are an optimizer's, and what a person calls the others.

An object-based checkpoint (`tf.train.Checkpoint`) names a variable by the way to it,
`model/_operations/1/_embeddings/.ATTRIBUTES/VARIABLE_VALUE` say, and holds a graph of objects
in which the variable has its own name too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.checkpoints.checkpoint import Checkpoint

VALUE_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"

_SLOT = re.compile(
    r"\.OPTIMIZER_SLOT"
    # Keras 3's optimizers keep theirs in a list, where the weights themselves never are.
    r"|(?:^|/)_variables/\d+(?:/|$)"
    # TensorFlow 1's are called after the optimizer, behind the variable's name.
    r"|/(?:Adam|AdaMax|AdamW|LazyAdam|Adagrad|AdagradDA|Adadelta|Ftrl|LAMB|LARS|Momentum|RMSProp"
    r"|ProximalAdagrad)(?:_\d+)?$"
    r"|/(?:adam_[mv]|lamb_[mv])$",
    re.ASCII,
)
_UNNAMED = re.compile(r"Variable(?:_\d+)?", re.ASCII)


def is_optimizers(name: str) -> bool:
    """Whether a tensor is an optimizer's own variable, a moment of Adam say."""
    return _SLOT.search(name) is not None


def bare_name(name: str) -> str:
    """Returns a tensor's name without what some writers and configurations put behind it."""
    return name.removesuffix(":0").removesuffix(VALUE_SUFFIX)


def readable_names(checkpoint: Checkpoint, keys: Iterable[str]) -> dict[str, str]:
    """Returns a name for each of some tensors that a person can read, all different.

    That is the way to the variable; the variable's own name where the way leads through what
    Keras hides from its users and where it tells the variables apart.
    """
    ways = {key: bare_name(key) for key in keys}
    hidden = any(part.startswith("_") for way in ways.values() for part in way.split("/"))
    own = _own_names(checkpoint) if hidden else {}
    names = {key: _name(way, own.get(key, "")) for key, way in ways.items()}
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else ways[key] for key, name in names.items()}


def _name(way: str, own: str) -> str:
    is_hidden = any(part.startswith("_") for part in way.split("/"))
    return own if is_hidden and own and not _UNNAMED.fullmatch(own) else way


def _own_names(checkpoint: Checkpoint) -> Mapping[str, str]:
    if OBJECT_GRAPH not in checkpoint.entries:
        return {}
    try:
        graph = TrackableObjectGraph.FromString(checkpoint.text(OBJECT_GRAPH))
    except (DecodeError, UnreadableError):
        # Names alone are at stake; damage to the values is reported when they are read.
        return {}
    return {
        attribute.checkpoint_key: bare_name(attribute.full_name)
        for node in graph.nodes
        for attribute in node.attributes
    }
