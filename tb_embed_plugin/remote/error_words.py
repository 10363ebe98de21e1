"""What the libraries of the storages raise, in words."""

from __future__ import annotations

from tb_embed_plugin.wording import system_error


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


def error_words(error: Exception) -> str:
    """Returns an error in words."""
    if isinstance(error, OSError) and error.errno is not None:
        return system_error(error, "read")
    return f"{type(error).__name__}: {error}"[:200]
