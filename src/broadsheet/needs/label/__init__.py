"""What a text is about, by several ways of telling: examples, a classifier, a language model, and a cascade of two."""
