"""Cypher as ladybug understands it, with Cypher's meaning kept: every expression has its type, and what cannot be said is named."""
