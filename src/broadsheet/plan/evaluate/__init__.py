"""Sessions of agents in an environment: runs under the same luck, metrics, comparisons."""
