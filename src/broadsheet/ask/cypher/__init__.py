"""The reading part of openCypher: text to tree and back."""
