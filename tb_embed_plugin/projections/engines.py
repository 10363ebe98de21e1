"""The list of engines: linear ones, which the server runs itself, and those of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tb_embed_plugin.projections import axes, pca
from tb_embed_plugin.projections.engine import Engine, LayoutEngine
from tb_embed_plugin.projections.tsne import TSNE
from tb_embed_plugin.projections.umap import UMAP

LINEAR = (pca.ENGINE.name, axes.ENGINE.name)
"""Names of the engines that have a basis and answer at once."""

LAYOUT_ENGINES: tuple[LayoutEngine, ...] = (
    TSNE(),
    UMAP(),
)
"""The engines that iterate, a line each."""

LAYOUT: Mapping[str, LayoutEngine] = MappingProxyType(
    {engine.facts.name: engine for engine in LAYOUT_ENGINES}
)

FACTS: Mapping[str, Engine] = MappingProxyType(
    {
        facts.name: facts
        for facts in (pca.ENGINE, axes.ENGINE, *(engine.facts for engine in LAYOUT.values()))
    }
)
