"""A projection: the one noun for what is asked for, computed, kept, measured and exported.

    arguments of a request ─► Projection ◄─► a line of JSON, for a worker
    or of a command               │
                                  ├─► LinearProjector      a basis, any frame at once
                                  └─► IterativeProjector   frames that a worker lays out
                                        both: frames of these steps, quality of these
                                        steps, version

`Projection` is a value: names and numbers, no run that is open, no array.
`projection_arguments` reads it from a request; `JobSpec` hands it to a worker as it is, so that
nothing is parsed twice. `jobs.projector` opens it in a log directory, as one of two kinds of
`Projector`. What `LayoutCache` and `QualityRecords` keep of it is found by its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tb_embed_plugin.projections import engines
from tb_embed_plugin.projections.axes import CLASS_KINDS
from tb_embed_plugin.projections.engine import Settings
from tb_embed_plugin.runs.match_runs import StepRule


@dataclass(frozen=True)
class LayerRef:
    """Which layer of which run.

    Attributes:
        run: The run's name.
        layer: The layer's name.
    """

    run: str
    layer: str


@dataclass(frozen=True)
class AlignedTo:
    """What a layer is aligned to before it is projected.

    Attributes:
        layer: The other layer, whose coordinate system it then shares.
        match: Which steps belong together.
    """

    layer: LayerRef
    match: StepRule


@dataclass(frozen=True)
class Projection:
    """One coordinate system, and the layer that is shown in it.

    Attributes:
        layer: The layer that is shown.
        engine: Name of one of `engines.FACTS`.
        settings: The engine's, complete and checked.
        components: Coordinates of a sample.
        basis_steps: Of a linear engine, the steps of `home` that the axes are made from.
        groups: Samples of `home` between which the axes run, `(left, right)` or `(left,
            right, down, up)`; empty where the settings name none.
        aligned_to: What the layer is aligned to first, None where it stays in its own space.
    """

    layer: LayerRef
    engine: str
    settings: Settings
    components: int
    basis_steps: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    aligned_to: AlignedTo | None = None

    @property
    def home(self) -> LayerRef:
        """The layer whose snapshots the axes are made from."""
        return self.layer if self.aligned_to is None else self.aligned_to.layer

    @property
    def column(self) -> str:
        """The column of categories that the settings name, empty for none."""
        parameters = engines.FACTS[self.engine].parameters
        names = [self.settings[one.name] for one in parameters if one.type == "column"]
        return str(names[0]) if names else ""

    @property
    def class_column(self) -> str | None:
        """The column whose classes the axes are made from, None where they are made of none."""
        if self.settings.get("kind") not in CLASS_KINDS:
            return None
        return str(self.settings["column"])

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Projection:
        """Returns the projection that JSON holds, as `to_json` made it."""
        onto = fields["aligned_to"]
        return cls(
            layer=LayerRef(**fields["layer"]),
            engine=fields["engine"],
            settings=fields["settings"],
            components=fields["components"],
            basis_steps=tuple(fields["basis_steps"]),
            groups=tuple(tuple(group) for group in fields["groups"]),
            aligned_to=onto and AlignedTo(LayerRef(**onto["layer"]), onto["match"]),
        )
