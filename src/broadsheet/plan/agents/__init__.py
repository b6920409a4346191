"""Agents that fill slates: rules, bandits, constants, and the planned policy."""
