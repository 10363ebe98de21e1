"""What a call of `record` says of its samples, and whether a call has said the same before.

A training loop often repeats labels and metadata in every call. To make cells of a million
rows anew takes many times longer than to write their activations; to see that they are the
same takes as long as to read their bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tb_embed_plugin.recording.samples.class_names import ClassNames
from tb_embed_plugin.recording.samples.input_arrays import Digest, hash_array, is_data_frame
from tb_embed_plugin.recording.samples.samples import Samples, prepare_samples

_PLAIN = {str, int, float, bool, bytes, type(None), np.str_, np.int64, np.float64, np.bool_}
"""Types whose `repr` says all of a value, and the type."""


@dataclass(frozen=True, eq=False)
class GivenSamples:
    """The arguments of one call.

    Attributes:
        count: Number of samples.
        labels: As in `record`, like all that follow.
        metadata: More columns.
        class_names: The name of each label.
        images: Thumbnails.
        invert_images: Draws them as negatives.
    """

    count: int
    labels: Any
    metadata: Any
    class_names: ClassNames | None
    images: ArrayLike | None
    invert_images: bool

    @property
    def has_columns(self) -> bool:
        """Whether the call says what the columns of the samples are."""
        return self.labels is not None or self.metadata is not None

    def prepared(self) -> Samples:
        """Returns the samples, checked; the inputs stay with the training loop.

        Raises:
            MisuseError: The arguments do not fit each other or cannot be recorded.
        """
        return prepare_samples(
            np.zeros((self.count, 1), np.float32),
            floatx="float32",
            labels=self.labels,
            images=False if self.images is None else self.images,
            metadata=self.metadata,
            image_shape=None,
            invert_images=self.invert_images,
            class_names=self.class_names,
        )

    def digest(self) -> str | None:
        """Returns what is equal for equal columns only; None where that takes too long."""
        digest = hashlib.sha256()
        parts = {"labels": self.labels, "class names": self.class_names}
        if self.metadata is not None:
            if not (isinstance(self.metadata, Mapping) or is_data_frame(self.metadata)):
                return None
            parts |= {repr((name,)): values for name, values in self.metadata.items()}
        for name, values in parts.items():
            digest.update(f"\0{name}\0".encode(errors="backslashreplace"))
            if not _hashed(digest, values):
                return None
        return digest.hexdigest()

    def are_nothing_new(self, digest: str | None, *, has_sprite: bool) -> bool:
        """Whether a run that holds what had that digest needs nothing of these.

        Args:
            digest: What `digest` returned when the run's samples were prepared or checked.
            has_sprite: Whether the run has thumbnails.
        """
        images = self.images
        known_images = images is None or (
            has_sprite and isinstance(images, np.ndarray) and images.shape[:1] == (self.count,)
        )
        if not self.has_columns:
            return known_images and self.class_names is None
        return known_images and digest is not None and digest == self.digest()


def _hashed(digest: Digest, values: Any) -> bool:
    """Feeds values to a hash; False where that cannot be done at the speed of memory."""
    if isinstance(values, Mapping):
        return _hashed(digest, list(values)) and _hashed(digest, list(values.values()))
    if hasattr(values, "to_numpy"):
        digest.update(str(getattr(values, "dtype", "")).encode())
        values = values.to_numpy()
    if isinstance(values, np.ndarray) and values.dtype.kind in "biufUSMm":
        digest.update(f"{values.dtype.str}{values.shape}".encode())
        hash_array(digest, values)
        return True
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = values.tolist()
    if values is None:
        return True
    if not isinstance(values, list | tuple) or not set(map(type, values)) <= _PLAIN:
        return False
    try:
        words = repr(list(values))
    except ValueError:  # a number of more digits than Python writes
        return False
    digest.update(words.encode())
    return True
