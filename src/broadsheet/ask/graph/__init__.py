"""A graph of tables, and the engine that answers queries over it, in a process of its own that can only read."""
