"""The order of the stages: what joins them, the steps of a run, and what it came from. Nothing but this package knows it."""
