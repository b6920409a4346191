"""Where items come from: feeds, tables, arXiv, libraries of references."""

from broadsheet.sources.arxiv.ids import ArxivId, parse_arxiv_id
from broadsheet.sources.arxiv.once import fetch_arxiv
from broadsheet.sources.library import read_library
from broadsheet.sources.merge import merge
from broadsheet.sources.read import Batch, read_source
from broadsheet.sources.tables import ColumnMap

__all__ = ["ArxivId", "Batch", "ColumnMap", "fetch_arxiv", "merge", "parse_arxiv_id", "read_library", "read_source"]
