"""The forecast: probability models and learners compete in the past, then every customer gets a distribution."""
