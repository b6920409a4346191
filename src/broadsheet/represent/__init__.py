"""Items and queries as unit vectors."""

from broadsheet.represent.minilm import MiniLMConfig, MiniLMEmbedder
from broadsheet.represent.tfidf import TfidfConfig, TfidfEmbedder

__all__ = ["MiniLMConfig", "MiniLMEmbedder", "TfidfConfig", "TfidfEmbedder"]
