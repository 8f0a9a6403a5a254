"""One machine for whatever is learned from the past: targets, candidates, trials at past origins, one distribution."""
