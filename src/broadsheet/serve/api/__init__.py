"""The programming interface under `/v1`: one module for a kind of route, over the same functions as the commands."""
