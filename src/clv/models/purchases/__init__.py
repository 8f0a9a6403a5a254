"""Models of how often customers purchase and when they stop: two formulas and a start on one base."""
