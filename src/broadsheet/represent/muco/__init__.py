"""MuCo: several queries of one picture in one pass, and their targets in another."""
