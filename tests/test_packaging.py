"""The sdist and the wheel: what goes into them, and both built from a clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def clone(folder: Path) -> Path:
    """Copies what git knows or would add, and nothing that was built here."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def path_without_node(folder: Path) -> str:
    """Returns a PATH on which there is neither node nor npm."""
    folder.mkdir()
    for directory in os.environ["PATH"].split(os.pathsep):
        for program in Path(directory).glob("*"):
            if program.name not in {"node", "npm", "npx", "corepack"}:
                target = folder / program.name
                if not target.exists():
                    target.symlink_to(program)
    return str(folder)


BUILDS = pytest.mark.soak("builds the page again and fetches what builds it")


def build_wheel(source: Path) -> Path:
    """Builds a wheel as from an sdist, with the page that is built here already."""
    clone(source)
    shutil.copytree(ROOT / "tb_embed_plugin" / "static", source / "tb_embed_plugin" / "static")
    (source / "PKG-INFO").touch()
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "bdist_wheel"],
        cwd=source,
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
    )
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


def test_page_and_types_are_packed_and_tests_are_not(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "one")
    (written,) = (tmp_path / "one").glob("*.egg-info")
    sources = set((written / "SOURCES.txt").read_text().splitlines())
    entry_points = (written / "entry_points.txt").read_text()
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        licenses = archive.read("tb_embed_plugin/static/THIRD_PARTY_LICENSES.txt").decode()

    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"tb_embed_plugin"}
    for name in ("static/index.js", "offline/player.html", "py.typed", "runs/writer.py"):
        assert f"tb_embed_plugin/{name}" in names
    assert [name for name in names if name.startswith("tb_embed_plugin/static/assets/app-")]
    for bundled in ("three", "preact", "@preact/signals", "@preact/signals-core"):
        assert f"## {bundled} - " in licenses
    assert licenses.count("The above copyright notice and this permission notice") == 4
    assert {"LICENSE", "Makefile", "frontend/package.json", "docs/http_api.md"} <= sources
    assert not [name for name in sources if "node_modules" in name or "__pycache__" in name]
    assert "tb_embed = tb_embed_plugin.loader:EmbeddingsLoader" in entry_points
    assert "tb-embed = tb_embed_plugin.cli:main" in entry_points
    # Elsewhere and later, files are made in another order and at other times.
    again = build_wheel(tmp_path / "two" / "deep")
    assert again.read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of a clone, and with the wheel made from that sdist."""
    source = clone(tmp_path_factory.mktemp("clone"))
    subprocess.run([sys.executable, "-m", "build", "--sdist"], cwd=source, check=True)
    dist = source / "dist"
    (sdist,) = dist.glob("*.tar.gz")
    environment = {
        **os.environ,
        "PATH": path_without_node(tmp_path_factory.mktemp("path") / "bin"),
    }
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", dist, sdist],
        check=True,
        env=environment,
    )
    return dist


@BUILDS
def test_the_wheel_built_from_the_sdist_without_node_holds_the_page(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(n for n in names if n.endswith("entry_points.txt"))
        text = archive.read(entry_points).decode()

    assert "tb_embed_plugin/static/index.js" in names
    assert "tb_embed_plugin/static/THIRD_PARTY_LICENSES.txt" in names
    assert any(n.startswith("tb_embed_plugin/static/assets/app-") for n in names)
    assert any(n.startswith("tb_embed_plugin/static/assets/pattern_worker-") for n in names)
    assert "tb_embed_plugin/py.typed" in names
    assert not [n for n in names if n.startswith(("tests", "frontend", "benchmarks"))]
    assert "tb_embed = tb_embed_plugin.loader:EmbeddingsLoader" in text
    assert "tb-embed = tb_embed_plugin.cli:main" in text


@BUILDS
def test_the_sdist_holds_sources_and_page_and_nothing_built_else(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"LICENSE", "Makefile", "frontend/package.json", "docs/http_api.md"} <= names
    assert "tb_embed_plugin/static/index.js" in names
    assert not [n for n in names if "node_modules" in n or "__pycache__" in n]


@BUILDS
def test_a_machine_without_node_builds_the_page_too(tmp_path: Path) -> None:
    source = clone(tmp_path / "clone")
    environment = {**os.environ, "PATH": path_without_node(tmp_path / "bin")}
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, source],
        check=True,
        env=environment,
    )
    (wheel,) = tmp_path.glob("*.whl")
    assert "tb_embed_plugin/static/index.js" in zipfile.ZipFile(wheel).namelist()
