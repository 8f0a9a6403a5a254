"""What moves the total of all customers: the season, the level, the drift of spend."""
