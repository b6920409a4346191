"""What writes a query for a question: a language model in four roles, a decoder that is held to the schema, or rules alone; each draft says who wrote it."""
