"""The versions that the tests ran with, which nothing uses by force: `constraints.txt`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINS = {
    canonicalize_name(pin.name): next(iter(pin.specifier)).version
    for line in Path(__file__).with_name("constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
    for pin in [Requirement(line)]
}
EXTRAS = ("test", "parquet", "mcp")
REMEDY = "write the tested version into tests/constraints.txt"


def wanted(name: str, extras: tuple[str, ...] = ("",)) -> list[Requirement]:
    """Returns what a package requires here, with its extras."""
    found = map(Requirement, requires(name) or [])
    return [
        requirement
        for requirement in found
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_every_requirement_is_pinned_to_a_version_that_is_allowed() -> None:
    for requirement in wanted("tb-embed-plugin", ("", *EXTRAS)):
        pin = PINS.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not pinned; {REMEDY}"
        assert requirement.specifier.contains(pin, prereleases=True), (requirement, pin)


def test_the_installed_environment_is_the_tested_one() -> None:
    todo = wanted("tb-embed-plugin", ("", *EXTRAS))
    seen: set[str] = set()
    differences = []
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "nothing"
        else:
            todo += wanted(name, ("", *requirement.extras))
        if installed != PINS.get(name):
            differences.append(f"{name}: {installed}, tested was {PINS.get(name)}")
    if differences:
        pytest.skip(f"installed are other versions: {'; '.join(sorted(differences))}")
