"""The catalogue of a world: items with authors and figures, and the relations between them."""

from datetime import timedelta

import numpy as np
import polars as pl

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.schema import Columns, Item
from broadsheet.core.seeds import generator
from broadsheet.sample.world.casting import Cast
from broadsheet.sample.world.settings import START, WorldConfig
from broadsheet.sample.world.vocabulary import table, themes
from broadsheet.sample.world.writing import Prose, coin, write_papers

_HOUSES = 24
_CITED = 4


def item_id(row: int) -> str:
    """Return the identifier of a row."""
    return f"w{row:05d}"


def build_library(config: WorldConfig, cast: Cast) -> tuple[Catalogue, pl.DataFrame]:
    """Return the catalogue and its relations."""
    prose = write_papers(cast, config.seed, copies=config.plants("cold"))
    people, homes = _people(config)
    rng = generator(config.seed, "world", "authors")
    teams = [rng.choice(len(people), size=size, replace=False) for size in rng.integers(1, 4, size=config.items)]
    creators = [tuple(people[member] for member in team) for team in teams]
    items = [_item(row, cast, prose[row], creators[row]) for row in range(config.items)]
    return Catalogue(items), _relations(config, cast, prose, items, homes)


def _item(row: int, cast: Cast, prose: Prose, creators: tuple[str, ...]) -> Item:
    name = item_id(row)
    theme = themes()[int(cast.theme[row])]
    announced = START + timedelta(days=int(cast.day[row]))
    attributes: dict[str, object] = {"theme": theme.name, "field": theme.field}
    if cast.level[row]:
        attributes["level"] = int(cast.level[row])
    return Item(
        id=name,
        title=prose.title,
        text=prose.text,
        url=f"https://papers.example.org/world/{name}",
        creators=creators,
        categories=(theme.name,),
        attributes=attributes,
        images=(f"figures/{name}.png",),
        published=announced - timedelta(days=1),
        announced=announced,
    )


def _people(config: WorldConfig) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Return names of authors, and for each the house and the town it stands in."""
    names, rng = table("names"), generator(config.seed, "world", "people")
    every = [f"{given} {family}" for given in names["given"] for family in names["family"]]
    people = [every[i] for i in rng.permutation(len(every))[: max(60, config.items // 4)]]
    towns = [coin(rng.integers(2**31, size=3), "end") for _ in range(_HOUSES)]
    houses = [(f"{town} {names['house'][int(rng.integers(len(names['house'])))]}", town) for town in towns]
    return people, {person: houses[int(i)] for person, i in zip(people, rng.integers(_HOUSES, size=len(people)), strict=True)}


def _relations(config: WorldConfig, cast: Cast, prose: list[Prose], items: list[Item], homes: dict[str, tuple[str, str]]) -> pl.DataFrame:
    """Return typed edges, sorted and each once.

    Parts of a series continue one another both ways that readers may go, so that no edge tells
    where they went. Nothing cites a paper that is announced later, and copies are cited by no edge.
    """
    rows: list[tuple[str, str, str]] = []
    for item, paper in zip(items, prose, strict=True):
        rows += [(item.id, "written_by", person) for person in item.creators]
        rows += [(item.id, "about", item.categories[0]), (item.id, "introduces", paper.method)]
    authors = sorted({person for item in items for person in item.creators})
    rows += [(person, "works_at", homes[person][0]) for person in authors]
    rows += [(house, "located_in", town) for house, town in set(homes.values())]
    rows += [(theme.name, "part_of", theme.field) for theme in themes()]
    for p, q, f, b in cast.series.tolist():
        rows += [(items[head].id, "continues", items[tail].id) for head in (f, b) for tail in (p, q)]
    rows += _citations(config, cast, items)
    frame = pl.DataFrame(sorted(set(rows)), schema=[Columns.HEAD, Columns.TYPE, Columns.TAIL], orient="row")
    return frame.sort(Columns.TYPE, Columns.HEAD, Columns.TAIL)


def _citations(config: WorldConfig, cast: Cast, items: list[Item]) -> list[tuple[str, str, str]]:
    """Let papers of the feed cite a few earlier ones of the feed, of their own theme more often than not."""
    rng, rows = generator(config.seed, "world", "citations"), []
    for row in cast.feed.tolist():
        earlier = cast.feed[cast.day[cast.feed] < cast.day[row]]
        if not earlier.size:
            continue
        weight = np.where(cast.theme[earlier] == cast.theme[row], 20.0, 1.0)
        count = min(int(rng.integers(0, _CITED)), len(earlier))
        rows += [(items[row].id, "cites", items[tail].id) for tail in rng.choice(earlier, size=count, replace=False, p=weight / weight.sum()).tolist()]
    return rows
