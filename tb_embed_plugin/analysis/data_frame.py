"""Columns as a data frame, where pandas is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tb_embed_plugin.errors import MisuseError
from tb_embed_plugin.metrics.rankings import Ranking

if TYPE_CHECKING:
    import pandas as pd


def frame(columns: Mapping[str, object], name: str, index: Sequence[int]) -> pd.DataFrame:
    """Returns columns by name as a data frame, whose index has a name too.

    Raises:
        MisuseError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MisuseError(
            "data frames need pandas, which cannot be imported; install it with pip "
            "install pandas, or use the methods that return arrays"
        ) from error
    return pd.DataFrame(dict(columns), index=pd.Index(index, name=name))


def ranked_frame(
    ranking: Ranking, metadata: Mapping[str, NDArray[np.generic]], steps: Sequence[int]
) -> pd.DataFrame:
    """Returns ranked samples with their metadata, the first row the first.

    Args:
        ranking: Of a layer.
        metadata: Of all its samples, (n_samples,) by name.
        steps: The trained ones.

    Raises:
        MisuseError: pandas is not installed.
    """
    found: dict[str, object] = {
        name: values[ranking.samples] for name, values in metadata.items()
    }
    found["score"] = ranking.scores
    found["steps"] = [np.array(steps)[events].tolist() for events in ranking.events.T]
    if ranking.same_as is not None:
        found["same_as"] = ranking.same_as
    return frame(found, "sample", ranking.samples.tolist())
