"""A made-up graph of hyenas and clans, after what the paper's five questions on such a graph speak of, and the queries that answer them.

The paper shows four types of relation (HAS_FATHER, BIRTH_CLAN, CURRENT_CLAN, CHANGED_CLAN) and two labels; HAS_MOTHER, MEMBER_OF and all properties are
reconstructed.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.ask.bench.fictional import Fiction, measured
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.bench import Bench
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

HYENA, CLAN = "Hyena", "Clan"
CLANS = ("X", "Morva", "Tindal", "Sefu", "Ngara")
FIRST_YEAR, LAST_YEAR, FOUNDERS, LITTERS = 1996, 2014, 12, 260


def _share(test: str) -> str:
    return f"avg(CASE WHEN {test} THEN 1.0 ELSE 0.0 END)"


_FROM_X, _FATHER = "b.name = 'X'", "MATCH (c:Hyena)-[:HAS_FATHER]->(f:Hyena)"
_LITTERS = f"WITH m, c.litter AS litter, max(CASE WHEN {_FROM_X} THEN 1.0 ELSE 0.0 END) AS sired RETURN avg(sired) AS proportion"
_THEN = "s.first_year <= c.born AND s.last_year >= c.born AND t.first_year <= c.born AND t.last_year >= c.born"
_BOTH = f"{_FATHER}-[s:MEMBER_OF]->(fc:Clan) MATCH (c)-[:HAS_MOTHER]->(m:Hyena)-[t:MEMBER_OF]->(mc:Clan) WHERE {_THEN}"
# For each of the questions, in the order of the public file, the query that is meant.
MEANT = (
    f"{_FATHER}-[:BIRTH_CLAN]->(b:Clan) RETURN {_share(_FROM_X)} AS proportion",
    f"{_FATHER}-[:BIRTH_CLAN]->(b:Clan) MATCH (c)-[:HAS_MOTHER]->(m:Hyena) {_LITTERS}",
    f"{_FATHER}-[:BIRTH_CLAN]->(b:Clan) MATCH (f)-[:CURRENT_CLAN]->(k:Clan) RETURN {_share('b.name = k.name')} AS proportion",
    f"{_FATHER} OPTIONAL MATCH (f)-[m:CHANGED_CLAN]->(:Clan) WITH c, count(m) AS moves RETURN {_share('moves = 1')} AS proportion",
    f"{_BOTH} RETURN {_share('fc.name <> mc.name')} AS proportion",
)


class _Hyena(NamedTuple):
    """A hyena: what is known of it, the clans that it was in with the first year of each, its parents."""

    name: str
    sex: str
    born: int
    litter: int
    stays: list[tuple[int, str]]
    mother: str
    father: str


def hyena_graph(seed: int = 0) -> Graph:
    """Return the graph of a seed: females stay where they were born, males move once, twice or never, and not every father is known."""
    return _graph(_hyenas(generator(seed, "hyena graph")))


def _hyenas(rng: np.random.Generator) -> list[_Hyena]:
    found = [
        _Hyena(f"{clan}-{number:02}", "female" if number % 2 else "male", FIRST_YEAR, 0, [(FIRST_YEAR, clan)], "", "")
        for clan in CLANS
        for number in range(FOUNDERS)
    ]
    litters: dict[str, int] = {}
    years = sorted(int(one) for one in rng.integers(FIRST_YEAR + 3, LAST_YEAR, size=LITTERS))
    for number, year in enumerate(years):
        mothers = [one for one in found if one.sex == "female" and one.born <= year - 3]
        mother = mothers[int(rng.integers(len(mothers)))]
        clan = _clan(mother, year)
        litters[mother.name] = litters.get(mother.name, 0) + 1
        for twin in range(1 + int(rng.integers(2))):
            males = [one for one in found if one.sex == "male" and one.born <= year - 3 and (_clan(one, year) == clan or rng.random() < 0.1)]
            father = males[int(rng.integers(len(males)))].name if males and rng.random() < 0.8 else ""
            sex = "female" if rng.random() < 0.5 else "male"
            found.append(_Hyena(f"{clan}-{number:03}{'ab'[twin]}", sex, year, litters[mother.name], _stays(rng, clan, year, sex), mother.name, father))
    return found


def _clan(hyena: _Hyena, year: int) -> str:
    return next(clan for first, clan in reversed(hyena.stays) if first <= year)


def _stays(rng: np.random.Generator, clan: str, born: int, sex: str) -> list[tuple[int, str]]:
    stays = [(born, clan)]
    for after in (3, 6):
        if sex == "male" and born + after <= LAST_YEAR and rng.random() < 0.55:
            others = [one for one in CLANS if one != stays[-1][1]]
            stays.append((born + after, others[int(rng.integers(len(others)))]))
    return stays


def _graph(hyenas: list[_Hyena]) -> Graph:
    keyed = Keyed()
    names = [one.name for one in hyenas]
    keyed.named(CLAN, CLANS)
    known = {"name": names, "sex": [one.sex for one in hyenas], "born": [one.born for one in hyenas], "litter": [one.litter for one in hyenas]}
    keyed.nodes(HYENA, names, pl.DataFrame(known))
    for kind, parent in (("HAS_MOTHER", "mother"), ("HAS_FATHER", "father")):
        pairs = [(one.name, getattr(one, parent)) for one in hyenas if getattr(one, parent)]
        keyed.join(kind, (HYENA, [one for one, _ in pairs]), (HYENA, [one for _, one in pairs]))
    for kind, place in (("BIRTH_CLAN", 0), ("CURRENT_CLAN", -1)):
        keyed.join(kind, (HYENA, names), (CLAN, [one.stays[place][1] for one in hyenas]))
    moves = [(one.name, year, clan) for one in hyenas for year, clan in one.stays[1:]]
    keyed.join(
        "CHANGED_CLAN", (HYENA, [one for one, _, _ in moves]), (CLAN, [clan for _, _, clan in moves]), pl.DataFrame({"year": [year for _, year, _ in moves]})
    )
    stays = [(one.name, clan, year, _until(one, place)) for one in hyenas for place, (year, clan) in enumerate(one.stays)]
    years = pl.DataFrame({"first_year": [one[2] for one in stays], "last_year": [one[3] for one in stays]})
    keyed.join("MEMBER_OF", (HYENA, [one[0] for one in stays]), (CLAN, [one[1] for one in stays]), years)
    return keyed.graph()


def _until(hyena: _Hyena, place: int) -> int:
    return hyena.stays[place + 1][0] - 1 if place + 1 < len(hyena.stays) else LAST_YEAR


FICTION = Fiction(
    "hyena", hyena_graph, MEANT, "hyena_5", "hyena_questions",
    "The graph is made up and its schema RECONSTRUCTED from what the paper's questions imply: HAS_MOTHER, MEMBER_OF and all properties are guesses; the meant queries "
    "are this project's.",
)  # fmt: skip


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure the five questions."""
    return measured(FICTION, plan, folder, command, progress)
