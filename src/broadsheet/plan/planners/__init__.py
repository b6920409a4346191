"""Planners that choose which categories the next slates may hold: rules, samples, search, language models, tables, recordings."""
