"""Public questions with a query that answers them, as far as anyone knows, and which of them the rules were chosen on."""

import csv
import json
from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import databases, read_schema

LLM_QUERIES, LLM_SCHEMAS = "text2cypher_llm_queries.jsonl", "text2cypher_schemas.json"
POLE_PAIRS, POLE_SCHEMA, POLE_GRAPH = ("pole", "zograscope_train_v1.csv"), ("pole", "graph_schema.json"), ("pole", "pole-data-importer.zip")
JUDGED, JUDGED_SCHEMAS = "mindthequery_{}.jsonl", "mindthequery_schemas.json"
FILES = (LLM_QUERIES, LLM_SCHEMAS, JUDGED_SCHEMAS, *(JUDGED.format(name) for name in ("wwc", "bloom", "er")))
WRITERS = {"gpt4turbo": "GPT-4 Turbo", "opus": "Opus"}
POLE, JUDGES = "ZOGRASCOPE", "Mind-the-Query"
# Which rules are alarms was chosen on these; of POLE on every other template.
CHOSEN_ON = frozenset("bluesky buzzoverflow companies gameofthrones movies offshoreleaks slack wwc bloom".split())


class Case(NamedTuple):
    """A question and a query that is taken to answer it."""

    source: str
    database: str
    held_out: bool
    question: str
    text: str
    schema: Schema


def read_cases(plan: AskPlan) -> list[Case]:
    """Read every pair whose query can be read. Raises SourceNotFoundError."""
    found = (*_written_by_llms(plan), *_pole(plan), *_judged(plan, accepted=True))
    return [case for case in found if parse(case.text).query is not None]


def rejected_cases(plan: AskPlan) -> list[Case]:
    """Read the pairs whose query a person has found to be wrong in its logic. Raises SourceNotFoundError."""
    return [case for case in _judged(plan, accepted=False) if parse(case.text).query is not None]


def _written_by_llms(plan: AskPlan) -> Iterator[Case]:
    """Yield what Neo4j ran, with rows for an answer."""
    path = plan.file(LLM_SCHEMAS)
    schemas = {name: read_schema(path, name) for name in databases(path)}
    with plan.file(LLM_QUERIES).open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["returns_results"] and not (row["syntax_error"] or row["timeout"] or row["false_schema"]):
                name = row["database"]
                # One database has no schema: then only words are compared.
                schema = schemas.setdefault(name, Schema({}, {}, ()))
                yield Case(WRITERS[row["id"].split("-")[0]], name, name not in CHOSEN_ON, row["question"], row["cypher"], schema)


def _pole(plan: AskPlan) -> Iterator[Case]:
    schema = read_schema(plan.file(*POLE_SCHEMA))
    with plan.file(*POLE_PAIRS).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            template = 1000 * int(row["num_nodes"]) + int(row["template_id"])
            yield Case(POLE, "pole", template % 2 == 1, row["nl"], row["mr"], schema)


def _judged(plan: AskPlan, *, accepted: bool) -> Iterator[Case]:
    for name in ("wwc", "bloom", "er"):
        schema = read_schema(plan.file(JUDGED_SCHEMAS), name)
        with plan.file(JUDGED.format(name)).open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                verdicts = {str(row[key])[:1] for key in ("result_ok", "logical_ok") if row[key] is not None}
                if verdicts == {"1"} if accepted else str(row["logical_ok"])[:1] == "0":
                    yield Case(JUDGES, name, name not in CHOSEN_ON, row["question"], row["cypher"], schema)
