"""Needs: what people say they need, with the words that show it, and whether needs form a hierarchy."""
