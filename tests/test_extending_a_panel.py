"""The worked example of a panel in docs/extending.md, followed in a copy of the sources."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_LINES = 24

TEST_OF_THE_PANEL = """
import { expect, it, vi } from "vitest";
import { LAYER_SECTIONS } from "./layer_sections";
import { createStore } from "./state/new_store";

it("asks and shows", async () => {
  const fetch = vi.fn(async (_: string) => Response.json({ counts: [[2, 1], [0, 3]] }));
  vi.stubGlobal("fetch", fetch);
  const store = createStore(() => true, true);
  const section = LAYER_SECTIONS.at(-1);
  const asking = { store, key: { run: "a", layer: "fc1", v: "1" }, choice: null };
  expect(section?.questions.count?.({ ...asking, step: null })).toBeNull();
  expect(text(section?.panel({ store }))).toContain("Counting");
  const question = section?.questions.count?.({ ...asking, step: 3 });
  const answer = store.measures.sectionState("Right").answer("count");
  answer.value = (await question?.ask(new AbortController().signal)) ?? null;
  expect(fetch.mock.calls[0]?.[0]).toBe("confusion?run=a&layer=fc1&v=1&step=3");
  expect(text(section?.panel({ store }))).toBe("5 right");
});

/** What a component shows, in words. */
function text(node: any): string {
  if (Array.isArray(node)) return node.map(text).join("");
  if (typeof node?.type === "function") return text(node.type(node.props));
  return node?.props ? text(node.props.children) : String(node ?? "");
}
"""


def test_a_panel_added_as_the_text_says_type_checks_keeps_the_walls_asks_and_shows(
    tmp_path: Path,
) -> None:
    blocks = code_blocks()
    assert sum(len(code.splitlines()) for code in blocks.values()) <= MAX_LINES
    page = tmp_path / "frontend"
    shutil.copytree(
        ROOT / "frontend", page, ignore=shutil.ignore_patterns("node_modules", "*.test.ts")
    )
    shutil.copy(ROOT / "frontend/src/imports.test.ts", page / "src")
    (page / "node_modules").symlink_to(ROOT / "frontend/node_modules")
    for path, code in blocks.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(in_list(file, code) if file.name == "layer_sections.ts" else code)
    (page / "src/right.test.ts").write_text(TEST_OF_THE_PANEL)

    run(page, "tsc", "--noEmit")
    run(page, "vitest", "run")


def code_blocks() -> dict[str, str]:
    """Returns the code of the section by the file that the text before it names."""
    text = (ROOT / "docs/extending.md").read_text()
    section = text.split("\n## A panel\n")[1].split("\n## ")[0]
    blocks = re.findall(
        r"^`(frontend/[^`]+)`[^\n]*\n+```\w+\n(.*?)```", section, re.MULTILINE | re.DOTALL
    )
    return dict(blocks)


def in_list(file: Path, code: str) -> str:
    """Returns the list with the import and the entry that the text gives."""
    added, entry = code.splitlines()
    return f"{added}\n{file.read_text()}".replace("\n];", f"\n{entry}\n];")


def run(page: Path, tool: str, *words: str) -> None:
    done = subprocess.run(
        [page / "node_modules/.bin" / tool, *words],
        cwd=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"
