"""The README is short and shows what is there; the comparison names browser tests that are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import tb_embed_plugin

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [*sorted((ROOT / "docs").glob("*.md")), README, ROOT / "CONTRIBUTING.md"]
HEADER = "| feature | stock Projector | Embeddings tab | browser test |"
FILM, PICTURE = 1_500_000, 400_000
"""Bytes at most."""


def rows() -> list[list[str]]:
    """The cells of each row below the header and its rule."""
    text = (ROOT / "docs" / "projector.md").read_text()
    lines = text.split(HEADER + "\n")[1].split("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in lines.splitlines()[1:]]
    return [row for row in cells if not row[0].startswith("**")]


def browser_tests() -> set[str]:
    """The names of all functions that pytest runs in a browser."""
    modules = (ROOT / "tests" / "browser").glob("test_*.py")
    nodes = [node for path in modules for node in ast.parse(path.read_text()).body]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def prose(page: Path) -> str:
    """The text of a page without its blocks and pieces of code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "code", text)


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub and the site call them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title.lower()).replace(" ", "-") for title in headings}


def test_each_feature_has_a_browser_test_that_there_is() -> None:
    assert len(rows()) > 30
    existing = browser_tests()
    for feature, _, ours, *tests in rows():
        named = re.findall(r"`(test_\w+)`", tests[0] if tests else "")
        assert named or ours.startswith("no:"), f"no test of {feature}"
        assert set(named) <= existing, feature


def test_the_readme_is_short_and_shows_a_film_and_five_pictures() -> None:
    text = README.read_text()
    assert len(text.splitlines()) < 150
    film, *pictures = re.findall(r"!\[[^\]]+\]\(([\w./-]+)\)", text)
    assert film.endswith(".webp")
    assert len(pictures) == 5
    assert (ROOT / film).stat().st_size <= FILM
    assert text.index(film) < text.index("pip install") < text.index("EmbeddingCheckpoint(")
    assert text.index("EmbeddingCheckpoint(") < text.index(pictures[0])
    assert "http://localhost:6006/#tb_embed" in text


def test_links_lead_to_files_and_headings_that_there_are() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page)):
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.is_file() or (heading and heading not in anchors(file)):
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_every_page_is_in_the_sites_contents_and_its_pictures_are_small() -> None:
    contents = re.findall(r"- .+: (\w+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"words.md"}
    assert sorted(contents) == sorted(pages)
    pictures = [*(ROOT / "docs").rglob("*.png"), *(ROOT / "docs").rglob("*.webp")]
    large = [path.name for path in pictures if path.stat().st_size > PICTURE]
    assert set(large) <= {"run.webp"}
    named = {
        name for page in PAGES for name in re.findall(r"[\w-]+\.(?:png|webp)", page.read_text())
    }
    assert {path.name for path in pictures} <= named, "pictures that no page shows"


def test_the_python_page_names_what_there_is() -> None:
    page = (ROOT / "docs" / "python_api.md").read_text()
    paths = re.findall(r"^::: tb_embed_plugin\.([\w.]+)\.(\w+)$", page, re.MULTILINE)
    for module, name in paths:
        source = (ROOT / "tb_embed_plugin" / module.replace(".", "/")).with_suffix(".py")
        assert re.search(rf"^(class|def) {name}\b", source.read_text(), re.MULTILINE), name
    assert set(tb_embed_plugin.__all__) <= {name for _, name in paths}
