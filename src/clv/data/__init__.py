"""From source files to one row per customer, as Ibis expressions that run inside the data engine."""
