"""Slates that keep the reader: a planner chooses categories, a policy fills the slate, an honest environment judges."""
