"""Customer value, churn and portfolios from one transaction log."""

from importlib.metadata import version

__version__ = version("clv")
