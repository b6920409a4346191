"""What answers: an endpoint, a local checkpoint, recordings, rules. None is imported before it is opened."""
