"""Questions to a knowledge graph, with a person in the loop."""
