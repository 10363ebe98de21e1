"""Runs the benchmarks and writes docs/benchmarks.md: `python -m benchmarks.write_page`.

Without names all of them, else those that are named; the sections of the others stay as they
are. Ends with 1 where a claim does not hold.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
NOT_MEASURED = {
    "__init__.py",
    "ask_picture.py",
    "cell_recall.py",
    "clock.py",
    "growth_picture.py",
    "judge_layout.py",
    "landmark_data.py",
    "landmark_draws.py",
    "landmark_memory.py",
    "ratio.py",
    "write_page.py",
}
WITH_TORCH = HERE.parent / ".venv-backends" / "bin" / "python"
"""The interpreter that has PyTorch, which the project's own environment does without."""
VERDICTS = {0: "holds", 1: "**does not hold**"}
LIBRARIES = ("numpy", "scikit-learn", "openTSNE", "umap-learn", "tensorflow", "tensorboard")

INTRODUCTION = """# Benchmarks

Each claim is a script in `benchmarks/` that measures both sides in one run, pair by pair, and
exits with 1 where the claim does not hold. Ratios are what counts: medians, and the least and
the greatest of all pairs. The milliseconds are those of the machine that is named.

`make bench MNIST=FILE.npz` runs all scripts and writes this page; the file holds Keras' four
arrays of MNIST. `python -m benchmarks.write_page --data FILE.npz reading sprites` runs two of
them and leaves the sections of the others as they are. What is measured against PyTorch runs in
the environment of `make test-backends`, which `make bench` makes where it is missing.
"""


@dataclass(frozen=True)
class Section:
    """What the page says of a script.

    Attributes:
        script: Its file's name.
        text: All of it, from its heading on.
        verdict: Whether the claim holds, in a word or two.
    """

    script: str
    text: str
    verdict: str


def main() -> int:
    """Runs the scripts, each in a process of its own, and writes the page after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scripts without their .py; else all")
    parser.add_argument("--data", type=Path, required=True, help="an .npz file with MNIST")
    chosen = parser.parse_args()
    names = [f"{name}.py" for name in chosen.names] or [path.name for path in scripts()]
    sections = read_page()
    status = 0
    for name in names:
        section, code = run(HERE / name, chosen.data.resolve())
        sections[name] = section
        status |= code != 0
        PAGE.write_text(page_of(sections))
    return status


def scripts() -> list[Path]:
    """Returns the benchmarks in the order of the page."""
    return [path for path in sorted(HERE.glob("*.py")) if path.name not in NOT_MEASURED]


def run(script: Path, data: Path) -> tuple[Section, int]:
    """Runs a script, shows what it prints, and returns its section and its exit status."""
    source = script.read_text()
    title, _, body = (ast.get_docstring(ast.parse(source)) or script.stem).partition("\n\n")
    python = WITH_TORCH if "\nfrom torch" in source else sys.executable
    words = [str(python), "-m", f"benchmarks.{script.stem}"]
    if '"--data"' in source:
        words += ["--data", str(data)]
    load = os.getloadavg()[0]
    print(f"== {script.name}", flush=True)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    verdict = VERDICTS.get(process.returncode, "**failed**")
    when = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, load {load:.1f} before it"
    printed = "\n".join(["```text", *lines, "```"])
    parts = [
        f"## {title.rstrip('.')}",
        head(script.name, verdict, when),
        body,
        machine(),
        printed,
    ]
    return Section(script.name, "\n\n".join(parts), verdict), process.returncode


def head(script: str, verdict: str, when: str) -> str:
    """Returns the line below a section's heading, by which `read_page` finds it again."""
    return f"`{script}` · {verdict} · {when}"


def machine() -> str:
    """Returns on what it was measured."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    pages, size = (os.sysconf(f"SC_{name}") for name in ("PHYS_PAGES", "PAGE_SIZE"))
    about = [
        f"{os.cpu_count()} cores of {cpu[1] if cpu else platform.processor()}",
        f"{pages * size / 2**30:.0f} GiB",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{library} {version(library)}" for library in LIBRARIES),
    ]
    if chromium := shutil.which("chromium"):
        said = subprocess.run(
            [chromium, "--version"], capture_output=True, text=True, check=True
        )
        about.append(" ".join(said.stdout.split()[:2]))
    return ", ".join(about) + "."


def read_page() -> dict[str, Section]:
    """Returns the sections of the page by script."""
    found = {}
    for text in re.split(r"\n(?=## )", PAGE.read_text())[1:]:
        said = re.search(r"^`(\w+\.py)` · (.+?) · ", text, re.MULTILINE)
        if said:
            found[said[1]] = Section(said[1], text.strip(), said[2])
    return found


def page_of(sections: dict[str, Section]) -> str:
    """Returns the page: a table of all scripts, and a section for each."""
    shown = [sections[path.name] for path in scripts() if path.name in sections]
    rows = []
    for section in shown:
        title = section.text.splitlines()[0].removeprefix("## ")
        rows.append(f"| {title} | `{section.script}` | {section.verdict} |")
    table = "\n".join(["| what | script | its claim |", "|---|---|---|", *rows])
    return "\n\n".join([INTRODUCTION.strip(), table, *(one.text for one in shown)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
