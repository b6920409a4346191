"""Agents of Coat's published game: constant loops, and a planner whose likings come from ratings that users chose to give. None of them knows the environment."""
