"""Vectors found again by nearness: exact, or by an inverted file beyond a few hundred thousand."""

from broadsheet.core.index.build import build_index, open_index
from broadsheet.core.index.exact import ExactIndex
from broadsheet.core.index.formats import Encoded, Format, decode, encode, truncate
from broadsheet.core.index.ivf import IvfIndex
from broadsheet.core.index.protocol import Found, Index, IndexConfig

__all__ = ["Encoded", "ExactIndex", "Format", "Found", "Index", "IndexConfig", "IvfIndex", "build_index", "decode", "encode", "open_index", "truncate"]
