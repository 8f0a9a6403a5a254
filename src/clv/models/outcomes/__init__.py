"""What may happen to each customer and to all together: silence over time, orders, money, totals."""
