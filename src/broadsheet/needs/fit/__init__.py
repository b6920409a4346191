"""A labeller learnt from labels that people gave."""
