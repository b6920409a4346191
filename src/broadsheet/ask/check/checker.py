"""A query held against a schema: everything that can be told of it without running it."""

from collections.abc import Iterable
from typing import NamedTuple

from broadsheet.ask.check.calls import Calls
from broadsheet.ask.check.clauses import Clauses
from broadsheet.ask.check.conditions import Conditions
from broadsheet.ask.check.findings import Code, Finding, Severity, spliced
from broadsheet.ask.check.flow import Flow
from broadsheet.ask.check.scope import Scopes
from broadsheet.ask.check.shapes import Shapes, turned
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.nodes import Place, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema import Schema

# Relations that are turned, one by one, to see whether a path can be.
MOST_TURNED = 12


class Checked(NamedTuple):
    """A query's tree (None where it cannot be read), what is wrong with it, in the order of the text, and the text with every fix made.

    `fixed` is None where something is wrong for which no query is right.
    """

    query: Query | None
    findings: tuple[Finding, ...]
    fixed: str | None

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """Errors and warnings."""
        return tuple(one for one in self.findings if one.severity is not Severity.INFO)

    @classmethod
    def of(cls, text: str, query: Query, findings: Iterable[Finding]) -> "Checked":
        """Return findings in the order of the text, each once, and the text with every fix made."""
        listed = sorted(dict.fromkeys(findings), key=lambda one: (one.place, one.code))
        hopeless = any(one.hopeless and one.severity is Severity.ERROR for one in listed)
        fixed = None if hopeless else spliced(text, [splice for one in listed if one.severity is not Severity.INFO for splice in one.fix])
        return cls(query, tuple(listed), fixed)


def _turned_once(text: str, scopes: Scopes, schema: Schema, findings: list[Finding]) -> list[Finding]:
    """Return findings about shapes; a path that cannot be, and can where one relation alone is turned, is that relation's fault."""
    impossible = [one for one in findings if one.code is Code.IMPOSSIBLE_PATH]
    if len(impossible) != 1 or any(one.code is Code.WRONG_DIRECTION for one in findings):
        return findings
    ways = []
    for joined in scopes.joined[:MOST_TURNED]:
        if joined.relation.towards != "either":
            splice = turned(joined.relation, text)
            other = parse(spliced(text, [splice])).query
            told = [] if other is None else Shapes(Scopes(other), schema, spliced(text, [splice])).check()
            if other is not None and not any(one.code in {Code.IMPOSSIBLE_PATH, Code.WRONG_DIRECTION} for one in told):
                ways.append(splice)
    if len(ways) != 1:
        return findings
    said = f"{impossible[0].message} There is a way where this relation is turned."
    return [one for one in findings if one is not impossible[0]] + [Finding(Code.WRONG_DIRECTION, Severity.ERROR, ways[0].place, said, (ways[0],))]


def check(text: str, schema: Schema) -> Checked:
    """Hold a query against a schema. Never raises.

    >>> from broadsheet.ask.schema import Triple
    >>> films = Schema.of_triples((Triple("Person", "DIRECTED", "Film"),))
    >>> checked = check("MATCH (f:Film)-[:DIRECTED]->(p:Person) RETURN p", films)
    >>> checked.findings[0].code, checked.fixed
    (<Code.WRONG_DIRECTION: 'WRONG_DIRECTION'>, 'MATCH (f:Film)<-[:DIRECTED]-(p:Person) RETURN p')
    """
    parsed = parse(text)
    if parsed.query is None:
        faults = [Finding(Code.SYNTAX, Severity.ERROR, Place(fault.start, fault.end), f"{fault.what[0].upper()}{fault.what[1:]}.") for fault in parsed.faults]
        return Checked(None, tuple(faults), None)
    scopes = Scopes(parsed.query)
    # Shapes come first: they narrow what each node may be.
    findings = _turned_once(text, scopes, schema, Shapes(scopes, schema, text).check())
    values = Values(scopes, schema)
    findings += [
        *values.check(),
        *Calls(scopes, schema, values).check(),
        *Conditions(scopes, values).check(),
        *Clauses(parsed.query, scopes, values).check(),
        *Flow(parsed.query, scopes, text).check(),
    ]
    return Checked.of(text, parsed.query, findings)
