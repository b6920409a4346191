"""Benches of sequential recommendation."""
