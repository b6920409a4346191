"""A TL;DR by a language model, shown only beside the sentences it rests on, and only where nothing in it is against them."""
