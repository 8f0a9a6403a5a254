"""What the figures mean for the business: value classes, forecasts in money, portfolios and exports."""
