"""Drafts that are not what was meant, each with the query that is: seeded faults in clean queries, and two models' queries to one question."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.ask.amend.diff import same
from broadsheet.ask.bench.mutants import ASKED, STATIC, mutants
from broadsheet.ask.bench.public import Query as Written
from broadsheet.ask.check.checker import check
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.safety import refused
from broadsheet.ask.schema import Schema
from broadsheet.core.seeds import generator

MOST_FAULTS = 3
# The verdict on a query that ran and gave rows.
RAN = "accepted, rows"


class Draft(NamedTuple):
    """A question's id, the query that was written, the query that is meant, and the schema of both."""

    id: str
    database: str
    draft: Query
    meant: Query
    schema: Schema


def faulty(asked: Sequence[Written], schemas: Mapping[str, Schema], count: int, seed: int) -> Iterator[Draft]:
    """Yield clean queries with one to three faults planted, of operators drawn by chance; those that still mean the same are left out."""
    rng = generator(seed, "faulty")
    clean = [one for one in asked if one.verdict == RAN and one.database in schemas]
    made = 0
    for place in rng.permutation(len(clean)):
        one = clean[int(place)]
        draft = _planted(one, schemas[one.database], rng)
        if draft is not None:
            yield draft
            made += 1
        if made == count:
            return


def _planted(one: Written, schema: Schema, rng: np.random.Generator) -> Draft | None:
    meant = parse(one.text).query
    if meant is None or refused(meant) is not None or check(one.text, schema).alarms:
        return None
    draft = planted(one.text, schema, rng)
    return None if draft is None else Draft(one.id, one.database, draft, meant, schema)


def planted(text: str, schema: Schema, rng: np.random.Generator) -> Query | None:
    """Return a query with one to three faults of operators drawn by chance, None where none fits or it still means the same."""
    meant, made = parse(text).query, text
    wanted, operators = int(rng.integers(1, MOST_FAULTS + 1)), STATIC | ASKED
    names = list(operators)
    for place in rng.permutation(len(names)):
        found = next(iter(mutants(made, schema, {names[int(place)]: operators[names[int(place)]]}, rng)), None)
        if found is not None:
            made, wanted = found.text, wanted - 1
        if not wanted:
            break
    draft = parse(made).query
    return None if draft is None or meant is None or same(draft, meant) else draft


def written_twice(asked: Sequence[Written], schemas: Mapping[str, Schema], count: int, seed: int) -> Iterator[Draft]:
    """Yield two queries that models wrote for one question of one database, the one that ran and gave rows as what is meant, the other as its draft."""
    rng = generator(seed, "written twice")
    together: dict[tuple[str, str], list[Written]] = {}
    for one in asked:
        if one.database in schemas:
            together.setdefault((one.database, " ".join(one.question.lower().split())), []).append(one)
    pairs = [(other, one) for held in together.values() for one in held if one.verdict == RAN for other in held if other is not one and other.text != one.text]
    made = 0
    for place in rng.permutation(len(pairs)):
        first, second = pairs[int(place)]
        draft, meant = parse(first.text).query, parse(second.text).query
        if draft is None or meant is None or refused(draft) is not None or refused(meant) is not None or same(draft, meant):
            continue
        yield Draft(second.id, second.database, draft, meant, schemas[second.database])
        made += 1
        if made == count:
            return
