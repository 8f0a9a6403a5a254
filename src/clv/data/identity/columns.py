"""Features as Arrow columns whose types do not depend on which values happen to be missing."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """Return features as Arrow: record numbers and counts as integers, lists of words as lists, the rest as text."""
    return pa.table({name: pa.array(list(frame[name]), type=_kind(name), from_pandas=True) for name in map(str, frame)})


def _kind(name: str) -> pa.DataType:
    if name.startswith("record") or name.endswith("_n"):
        return pa.int64()
    return pa.list_(pa.string()) if name.endswith("_list") or name == "stands_for" else pa.string()
