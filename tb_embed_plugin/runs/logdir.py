"""Finds the runs below TensorBoard's log directory.

Which directories are runs is TensorBoard's own business (`names`); this module says which of
them hold a run of ours, and remembers each manifest until its file changes, so that a listing
costs one `stat` a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import MANIFEST_FILE
from tb_embed_plugin.runs.confinement import confined
from tb_embed_plugin.runs.manifest import Manifest
from tb_embed_plugin.runs.reader import RecordedRun
from tb_embed_plugin.runs.run import Run


@dataclass(frozen=True)
class BrokenRun:
    """A run that cannot be read, and why."""

    name: str
    problem: str


class Logdir:
    """The runs of one log directory.

    Args:
        root: The directory; None where TensorBoard was started without one.
        list_names: Returns the names of TensorBoard's runs.
    """

    def __init__(self, root: Path | None, list_names: Callable[[], Iterable[str]]) -> None:
        self._root = root
        self._list_names = list_names
        self._runs: dict[str, Run | BrokenRun] = {}
        self._read: dict[Path, tuple[tuple[int, ...], Manifest | str]] = {}

    @property
    def has_runs(self) -> bool:
        """Whether the last listing found any run; touches no disk."""
        return bool(self._runs)

    def list_runs(self) -> list[Run | BrokenRun]:
        """Returns the runs as they are on disk now, in the order of their names."""
        if self._root is None:
            return []
        # TensorBoard calls the log directory itself "." once it holds an event file.
        names = sorted({".", *self._list_names()})
        found = {name: self._open(name, self._root / name) for name in names}
        self._runs = {name: run for name, run in found.items() if run is not None}
        return list(self._runs.values())

    def run(self, name: str) -> Run:
        """Returns the run `name`, by its newest manifest.

        Raises:
            NotRecordedError: TensorBoard lists no such run, or it is not one of ours.
            UnreadableError: It is damaged.
        """
        # Only names that a listing gave become paths: what a request says never does.
        if self._root is not None and name not in self._runs:
            self.list_runs()
        run = None
        if self._root is not None and name in self._runs:
            run = self._open(name, self._root / name)
        if run is None:
            raise NotRecordedError(
                f"expected one of the runs {sorted(self._runs)}; received {name!r}"
            )
        if isinstance(run, BrokenRun):
            raise UnreadableError(run.problem)
        return run

    def _open(self, name: str, folder: Path) -> Run | BrokenRun | None:
        try:
            path = folder.resolve()
            manifest = self._manifest(path)
        except FileNotFoundError:
            return None
        except UnreadableError as error:
            return BrokenRun(name, str(error))
        except (OSError, RuntimeError) as error:
            # The error's own words hold an absolute path.
            return BrokenRun(
                name,
                f"expected a readable {MANIFEST_FILE}; received {type(error).__name__}; "
                "give TensorBoard the right to read it",
            )
        if isinstance(manifest, str):
            return BrokenRun(name, manifest)
        return RecordedRun(name, path, manifest)

    def _manifest(self, run_dir: Path) -> Manifest | str:
        """Returns the manifest of a run, or what is wrong with it."""
        path = confined(run_dir, MANIFEST_FILE)
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = self._read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        manifest: Manifest | str
        try:
            manifest = Manifest.from_json(path.read_bytes())
        except UnreadableError as error:
            manifest = str(error)
        self._read[path] = (stamp, manifest)
        return manifest


def recorded_names(root: Path) -> list[str]:
    """Returns the names of the runs below a directory that our recorder wrote, sorted."""
    found = root.rglob(MANIFEST_FILE)
    return sorted(str(path.parents[2].relative_to(root)) for path in found)
