"""What the words of a question stand for in a graph: labels, relations, properties and values, and where that is open."""
