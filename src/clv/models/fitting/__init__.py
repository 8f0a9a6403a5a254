"""From customers to compressed counts, and from counts to the maximum of a likelihood, with its covariance."""
