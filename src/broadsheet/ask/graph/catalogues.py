"""A catalogue as a graph: papers, who wrote them, what they are about, and what they cite."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.schema import Columns, Item, Relation

PAPER, AUTHOR, CATEGORY, THEME, KEYWORD = "Paper", "Author", "Category", "Theme", "Keyword"
CITES = "CITES"
# Attributes that become nodes, or that say again what stands elsewhere.
THEMES, KEYWORDS = "theme", "keywords"
_KNOWN = frozenset({THEMES, KEYWORDS, "creators_verbatim", "references"})


def catalogue_graph(items: Sequence[Item], relations: Iterable[Relation] = ()) -> Graph:
    """Return items as a graph.

    `(:Paper {id, title, text, url, published, announced, year, version})-[:WRITTEN_BY {position}]->(:Author {name})`, `-[:IN_CATEGORY]->(:Category {name})`,
    `-[:ABOUT]->(:Theme {name})`, `-[:HAS_KEYWORD]->(:Keyword {name})`. Numbers and texts among an item's attributes are properties of its paper.
    Of the relations, those between papers are kept, their type in capitals: `-[:CITES]->(:Paper)`.
    """
    keyed = Keyed()
    papers(keyed, items)
    every = {item.id for item in items}
    kept = [one for one in relations if one.head in every and one.tail in every]
    for kind in dict.fromkeys(one.type for one in kept):
        same = [one for one in kept if one.type == kind]
        keyed.join(kind.upper(), (PAPER, [one.head for one in same]), (PAPER, [one.tail for one in same]))
    return keyed.graph()


def papers(keyed: Keyed, items: Sequence[Item]) -> None:
    """Add papers, and the nodes that their own fields name."""
    dates = [item.published or item.announced for item in items]
    frame = pl.DataFrame(
        {
            "id": pl.Series([item.id for item in items], dtype=pl.String),
            Columns.TITLE: pl.Series([item.title for item in items], dtype=pl.String),
            Columns.TEXT: pl.Series([item.text or None for item in items], dtype=pl.String),
            Columns.URL: pl.Series([item.url or None for item in items], dtype=pl.String),
            Columns.PUBLISHED: pl.Series([item.published for item in items], dtype=pl.Date),
            Columns.ANNOUNCED: pl.Series([item.announced for item in items], dtype=pl.Date),
            "year": pl.Series([at.year if at else None for at in dates], dtype=pl.Int64),
            Columns.VERSION: pl.Series([item.version for item in items], dtype=pl.Int64),
            **_attributes(items),
        }
    )
    keyed.nodes(PAPER, [item.id for item in items], frame)
    written = [(item.id, name, place) for item in items for place, name in enumerate(dict.fromkeys(item.creators), 1)]
    _name(keyed, AUTHOR, "WRITTEN_BY", [pair[:2] for pair in written], pl.DataFrame({Columns.POSITION: [place for _, _, place in written]}))
    _name(keyed, CATEGORY, "IN_CATEGORY", [(item.id, name) for item in items for name in dict.fromkeys(item.categories)])
    _name(keyed, THEME, "ABOUT", [(item.id, name) for item in items for name in _listed(item.attributes.get(THEMES))])
    _name(keyed, KEYWORD, "HAS_KEYWORD", [(item.id, name) for item in items for name in _listed(item.attributes.get(KEYWORDS))])


def _name(keyed: Keyed, label: str, kind: str, pairs: list[Any], frame: pl.DataFrame | None = None) -> None:
    if pairs:
        keyed.named(label, (name for _, name in pairs))
        keyed.join(kind, (PAPER, [head for head, _ in pairs]), (label, [name for _, name in pairs]), frame)


def _listed(held: Any) -> list[str]:
    names = held if isinstance(held, list | tuple) else str(held or "").split(",")
    return list(dict.fromkeys(name for one in names if (name := str(one).strip())))


def _attributes(items: Sequence[Item]) -> dict[str, pl.Series]:
    """Return the attributes that are one number, text or truth value wherever they stand, of one type."""
    found: dict[str, pl.Series] = {}
    own = {"id", Columns.TITLE, Columns.TEXT, Columns.URL, Columns.PUBLISHED, Columns.ANNOUNCED, "year", Columns.VERSION}
    for key in dict.fromkeys(key for item in items for key in item.attributes if key not in _KNOWN | own and not key.startswith("_")):
        values = [item.attributes.get(key) for item in items]
        kinds = {type(value) for value in values if value is not None}
        kind = {frozenset({str}): pl.String, frozenset({int}): pl.Int64, frozenset({bool}): pl.Boolean}.get(frozenset(kinds))
        if kind is None and kinds and kinds <= {int, float}:
            kind = pl.Float64
        if kind is not None:
            found[key] = pl.Series(values, dtype=kind, strict=False)
    return found
