"""Customer value, churn and portfolios from one transaction log."""
