"""A query's tree in the words of an engine."""
