"""The steps of a run: each a function of its parents' artefacts that leaves one of its own."""
