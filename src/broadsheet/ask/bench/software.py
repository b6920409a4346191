"""A made-up graph of authors, software packages, datasets and publications, with what the paper's first nine questions ask for, and the queries that answer them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from broadsheet.ask.bench.fictional import Fiction, measured
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.bench import Bench
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

PACKAGE, DATASET, PUBLICATION, AUTHOR, HAS_AUTHOR = "SoftwarePackage", "Dataset", "Publication", "Author", "HAS_AUTHOR"
AUTHORS, PACKAGES, DATASETS, PUBLICATIONS = 160, 90, 110, 220
_FIRST = "Alba Benno Cira Dario Edda Falk Greta Hugo Ines Jaro Kaja Levin Mira Nuno Orla Pavel Quita Runa Silas Tova".split()
_LAST = "Ackerholm Brandvik Cortesa Dunweber Eskola Fjordhall Grantow Holbeke Ilvar Jandral Korhaven Lindmark Moravec Nordgast Ostwell Pernau".split()
_TOPICS = "Sparse Robust Convex Seasonal Spatial Bayesian Tropical Fuzzy Nested Ordinal Latent Periodic".split()
_THINGS = "Clusters Forecasts Splines Kernels Lattices Networks Margins Fronts Residuals Copulas Panels Tides".split()

_SHARED = ("Bitcoin Dataset with Missing Values", "Rideshare Dataset without Missing Values")
# For each of the questions, in the order of the public file, the query that is meant.
MEANT = (
    "MATCH (s:SoftwarePackage {name: 'graphclust'})-[:HAS_AUTHOR]->(a:Author) RETURN a.name",
    "MATCH (p:Publication)-[:HAS_AUTHOR]->(a:Author) WHERE p.title CONTAINS 'Pareto' RETURN DISTINCT a.name",
    "MATCH (s:SoftwarePackage)-[:HAS_AUTHOR]->(a:Author) RETURN a.name, count(s) AS packages ORDER BY packages DESC LIMIT 10",
    "MATCH (d:Dataset)-[:HAS_AUTHOR]->(a:Author {name: 'Rob Hyndman'}) RETURN count(d) AS datasets",
    "MATCH (d:Dataset)-[:HAS_AUTHOR]->(a:Author) WITH a, count(d) AS datasets WHERE datasets >= 5 RETURN a.name",
    "MATCH (a:Author) OPTIONAL MATCH (d:Dataset)-[:HAS_AUTHOR]->(a) RETURN a.name, d.name",
    "MATCH (s:SoftwarePackage)-[:HAS_AUTHOR]->(a:Author)<-[:HAS_AUTHOR]-(t:SoftwarePackage) WHERE s.name < t.name RETURN DISTINCT s.name, t.name",
    f"MATCH (d:Dataset {{name: '{_SHARED[0]}'}})-[:HAS_AUTHOR]->(a:Author)<-[:HAS_AUTHOR]-(e:Dataset {{name: '{_SHARED[1]}'}}) RETURN a.name",
    "MATCH (s:SoftwarePackage) WHERE NOT (s)-[:HAS_AUTHOR]->(:Author) RETURN s.name",
)


def software_graph(seed: int = 0) -> Graph:
    """Return the graph of a seed: of the ten authors with most packages nobody has as many as the eleventh, some packages have no author, and one name is a package's and a paper's."""
    rng = generator(seed, "software graph")
    authors = ["Rob Hyndman", *_names(rng, AUTHORS - 1)]
    keyed = Keyed()
    keyed.nodes(AUTHOR, authors, pl.DataFrame({"name": authors, "authorId": [f"A{number:04}" for number in range(len(authors))]}))
    packages = ["graphclust", *(_word(rng) for _ in range(PACKAGES - 1))]
    packages = [name if packages.index(name) == place else f"{name}{place}" for place, name in enumerate(packages)]
    keyed.nodes(PACKAGE, packages, pl.DataFrame({"packageId": [f"P{number:04}" for number in range(len(packages))], "name": packages}))
    datasets = [*_SHARED, *(f"{_one(rng, _TOPICS)} {_one(rng, _THINGS)} Dataset {number}" for number in range(DATASETS - len(_SHARED)))]
    keyed.nodes(DATASET, datasets, pl.DataFrame({"name": datasets}))
    titles = [f"{_one(rng, _TOPICS)} {'Pareto ' if number % 17 == 0 else ''}{_one(rng, _THINGS)}, part {number}" for number in range(PUBLICATIONS)]
    names = ["graphclust", *(f"pub{number:04}" for number in range(1, PUBLICATIONS))]
    keyed.nodes(PUBLICATION, names, pl.DataFrame({"name": names, Columns.TITLE: titles}))
    _write(keyed, rng, authors, {PACKAGE: packages, DATASET: datasets, PUBLICATION: names})
    return keyed.graph()


def _write(keyed: Keyed, rng: np.random.Generator, authors: list[str], works: dict[str, list[str]]) -> None:
    """Give works their authors."""
    count = len(authors)
    pairs: dict[str, list[tuple[str, str]]] = {label: [] for label in works}
    for place, name in enumerate(works[PACKAGE]):
        if place % 11 != 5:
            # The first ten authors write more and more, each another number.
            prolific = [1 + one for one in range(10) if place % (one + 3) == 0]
            chosen = {*prolific, *(int(one) for one in rng.integers(11, count, size=1 + int(rng.integers(2))))}
            pairs[PACKAGE] += [(name, authors[one]) for one in sorted(chosen)]
    for place, name in enumerate(works[DATASET]):
        shared = {0, 12, 13} if place < 2 else ({0} if place % 9 == 0 else set())
        chosen = shared | {int(one) for one in rng.integers(1, count // 4, size=1 + int(rng.integers(3)))}
        pairs[DATASET] += [(name, authors[one]) for one in sorted(chosen)]
    for name in works[PUBLICATION][1:]:
        pairs[PUBLICATION] += [(name, authors[one]) for one in sorted({int(one) for one in rng.integers(count, size=1 + int(rng.integers(4)))})]
    for label, held in pairs.items():
        keyed.join(HAS_AUTHOR, (label, [one for one, _ in held]), (AUTHOR, [one for _, one in held]))


def _names(rng: np.random.Generator, count: int) -> list[str]:
    every = [f"{first} {last}" for first in _FIRST for last in _LAST]
    return [every[int(place)] for place in rng.permutation(len(every))[:count]]


def _word(rng: np.random.Generator) -> str:
    parts = "sto ki mar vel dra pon zu lith bem ric ova ter".split()
    return "".join(parts[int(one)] for one in rng.integers(len(parts), size=3))


def _one(rng: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(rng.integers(len(among)))]


FICTION = Fiction(
    "mardi", software_graph, MEANT, "mardi_9", "mardi_questions",
    "The graph is made up over the paper's published schema without its citations, whose names the paper does not tell; the meant queries are this project's. "
    "Packages that share the same authors are taken to be those with an author in common.",
)  # fmt: skip


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure the nine questions."""
    return measured(FICTION, plan, folder, command, progress)
