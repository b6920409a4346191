"""What answers: models in batches, artefacts that are swapped as a whole between requests."""
