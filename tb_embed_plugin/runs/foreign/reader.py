"""What a reader of a foreign format is given, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.foreign.folder_contents import FolderContents
from tb_embed_plugin.runs.foreign.written_path import WrittenPaths
from tb_embed_plugin.runs.projector_config import ProjectorConfig
from tb_embed_plugin.runs.safe_path import confined


@dataclass
class VariablesPlace:
    """The directory in which a model's variables lie, the run's own or one below it.

    Attributes:
        where: Its path below the run, "" for the run itself.
        names: The files there.
        main: Name of the checkpoint that was named as the newest, empty for none.
        problems: What is in doubt, one sentence each.
        watched: Directories that may hold variables later.
    """

    where: str
    names: Sequence[str]
    main: str = ""
    problems: list[str] = field(default_factory=list)
    watched: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class RunFolder:
    """A directory that may hold what others wrote.

    Attributes:
        path: The run's directory, links resolved; a reader opens nothing outside of it, and so
            asks `file` for every file.
        names: The entries there.
        config: The Projector's configuration there; an empty one where there is none.
        paths: Resolves the paths that were written in it.
        variables: Where checkpoints and files of weights are looked for.
    """

    path: Path
    names: Sequence[str]
    config: ProjectorConfig
    paths: WrittenPaths
    variables: VariablesPlace

    def file(self, name: str) -> Path:
        """Returns a file of the run, links resolved.

        Raises:
            UnreadableError: It lies outside of the run, or the name can be no file's.
        """
        return confined(self.path, name)

    @contextmanager
    def reading(self, name: str, found: FolderContents) -> Iterator[None]:
        """Watches a file while it is read; what is wrong with it becomes a problem."""
        found.polled.append(self.path / name)
        try:
            yield
        except UnreadableError as error:
            found.problems.append(str(error))
        except (OSError, ValueError, EOFError) as error:
            found.problems.append(
                f"{name} is damaged or being written ({type(error).__name__}); save it again"
            )


class Reader(Protocol):
    """Finds the tensors in one kind of files; `readers.READERS` lists all kinds.

    The same files give the same contents. A damaged file raises nothing: it is one of the
    contents' `problems`. Whatever could change the answer is `watched`, or `polled`. A reader
    lives as long as the server and may remember, by their stamps, what files hold.

    Attributes:
        endings: What a configuration may leave out behind a checkpoint's name; empty for files
            of single tensors. A reader that has any finds the variables of a model: they may
            lie below the run, and the configuration gives them tables and thumbnails by name.
    """

    endings: ClassVar[tuple[str, ...]]

    @staticmethod
    def suits(names: Collection[str]) -> bool:
        """Whether a directory with such entries may hold files of this kind."""

    def find(self, folder: RunFolder) -> FolderContents:
        """Finds the tensors of a directory, as layers over the steps.

        Raises:
            OSError: The directory cannot be listed.
        """
