"""Solvers that find each planted truth in what a model may see, and rivals that must not."""
