"""Environments: the honest one, single and in batches, and the published rules beside it. No agent, planner or policy imports this package."""
