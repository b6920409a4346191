"""What generative retrieval is measured against."""
