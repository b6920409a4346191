"""Queries of a file held against a schema, a line each: what `broadsheet ask check` prints."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Code, Finding, Severity
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.explain.writer import explain
from broadsheet.ask.question.against import check_against
from broadsheet.ask.safety import Refused, refused
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import read_schema, schema_of
from broadsheet.core.errors import BroadsheetError, RecordError, SourceNotFoundError


class Schemas:
    """The schemas of a file, each read once; a line's own schema comes before them."""

    def __init__(self, path: Path | None, database: str | None) -> None:
        self._path, self._database = path, database
        # A database that was named is looked for before any line is read.
        self._read: dict[str | None, Schema] = {database: read_schema(path, database)} if path is not None and database is not None else {}

    def of(self, held: dict[str, Any], where: str) -> Schema:
        """Return the schema that a line is held against. Raises RecordError where there is none."""
        if held.get("schema"):
            return schema_of(held["schema"], where)
        if self._path is None:
            raise RecordError(f"{where} has no schema.", "Give --schema FILE.json, or a schema in each line.")
        database = self._database if self._database is not None else held.get("database")
        if database not in self._read:
            self._read[database] = read_schema(self._path, database, only=False)
        return self._read[database]


def checked_lines(queries: Path, schemas: Schemas) -> Iterator[dict[str, Any]]:
    """Yield what is found of each query, in the order of the file. Raises SourceNotFoundError or RecordError."""
    try:
        with queries.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _checked(line, schemas, f"{queries.name}, line {number}")
    except OSError as fault:
        raise SourceNotFoundError(f"{queries} cannot be read: {fault.strerror}.", "Check the path of --queries.") from None


def _checked(line: bytes, schemas: Schemas, where: str) -> dict[str, Any]:
    try:
        held = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        text = held["query"] if "query" in held else held["cypher"]
        assert isinstance(text, str)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise RecordError(f"{where} holds no query.", 'Write: {"id": "q1", "query": "MATCH (n) RETURN n"}') from None
    try:
        schema = schemas.of(held, where)
    except BroadsheetError as fault:
        raise RecordError(fault.what if fault.what.startswith(where) else f"{where}: {fault.what}", fault.mend) from None
    question = held.get("question")
    if question is not None and not isinstance(question, str):
        raise RecordError(f"{where} has a question that is no text.", 'Write it in quotation marks: "question": "Who directed films after 1999?"')
    return described(text, schema, question) | {"id": held.get("id")}


def described(text: str, schema: Schema, question: str | None = None) -> dict[str, Any]:
    """Return all that can be told of a query without running it, as JSON has it; with its question, what the two tell differently too."""
    found = check_against(question, text, schema) if question else check(text, schema)
    query = found.query
    why = None if query is None else refused(query)
    findings = [
        {
            "code": one.code.value,
            "severity": one.severity.value,
            "span": [one.place.start, one.place.end],
            "message": one.message,
            "fix": [{"span": [splice.place.start, splice.place.end], "text": splice.text} for splice in one.fix] or None,
            **({} if one.asked is None else {"question_span": [one.asked.start, one.asked.end]}),
        }
        for one in _with_refused(found.findings, why)
    ]
    return {
        "id": None,
        "parsed": query is not None,
        "allowed": query is not None and why is None,
        "findings": findings,
        "fixed": found.fixed,
        "explanation": explain(query) if query is not None else None,
        "canonical": canonical(query) if query is not None else None,
    }


def _with_refused(findings: Iterable[Finding], why: Refused | None) -> list[Finding]:
    """Add why a query is never run, as a thing to know: whether it is right is another matter."""
    if why is None:
        return list(findings)
    rest = "only functions that are known to compute are" if why.what.endswith("()") else "queries only read"
    told = Finding(Code.NOT_ALLOWED, Severity.INFO, why.place, f"{why.what} is not run here: {rest}.")
    return sorted([*findings, told], key=lambda one: (one.place, one.code))


def has_error(told: dict[str, Any]) -> bool:
    """Whether any finding of a query is an error."""
    return any(one["severity"] == Severity.ERROR.value for one in told["findings"])
