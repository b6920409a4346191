"""Questions to queries without a language model: links joined over the schema, each candidate with the words that gave it."""
