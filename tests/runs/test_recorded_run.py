"""What a run that we recorded says of what it lacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tb_embed_plugin import record
from tb_embed_plugin.errors import NotRecordedError
from tests.harness import read_run


@pytest.mark.parametrize(("images", "pages"), [(None, 0), (np.zeros((4, 8, 8), np.uint8), 1)])
def test_a_page_of_thumbnails_that_is_not_there(
    tmp_path: Path, images: np.ndarray | None, pages: int
) -> None:
    record(tmp_path, 0, {"fc1": np.eye(4, 2, dtype=np.float32)}, images=images)
    run = read_run(tmp_path)
    for page in (-1, pages):
        with pytest.raises(NotRecordedError, match=f"has {pages} page.*not a page {page}"):
            run.sprite("fc1", page)
    if pages:
        assert run.sprite("fc1", 0)[0].startswith(b"\x89PNG")
