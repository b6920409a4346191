"""Answers of a graph that can be traced to its nodes: why a row is there, why one is not, why none is, and what changed."""
