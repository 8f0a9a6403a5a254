"""Models of how often customers purchase and when they stop: formulas and starts on one base."""
