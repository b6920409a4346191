"""What is wrong with a query, told by its schema: findings with a place, the evidence, and what mends it."""
