"""Benches of the needs stage."""
