"""What others who may write into the shared directory put there."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin.errors import UnwritableError
from tb_embed_plugin.metadata import PARTS_FOLDER
from tb_embed_plugin.recording.options.shard import Shard
from tb_embed_plugin.recording.sharded import own_part
from tb_embed_plugin.recording.sharded.own_part import OwnPart
from tb_embed_plugin.runs.parts import (
    ATTEMPT_FILE,
    Attempt,
    parts_folder,
    read_attempt,
    write_attempt,
)
from tests.recording.sharded.worker import record_rows


def own_part_in(log_dir: Path) -> OwnPart:
    return OwnPart(log_dir, Shard(1, 2), 3, "record", np.dtype(np.float32))


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("place", [PARTS_FOLDER, "plugins/tb_embed"])
@pytest.mark.parametrize("rank", [0, 1])
def test_a_link_in_the_place_of_all_parts_is_not_followed(
    tmp_path: Path, place: str, rank: int
) -> None:
    victim, link = tmp_path / "victim", tmp_path / "run" / place
    name = f"0-{'0' * 16}"
    parts = victim / Path(PARTS_FOLDER).relative_to(place)
    (parts / name).mkdir(parents=True)
    (parts / name / "file").touch()
    write_attempt(parts, Attempt("", (name,)))
    before = contents(victim)
    link.parent.mkdir(parents=True)
    link.symlink_to(victim)

    with pytest.raises(UnwritableError, match="cannot write"):
        record_rows(tmp_path / "run", 0, (rank, 2))
    assert contents(victim) == before


def test_links_that_a_user_named_are_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "disk")
    part = own_part_in(tmp_path / "logs" / "run")
    part.begin()
    part.check()
    part.close(has_failed=False)
    (found,) = (tmp_path / "disk" / "run" / PARTS_FOLDER).iterdir()
    assert part.folder == found


def test_what_the_announced_attempt_is_read_once_and_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = own_part_in(tmp_path)
    part.begin()
    part.close(has_failed=False)
    parts = parts_folder(tmp_path)
    said = json.dumps(asdict(Attempt("1" * 32, (None, None))))
    (parts / ATTEMPT_FILE).write_text(said + " " * 5000)
    assert read_attempt(parts, world=2) is None

    reads: list[int] = []

    def read(parts: Path, world: int) -> Attempt | None:
        reads.append(world)
        return read_attempt(parts, world)

    monkeypatch.setattr(own_part, "read_attempt", read)
    write_attempt(parts, Attempt("1" * 32, (None, part.folder.name)))
    for _ in range(3):
        part.check()
    assert reads == [2]
    write_attempt(parts, Attempt("1" * 32, (None, part.folder.name), has_failed=True))
    with pytest.raises(UnwritableError, match="worker 0 has stopped"):
        part.check()
