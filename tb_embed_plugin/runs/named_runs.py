"""Runs that another process has found: no directory is looked through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tb_embed_plugin.runs.logdir import Logdir


class NamedRuns(Logdir):
    """The runs whose directories were named, each remembered until its files change."""

    def __init__(self) -> None:
        super().__init__([], list)
        self._named: dict[str, Path] = {}

    def name(self, folders: Mapping[str, Path]) -> None:
        """Adds runs by their names; one that lies elsewhere now takes the older one's place."""
        changed = {n: path for n, path in folders.items() if self._named.get(n) != path}
        if changed:
            self._named |= changed
            self.list_runs()

    def _candidates(self) -> tuple[dict[str, Path], list[str]]:
        return dict(self._named), []
