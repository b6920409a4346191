"""What does not agree between a question and a query: a doubt has the rule that raised it, and by the rule it is an alarm or only told."""

from typing import NamedTuple

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.cypher.nodes import Place


class Doubt(NamedTuple):
    """Something that a question and a query tell differently: `place` in the query, `asked` in the question (None where it says nothing of it)."""

    rule: str
    code: Code
    place: Place
    asked: Place | None
    message: str
    fix: tuple[Splice, ...] = ()


def finding_of(doubt: Doubt, question: str, sure: frozenset[str]) -> Finding:
    """Return a doubt as a finding: a warning where its rule is sure, else an info; its message names the words of the question and where they stand."""
    severity = Severity.WARNING if doubt.rule in sure else Severity.INFO
    said = doubt.message
    if doubt.asked is not None:
        start, end = doubt.asked
        said = f"The question says {question[start:end]!r} (at {start}); {said}"
    return Finding(doubt.code, severity, doubt.place, said, doubt.fix if severity is Severity.WARNING else (), asked=doubt.asked)
