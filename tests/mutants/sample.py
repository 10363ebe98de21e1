"""Draws the sample of mutations that `make mutants` tries, from all that Cosmic Ray finds.

A place in the code has one chance, however many operators could stand there. Annotations have
none: nothing reads them when the package runs.
"""

from __future__ import annotations

import argparse
import ast
import random
from collections import defaultdict
from functools import cache
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, WorkItem

SEED = 0

Span = tuple[tuple[int, int], tuple[int, int]]
Place = tuple[Path, tuple[int, int], tuple[int, int]]


def main() -> None:
    """Keeps a sample of the session's mutations and forgets the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("session", help="the session that `cosmic-ray init` has written")
    parser.add_argument("--size", type=int, default=400, help="how many mutations to keep")
    arguments = parser.parse_args()
    with use_db(arguments.session, WorkDB.Mode.open) as session:
        items = draw(session.work_items, arguments.size)
        session.clear()
        session.add_work_items(items)
    print(f"{len(items)} mutations are to be tried.")


def draw(items: tuple[WorkItem, ...], size: int) -> list[WorkItem]:
    """Returns one mutation of each of `size` places that the seed chooses."""
    chance = random.Random(SEED)  # noqa: S311, no secret
    places: dict[Place, list[WorkItem]] = defaultdict(list)
    for item in sorted(items, key=in_order):
        mutation = item.mutations[0]
        if not is_annotation(mutation):
            places[mutation.module_path, mutation.start_pos, mutation.end_pos].append(item)
    chosen = chance.sample(sorted(places), min(size, len(places)))
    return [chance.choice(places[place]) for place in chosen]


def in_order(item: WorkItem) -> tuple[str, str, int]:
    """Returns what two sessions of the same code have in common, since ids are random."""
    mutation = item.mutations[0]
    return str(mutation.module_path), mutation.operator_name, mutation.occurrence


def is_annotation(mutation: MutationSpec) -> bool:
    """Whether a mutation changes an annotation, or an import that only these need."""
    return any(
        start <= mutation.start_pos and mutation.end_pos <= end
        for start, end in annotated_spans(mutation.module_path)
    )


@cache
def annotated_spans(module: Path) -> list[Span]:
    """Returns where a module's annotations, and its imports for these, begin and end."""
    spans: list[ast.AST] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.returns:
            spans.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            spans.append(node.annotation)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            spans.append(node)
    return [span_of(node) for node in spans]


def span_of(node: ast.AST) -> Span:
    """Returns the first and the last (line, column) of a node."""
    return (
        (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)),
        (getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)),
    )


if __name__ == "__main__":
    main()
