"""A folder of this process alone, for libraries that write to a path and to nothing open.

No part of a log directory: nobody else may write there, so no name in it leads elsewhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yields the folder, which is gone when the `with` block ends.

    Raises:
        OSError: It cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="tb_embed-") as folder:
        yield Path(folder)
