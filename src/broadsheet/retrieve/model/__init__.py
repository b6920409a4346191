"""One model for queries and histories: items as one token each, a dense head, and a decoder of semantic IDs."""
