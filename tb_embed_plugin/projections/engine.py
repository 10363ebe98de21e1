"""What an engine can be told, as data: the page builds its form from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One setting of an engine.

    Attributes:
        name: Its name in a request.
        type: `steps`: a list of recorded steps.
        default: What holds where the request leaves it out.
        meaning: One sentence for people.
    """

    name: str
    type: str
    default: Any
    meaning: str


@dataclass(frozen=True)
class Engine:
    """A way to project.

    Attributes:
        name: Its name in a request.
        title: What the page calls it.
        components: The numbers of components that it can yield.
        parameters: Its settings.
    """

    name: str
    title: str
    components: tuple[int, ...]
    parameters: tuple[Parameter, ...]
