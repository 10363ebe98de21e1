"""The engines there are: linear ones, which the server runs itself, and those of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from tb_embed_plugin.projections.engine import Engine, LayoutEngine
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP
from tb_embed_plugin.views import ENGINES as LINEAR

LAYOUT: Mapping[str, LayoutEngine] = MappingProxyType(
    {engine.facts.name: engine for engine in (TSNE(), UMAP())}
)

FACTS: Mapping[str, Engine] = MappingProxyType(
    {facts.name: facts for facts in (*LINEAR, *(engine.facts for engine in LAYOUT.values()))}
)

_LIBRARIES = {"tsne": ("openTSNE",), "umap": ("scranpy", "umap-learn")}
"""What each needs: one of these packages."""

_MODULES = {"umap-learn": "umap"}


def too_few(engine: Engine, samples: int) -> str:
    """Says that a layer has too few samples for an engine."""
    return (
        f"expected {engine.least_samples} samples or more for {engine.title}; received "
        f"{samples}; use PCA, or record more samples"
    )


def unavailable(name: str) -> str | None:
    """Returns why an engine cannot be used here and what to do, None where it can.

    Looks whether its library is installed without importing it, which would take seconds; one
    that is broken is told by the job that fails.
    """
    packages = _LIBRARIES.get(name, ())
    if not packages or any(find_spec(_MODULES.get(p, p)) is not None for p in packages):
        return None
    return (
        f"expected {' or '.join(packages)} to be installed; it is not; get it with "
        f"pip install {packages[-1]}"
    )
