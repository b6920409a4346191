"""Whether people agree on what a post needs, and whether a labeller agrees with them."""
