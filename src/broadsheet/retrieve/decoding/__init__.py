"""Semantic IDs as a trie, and beams that never leave it."""

from broadsheet.retrieve.decoding.beam import Answers, Scorer, beam, exact
from broadsheet.retrieve.decoding.live import Filter, LiveTrie
from broadsheet.retrieve.decoding.trie import Trie

__all__ = ["Answers", "Filter", "LiveTrie", "Scorer", "Trie", "beam", "exact"]
