"""What the libraries of the storages raise, in words."""

from __future__ import annotations

from tb_embed_plugin import wording
from tb_embed_plugin.errors import MisuseError, StorageError


def refusal_words(error: Exception) -> str | None:
    """Returns what is wrong, where it would be wrong at the next try too."""
    if isinstance(error, FileNotFoundError):
        return "does not exist; check the bucket's name and the path"
    if isinstance(error, PermissionError):
        return f"refuses access ({error_words(error)}); check what the credentials allow"
    if "Credentials" in type(error).__name__:
        return (
            "needs credentials, and none were found; log in with the storage's own tools, or "
            "set its environment variables (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for s3)"
        )
    return None


def public_words(error: Exception) -> str:
    """Returns what is wrong with an address, without the names of its files and accounts.

    Args:
        error: What was raised by who copies what lies there.
    """
    cause = error.__cause__
    if isinstance(error, MisuseError) and isinstance(cause, ImportError):
        return (
            "needs a library that is not installed; run pip install 'tb-embed-plugin[remote]'"
        )
    if isinstance(error, MisuseError) and isinstance(cause, ValueError):
        return "has a scheme that is not known; pass s3://, gs:// or another one of fsspec's"
    if isinstance(cause, PermissionError):
        return "refuses access; check what the credentials allow"
    if isinstance(error, StorageError) and isinstance(cause, Exception):
        reached = f"cannot be reached ({type(cause).__name__}); check the network"
        return refusal_words(cause) or reached
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return f"cannot be copied to this machine ({reason}); look at the user's cache"
    return f"cannot be copied ({type(error).__name__}); see TensorBoard's terminal"


def error_words(error: Exception) -> str:
    """Returns an error in words, on one line."""
    if isinstance(error, OSError) and error.errno is not None:
        return wording.system_error(error, "read")
    return wording.error_words(error)
