"""Benches of ask."""
