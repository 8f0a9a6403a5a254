"""How good a forecast was: errors, rankings, probabilities, intervals and curves beside what happened."""
