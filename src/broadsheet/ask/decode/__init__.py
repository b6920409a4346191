"""Queries written under a grammar of the graph's schema, so that nothing else can come out."""
