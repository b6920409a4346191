"""Items as semantic IDs."""

from broadsheet.retrieve.tokenizer.align import Aligned, align
from broadsheet.retrieve.tokenizer.balanced import assign, balanced_kmeans
from broadsheet.retrieve.tokenizer.card import card, neighbour_recall
from broadsheet.retrieve.tokenizer.codebook import Codebook, CodebookConfig, Encoded

__all__ = ["Aligned", "Codebook", "CodebookConfig", "Encoded", "align", "assign", "balanced_kmeans", "card", "neighbour_recall"]
