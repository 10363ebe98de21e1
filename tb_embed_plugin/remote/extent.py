"""What of a storage is copied, and how much may lie there at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tb_embed_plugin.errors import StorageError
from tb_embed_plugin.remote.copied_files import is_copied
from tb_embed_plugin.remote.reading import TooManyFilesError
from tb_embed_plugin.remote.storage import Storage, StoredFile


class CopyTooLargeError(StorageError):
    """More lies at an address than its copy may hold.

    Args:
        address: The address.
        words: What is wrong with it, for who must not know its name.
    """

    def __init__(self, address: str, words: str) -> None:
        super().__init__(f"{address} {words}")
        self.words = words


def no_file(name: str) -> bool:
    """Whether a file is none at all: never."""
    del name
    return False


@dataclass(frozen=True)
class Extent:
    """What of a storage is copied.

    Attributes:
        is_wanted: Told a file's name, says whether it is part of the copy.
        is_spared: The same, whether it is not brought here where it is not here yet.
        most_bytes: That may lie there, of what is brought.
        most_files: That may lie there, whatever they are.
    """

    is_wanted: Callable[[str], bool] = is_copied
    is_spared: Callable[[str], bool] = no_file
    most_bytes: float = math.inf
    most_files: float = math.inf

    def listed(self, storage: Storage) -> dict[str, StoredFile]:
        """Returns the files of a storage that belong to the copy, by name, from one listing.

        Raises:
            CopyTooLargeError: There are too many, or they are too large.
            StorageError: They cannot be listed.
        """
        try:
            files = storage.list(self.most_files)
        except TooManyFilesError as error:
            raise CopyTooLargeError(
                storage.address,
                f"holds more than {error.most:,} files, so that none of them is copied; name "
                "an address further below",
            ) from error
        # A storage may hold a file of a folder's name, which no folder here can.
        folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
        wanted = {
            name: file
            for name, file in files.items()
            if self.is_wanted(name) and name not in folders
        }
        size = sum(file.size for file in wanted.values() if not self.is_spared(file.name))
        if size > self.most_bytes:
            raise CopyTooLargeError(
                storage.address,
                f"holds {size / 1e9:,.1f} GB, more than the {self.most_bytes / 1e9:,.1f} GB "
                "that are copied; name an address further below",
            )
        return wanted

    def changed(
        self, listed: Mapping[str, StoredFile], known: Mapping[str, StoredFile]
    ) -> dict[str, StoredFile]:
        """Returns the files that are to be brought.

        Args:
            listed: What is there, by name.
            known: What is here.
        """
        return {
            name: file
            for name, file in listed.items()
            if known.get(name) != file and (name in known or not self.is_spared(name))
        }


WHOLE = Extent()
"""All that is of use elsewhere, for who has named the copy."""
