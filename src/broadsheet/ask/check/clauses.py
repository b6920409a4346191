"""What clauses are given and give back: names of columns, how many rows are kept, what is unwound, how far rows of relations go."""

from collections.abc import Iterator, Sequence

from broadsheet.ask.check.findings import Code, Finding, Severity
from broadsheet.ask.check.scope import Scopes, walk
from broadsheet.ask.check.types import SCALAR, Types, a
from broadsheet.ask.cypher.nodes import (
    Comprehension,
    Expression,
    Hops,
    Literal_,
    NodePattern,
    Place,
    Projected,
    Projection,
    Quantified,
    Query,
    Reduce,
    Subquery,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import written


class Clauses:
    """Checks clauses one by one, and the parts of a UNION against each other."""

    def __init__(self, query: Query, scopes: Scopes, types: Types) -> None:
        self._query, self._scopes, self._types = query, scopes, types

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        for node in walk(self._query):
            match node:
                case Query():
                    yield from self._united(node)
                case Subquery():
                    yield from self._ends(node)
                case Projection():
                    yield from self._named_twice(node)
                    for word, count in (("SKIP", node.skip), ("LIMIT", node.limit)):
                        if count is not None:
                            yield from self._counted(word, count)
                case Unwind() | Comprehension() | Quantified() | Reduce() if (kind := self._types.kind_of(node.source)) in SCALAR:
                    what = "UNWIND" if isinstance(node, Unwind) else node.which if isinstance(node, Quantified) else "IN"
                    said = f"{what} needs a list, and {written(node.source)} is {a(kind)}."
                    yield Finding(Code.TYPE_MISMATCH, Severity.ERROR, node.source.place, said)
                case Hops(least=int(), most=int()) if node.most < node.least:  # pyrefly: ignore
                    said = f"No row of relations has at least {node.least} and at most {node.most}."
                    yield Finding(Code.IMPOSSIBLE_PATH, Severity.ERROR, node.place, said, hopeless=True)
        for thing, element in self._scopes.shadows:
            bare = element.properties is None and (element.labels if isinstance(element, NodePattern) else element.types) is None
            said = f"{thing.name!r} is another one here than outside: CALL {{ }} knows what a WITH at its beginning names."
            yield Finding(Code.SHADOWED_VARIABLE, Severity.WARNING if bare else Severity.INFO, element.place, said, hopeless=bare)

    def _united(self, query: Query) -> Iterator[Finding]:
        """Tell of parts of a UNION that give back other columns than the first."""
        lasts = [part.clauses[-1] for part in query.parts]
        if not all(isinstance(last, Projection) and not last.star for last in lasts):
            return
        first, *others = [last.items for last in lasts if isinstance(last, Projection)]
        for items in others:
            if _columns(items) != _columns(first):
                said = f"Parts of a UNION give back the same columns: first {', '.join(_columns(first))}, here {', '.join(_columns(items))}."
                yield Finding(Code.UNION_COLUMNS, Severity.ERROR, Place(items[0].place.start, items[-1].place.end), said, hopeless=True)

    def _ends(self, node: Subquery) -> Iterator[Finding]:
        for part in node.query.parts:
            last = part.clauses[-1]
            if isinstance(last, Projection) and last.which == "WITH":
                yield Finding(Code.NO_RETURN, Severity.ERROR, last.place, f"{node.which} {{ }} cannot end with WITH.", hopeless=True)

    def _named_twice(self, clause: Projection) -> Iterator[Finding]:
        seen: dict[str, Expression] = {}
        for item, column in zip(clause.items, _columns(clause.items), strict=True):
            if column in seen:
                # The same again is told twice, and no more.
                severity = Severity.INFO if seen[column] == item.expression else Severity.ERROR
                yield Finding(Code.DUPLICATE_NAME, severity, item.place, f"Two columns of {clause.which} are called {column}.", hopeless=True)
            seen.setdefault(column, item.expression)

    def _counted(self, word: str, count: Expression) -> Iterator[Finding]:
        for node in walk(count):
            if isinstance(node, Variable):
                said = f"{word} is the same for all rows: it cannot ask for {node.name!r}."
                yield Finding(Code.UNBOUND_VARIABLE, Severity.ERROR, node.place, said, hopeless=True)
                return
        kind = "null" if isinstance(count, Literal_) and count.value is None else self._types.kind_of(count)
        if kind not in {"integer", "number", "any"} or (isinstance(count, Literal_) and kind == "number"):
            yield Finding(Code.TYPE_MISMATCH, Severity.ERROR, count.place, f"{word} needs a whole number, and {written(count)} is {a(kind)}.")
        elif isinstance(count, Literal_) and isinstance(count.value, int) and count.value < 0:
            yield Finding(Code.OUT_OF_DOMAIN, Severity.ERROR, count.place, f"{word} needs a number that is not below zero.")


def _columns(items: Sequence[Projected]) -> list[str]:
    return [item.name or (item.expression.name if isinstance(item.expression, Variable) else written(item.expression)) for item in items]
