"""Public queries with verdicts of others: what an engine said of them, and what people did."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import databases, read_schema, schema_of

QUERIES, SCHEMAS = "text2cypher_llm_queries.jsonl", "text2cypher_schemas.json"
JUDGED, JUDGED_SCHEMAS, DOMAINS = "mindthequery_{}.jsonl", "mindthequery_schemas.json", ("bloom", "er", "wwc")
DIRECTIONS = "direction_cases.csv"


class Query(NamedTuple):
    """A query, the database that it asks, and what was said of it: `accepted`, `accepted, rows`, `syntax`, `schema`, `timeout`, `right` or `wrong`."""

    id: str
    text: str
    database: str
    verdict: str
    question: str = ""

    @property
    def writer(self) -> str:
        """The model that wrote it, as its id begins."""
        return self.id.rpartition("-")[0]


class Turned(NamedTuple):
    """A query over a schema of triples, and the query that is right; None where none is."""

    id: str
    text: str
    schema: Schema
    right: str | None


def schemas_of(path: Path) -> dict[str, Schema]:
    """Read the schemas of a file of several, by database."""
    return {name: read_schema(path, name) for name in databases(path)}


def llm_queries(plan: AskPlan) -> list[Query]:
    """Read queries that language models wrote, with Neo4j's verdict."""
    return [Query(row["id"], row["cypher"], row["database"], _verdict(row), row["question"]) for row in _rows(plan.file(QUERIES))]


def _verdict(row: dict[str, Any]) -> str:
    for key, said in (("syntax_error", "syntax"), ("timeout", "timeout"), ("false_schema", "schema")):
        if row[key]:
            return said
    return "accepted, rows" if row["returns_results"] else "accepted"


def judged(plan: AskPlan, domain: str) -> list[Query]:
    """Read queries that people called logically right or wrong."""
    found = _rows(plan.file(JUDGED.format(domain)))
    return [Query(row["id"], row["cypher"], domain, "right" if row["logical_ok"] == "1" else "wrong", row["question"]) for row in found]


def turned(plan: AskPlan) -> list[Turned]:
    """Read queries some of whose relations are the wrong way round."""
    with plan.file(DIRECTIONS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [Turned(str(number), row["statement"], schema_of(row["schema"], "case"), row["correct_query"].strip() or None) for number, row in enumerate(rows, 1)]


def clean_queries(plan: AskPlan) -> Iterator[tuple[Query, Schema]]:
    """Yield queries that others found no fault with, over every public schema that queries are there for, each with its schema; what cannot be read is left out."""
    schemas = schemas_of(plan.file(SCHEMAS))
    for one in llm_queries(plan):
        if one.verdict == "accepted, rows" and one.database in schemas:
            yield one, schemas[one.database]
    for domain in DOMAINS:
        schema = read_schema(plan.file(JUDGED_SCHEMAS), domain)
        yield from ((one, schema) for one in judged(plan, domain) if one.verdict == "right")
    pole = read_schema(plan.file("pole", "graph_schema.json"))
    with plan.file("pole", "zograscope_train_v1.csv").open(newline="", encoding="utf-8") as file:
        yield from ((Query(f"pole-{row['id']}", row["mr"], "pole", "right", row["nl"]), pole) for row in csv.DictReader(file))
    paper = read_schema(plan.file("ask_paper_schema.json"))
    for row in json.loads(plan.file("ask_paper_90.json").read_text(encoding="utf-8")):
        if row["perturbation"] == "None":
            yield Query(row["id"], row["cypher"], "paper", "right"), paper


def readable(text: str) -> bool:
    """Whether a text is read as one statement."""
    return parse(text).query is not None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
