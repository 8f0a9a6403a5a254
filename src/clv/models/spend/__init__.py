"""Models of what a customer spends per purchase."""
