"""Generative retrieval: semantic IDs of items, a model that generates them, and its answers fused with dense ones."""
