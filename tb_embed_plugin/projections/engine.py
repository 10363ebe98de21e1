"""Engines, as data and as a protocol; the page builds its form from the facts.

There are two kinds. A linear engine has a basis and makes any frame at once (`pca`). A layout
engine iterates and starts each frame from the one next to it in time (`tsne`, `umap`, driven
by `sequence`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import ArgumentError, UnsuitableDataError
from tb_embed_plugin.snapshot import Snapshot
from tb_embed_plugin.wording import as_typed, listed, no_such

if TYPE_CHECKING:
    from tb_embed_plugin.projections.placing import Placing

ParameterType = Literal["steps", "integer", "number", "choice", "flag", "column", "samples"]

Settings = Mapping[str, int | float | str | bool]
"""One value for each parameter of an engine, complete and checked."""

Report = Callable[[float], None]
"""Receives the finished share of the work under way, in [0, 1]; may raise to cancel it."""

Codes = NDArray[np.integer[Any]]
"""The categories of a column, one code a sample, (n_samples,); negative where missing."""

SnapshotBefore = Callable[[], Snapshot]
"""Gives the snapshot of the frame that another starts from, (n_samples, n_units)."""

SEED_LIMIT = 2**31 - 1
"""The largest seed that all libraries take."""

_LIST = re.compile(r"all|\d{1,18}(-\d{1,18})?(,\d{1,18}(-\d{1,18})?)*", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """One setting of an engine.

    Attributes:
        name: Its name in a request.
        type: `integer`, `number`, `choice` (one of `choices`), `flag` (true or false), `steps`
            and `samples` (lists such as `0,5-7`, or `all`), `column` (the name of a metadata
            column with categories; empty for none).
        default: What holds where the request leaves it out.
        meaning: One sentence for people.
        low: Smallest integer or number, included.
        high: Largest integer or number, included.
        choices: What a `choice` may be.
        left_out: What leaving it out means, where the default itself does not say it.
    """

    name: str
    type: ParameterType
    default: Any
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    left_out: str = ""

    def read(self, value: object) -> int | float | str | bool:
        """Returns a value of the parameter's type.

        Args:
            value: The value itself, or text that says it, as in a request.

        Raises:
            ArgumentError: It has another type, or lies outside the range or the choices.
        """
        found = self._read(value)
        if found is None:
            raise ArgumentError(
                f"{self.name} must be {self._expected()}, not {as_typed(value)}; leave it out "
                f"for {self.left_out or repr(self.default)}"
            )
        return found

    def _read(self, value: object) -> int | float | str | bool | None:
        match self.type:
            case "integer" | "number":
                return self._number(value)
            case "flag":
                return {"true": True, "false": False}.get(str(value).lower())
            case "choice":
                return value if isinstance(value, str) and value in self.choices else None
            case "steps" | "samples":
                return value if isinstance(value, str) and _LIST.fullmatch(value) else None
            case "column":
                return value if isinstance(value, str) else None

    def _number(self, value: object) -> int | float | None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        if not math.isfinite(number) or (self.type == "integer" and number != int(number)):
            return None
        if self.low is not None and number < self.low:
            return None
        if self.high is not None and number > self.high:
            return None
        return int(number) if self.type == "integer" else number

    def _expected(self) -> str:
        match self.type:
            case "integer" | "number":
                kind = "a whole number" if self.type == "integer" else "a number"
                low = "" if self.low is None else f" from {self.low:g}"
                return kind + low + ("" if self.high is None else f" to {self.high:g}")
            case "flag":
                return "true or false"
            case "choice":
                return f"{listed(self.choices, 'or')}"
            case "steps" | "samples":
                return f"all, or {self.type} as numbers and ranges such as 0,5-7"
            case "column":
                return "the name of a column"


@dataclass(frozen=True)
class Library:
    """A package that an engine is made with.

    Attributes:
        package: What pip calls it.
        module: What Python imports.
    """

    package: str
    module: str


@dataclass(frozen=True)
class FrameSeconds:
    """What a frame costs, of 10,000 samples of 200 units on two cores (docs/choices.md).

    Attributes:
        first: A frame from nothing, neighbors apart, in seconds.
        following: One that starts from its neighbor in time.
        iteration: Each iteration that `refine` adds.
    """

    first: float = 0.0
    following: float = 0.0
    iteration: float = 0.0


@dataclass(frozen=True)
class Engine:
    """The facts of a way to project.

    Attributes:
        name: Its name in a request.
        title: What the page calls it.
        components: The numbers of components that it can yield.
        parameters: Its settings.
        version: Raised whenever the same input would be laid out otherwise than before; part
            of the key under which results are kept.
        least_samples: Fewer have no neighborhoods worth a layout.
        libraries: One of these is needed, the last one where there is a choice.
        seconds: What a frame costs; nothing where any frame is made at once.
    """

    name: str
    title: str
    components: tuple[int, ...]
    parameters: tuple[Parameter, ...]
    version: int = 1
    least_samples: int = 1
    libraries: tuple[Library, ...] = ()
    seconds: FrameSeconds = FrameSeconds()

    def unavailable(self) -> str | None:
        """Returns why it cannot be used here and what to do, None where it can.

        Looks whether its library is installed without importing it, which would take seconds;
        one that is broken makes the job fail, which says so.
        """
        if not self.libraries or any(find_spec(one.module) for one in self.libraries):
            return None
        packages = [library.package for library in self.libraries]
        return (
            f"this engine needs {' or '.join(packages)}, which is not installed; run pip "
            f"install {packages[-1]}"
        )

    def check_samples(self, samples: int) -> None:
        """Raises where there are too few samples.

        Raises:
            UnsuitableDataError: There are fewer than `least_samples`.
        """
        if samples < self.least_samples:
            raise UnsuitableDataError(
                f"{self.title} needs at least {self.least_samples} samples but there are "
                f"{samples}; use PCA, or record more samples"
            )

    def settings(self, given: Mapping[str, object]) -> Settings:
        """Returns one value for each parameter, those left out at their default.

        Args:
            given: Values, or texts that say them, by the names of parameters.

        Raises:
            ArgumentError: A name is no parameter's, or a value is not one of its parameter's.
        """
        known = [parameter.name for parameter in self.parameters]
        for name in given:
            if name not in known:
                raise ArgumentError(no_such("setting", name, known, self.title))
        return {
            parameter.name: (
                parameter.read(given[parameter.name])
                if parameter.name in given
                else parameter.default
            )
            for parameter in self.parameters
        }


class LayoutEngine(Protocol):
    """An engine that iterates: seconds a frame, so it is run in the worker only.

    What it returns is not yet aligned with the frame that it started from; `sequence` does
    that, and checks what it is given. It calls `report` several times a second wherever the
    library behind lets it, and lets through what that raises. The same input gives the same
    frame, bit for bit, on the same machine.
    """

    @property
    def facts(self) -> Engine:
        """Its name, its settings and its costs."""

    def frame(
        self,
        snapshot: Snapshot,
        before: NDArray[np.float32] | None,
        settings: Settings,
        components: int,
        report: Report,
        codes: Codes | None = None,
        snapshot_before: SnapshotBefore | None = None,
        placing: Placing | None = None,
    ) -> NDArray[np.float32]:
        """Returns a frame that starts from its neighbor in time, or from nothing.

        Args:
            snapshot: Finite float32 (n_samples, n_units); where it is large and need not be
                in memory as a whole, rows are read when they are needed.
            before: float32 (n_samples, components), the neighbor's frame; None for a first
                frame, which starts from the snapshot's PCA.
            settings: Of this engine, complete and checked.
            components: One of `facts.components`.
            report: Receives the finished share.
            codes: Categories of the column that supervises, where the settings name one.
            snapshot_before: Gives the snapshot that `before` shows, for engines that ask how
                much has changed since; None where it is not known.
            placing: How samples are placed among landmarks, for engines that do so; None for
                landmarks that are drawn evenly, and a search in this process.

        Returns:
            float32 (n_samples, components).

        Raises:
            UnsuitableDataError: There are too few samples.
            ArgumentError: What the settings want cannot be had here.
        """
