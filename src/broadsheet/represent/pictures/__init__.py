"""The small embedder that ships: texts and pictures in one space, by a small head on a frozen tower."""
