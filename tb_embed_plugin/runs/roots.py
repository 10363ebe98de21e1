"""The directories below which TensorBoard looks for runs, of `--logdir` or `--logdir_spec`.

They are parsed, and the runs below them named, as TensorBoard does it, so that a run bears one
name in all tabs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tb_embed_plugin.local_paths import is_address


@dataclass(frozen=True)
class Root:
    """A directory of runs.

    Attributes:
        path: The directory.
        name: What its runs' names begin with, empty for nothing.
        address: Where the directory is elsewhere, such as `s3://bucket/logs`; the path is then
            of no use.
    """

    path: Path
    name: str = ""
    address: str = ""

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return f"the log directory {self.name}" if self.name else "the log directory"

    def prepare(self) -> None:
        """Starts what has to be done before runs can be seen; called by who lists them."""

    def notice(self) -> str | None:
        """Returns what has to be said of a directory that can be listed, None for nothing."""
        return None

    def hides(self, below: str) -> bool:
        """Whether a directory below is not shown, since it is not complete yet."""
        del below
        return False

    def run_name(self, below: str) -> str:
        """Returns TensorBoard's name of the run at a path below, `.` for the root itself."""
        return f"{self.name}/{below}" if self.name else below

    def below(self, run: str) -> str | None:
        """Returns the path of a run below this root, None where its name is none of here."""
        if not self.name:
            return run
        return run.removeprefix(f"{self.name}/") if run.startswith(f"{self.name}/") else None

    def problem(self) -> str | None:
        """Returns why nothing in the directory can be seen, None where it can be listed."""
        whose = self.title
        try:
            with os.scandir(self.path):
                return None
        except PermissionError:
            return f"TensorBoard has no permission to list {whose}; change the permissions"
        except NotADirectoryError:
            return (
                f"{whose} must be a directory, but {self.path.name} is a file; start "
                "TensorBoard with the directory that contains it"
            )
        except FileNotFoundError:
            return (
                f"{whose} does not exist: there is no {self.path.name!r}; train into it, or "
                "start TensorBoard with the right directory"
            )
        except (OSError, ValueError) as error:
            return (
                f"{whose} cannot be read ({type(error).__name__}); check that its disk is "
                "mounted"
            )


def roots_of(logdir: str, spec: str) -> list[Root]:
    """Returns the directories that TensorBoard was started with.

    Args:
        logdir: Its `--logdir`, empty for none.
        spec: Its `--logdir_spec`, empty for none: `name1:/path1,name2:/path2`, names optional.
    """
    if logdir or not spec:
        return [_root(logdir)] if logdir else []
    roots: dict[Path, Root] = {}
    for part in spec.split(","):
        name, colon, path = part.partition(":")
        # No name: an address, or a path with a colon in it or with a drive.
        drive, _ = os.path.splitdrive(part)
        if not colon or path.startswith("//") or part.startswith("/") or drive:
            name, path = "", part
        if path:
            root = _root(path, name)
            roots[root.path] = root
    return list(roots.values())


def _root(text: str, name: str = "") -> Root:
    # TensorBoard itself reads `~` as the shell does, but hands it on as it was written.
    path = Path(text.removeprefix("file://")).expanduser()
    return Root(path, name, text if is_address(text) else "")
