"""Columns as a data frame, where pandas is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tb_embed_plugin.errors import MisuseError

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
