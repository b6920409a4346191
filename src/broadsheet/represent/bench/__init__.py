"""Benches of represent: the small embedder, efficiency of many turns, indexes."""
