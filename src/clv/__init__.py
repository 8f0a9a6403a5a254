"""Customer value, churn and portfolios from one transaction log.

Examples
--------
>>> import pandas as pd
>>> import clv
>>> orders = pd.DataFrame({
...     "client": [f"c{n % 40}" for n in range(200)],
...     "day": pd.date_range("2024-01-01", periods=200, freq="2D"),
...     "net": [20.0 + n % 7 for n in range(200)],
... })
>>> log = clv.read(orders, customer="client", date="day", amount="net")
>>> forecast = clv.forecast(log, clv.weeks(13), contest=False)
>>> forecast.table.loc["c7", ["orders_low", "expected_orders", "orders_high"]].round(1).tolist()
[0.0, 1.0, 3.0]
>>> forecast.total.round(1).columns.tolist()
['expected', 'low', 'high']
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clv.face.forecasts import forecast, score
    from clv.face.log import read
    from clv.face.people import customers
    from clv.face.reports import run
    from clv.units import days, weeks

    __version__: str

__all__ = ["customers", "days", "forecast", "read", "run", "score", "weeks"]

_HOME = {
    "customers": "clv.face.people",
    "days": "clv.units",
    "forecast": "clv.face.forecasts",
    "read": "clv.face.log",
    "run": "clv.face.reports",
    "score": "clv.face.forecasts",
    "weeks": "clv.units",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: `import clv` alone must cost nothing."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("clv")
    elif name in _HOME:
        value = _imported(_HOME[name], name)
    else:
        raise AttributeError(f"module 'clv' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = value
    return value


def _imported(module: str, name: str) -> Any:
    """Import without collecting garbage: what modules make stays, and to look through it takes a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return getattr(import_module(module), name)
    finally:
        if collects:
            gc.enable()


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
