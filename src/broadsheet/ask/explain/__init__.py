"""A query in words that leave nothing out: read back they are the same query."""
