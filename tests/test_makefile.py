"""What `make` would do, told by make itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def commands(goal: str, *, venv: Path) -> list[str]:
    """The commands that a goal needs in an environment, in their order."""
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    told = subprocess.run(
        ["make", "--dry-run", f"VENV={venv}", goal],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.splitlines()


def test_the_demo_needs_the_package_alone_and_says_first_what_it_downloads(
    tmp_path: Path,
) -> None:
    said, *rest = commands("demo", venv=tmp_path)
    assert said.startswith("echo 'Installing the package")
    assert "700 MB to download" in said
    assert rest[-1] == f"{tmp_path}/bin/tb-embed demo"
    assert not [command for command in rest if "[test]" in command]


def test_the_tests_environment_is_made_whether_or_not_the_demo_was_there(
    tmp_path: Path,
) -> None:
    fresh = commands("lint-python", venv=tmp_path)
    installs = [command.split()[-1] for command in fresh if "/pip install" in command]
    assert installs[-2:] == [".", "'tb-embed-plugin[test]'"]

    (tmp_path / "package").touch()
    after_demo = commands("lint-python", venv=tmp_path)
    assert after_demo == fresh[fresh.index(f"touch {tmp_path}/package") + 1 :]

    (tmp_path / "installed").touch()
    assert not [line for line in commands("demo", venv=tmp_path) if "pip" in line]
