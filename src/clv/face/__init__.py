"""What `import clv` gives: a log, its customers, a forecast of them, and the report of a company."""
