"""Numbers, averages and sums over rows, and what is counted once: a question held against a query."""

from collections.abc import Iterator

from broadsheet.ask.check.findings import Code, Splice
from broadsheet.ask.check.scope import Thing, walk
from broadsheet.ask.cypher.nodes import Binary, Expression, Function, MapOf, Place, Projection, Property, Subquery, Variable
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.facts import Aggregate, Facts
from broadsheet.ask.question.held import Gathered, Held
from broadsheet.ask.question.words import parts, root

_CALLED = {
    "avg": {root(one) for one in ("avg", "average", "mean")},
    "sum": {root(one) for one in ("total", "sum", "combined", "cumulative")},
    "min": {root(one) for one in ("min", "minimum", "lowest", "least", "smallest", "earliest", "shortest", "fewest", "oldest")},
    "max": {root(one) for one in ("max", "maximum", "highest", "most", "largest", "latest", "longest", "greatest", "newest", "best")},
    "count": {root(one) for one in ("count", "number", "num", "counts", "total")},
}
_COUNTING = frozenset(
    "count counts counting number numbers many much total amount quantity frequency often size tally sum statistics figure volume popularity".split()
)


class GatheredHeld:
    """Compares how a question and a query put rows together."""

    def __init__(self, facts: Facts, held: Held) -> None:
        self._facts, self._held, self._functions = facts, held, held.functions
        keys = [node.key for node in walk(held.query) if isinstance(node, Property)] + [
            key for node in walk(held.query) if isinstance(node, MapOf) for key, _ in node.entries
        ]
        self._names = {root(one) for key in keys for one in parts(key)}

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._aggregates()
        yield from self._only_counted()
        yield from self._called()
        yield from self._distincts()
        yield from self._counted()

    def _aggregates(self) -> Iterator[Doubt]:
        gathered = {one.function.name.lower() for one in self._held.gathered}
        asked = {one.which for one in self._facts.aggregates if not one.soft}
        for one in self._facts.aggregates:
            if one.soft or one.which in gathered:
                continue
            others = [other for other in self._held.gathered if other.function.name.lower() in {"avg", "sum", "min", "max", "stdev", "stdevp", "count"} - asked]
            numeric = [other for other in others if other.function.name.lower() != "count"]
            total = one.which == "count" and one.words.lower().startswith("total") and numeric and not gathered & {"count", "sum"}
            if total:
                yield self._regathered("count_changed", numeric[0], one)
            elif self._made(one):
                continue
            elif one.which in {"avg", "sum", "stDev", "percentileCont"} and numeric:
                yield self._regathered(f"{one.which}_changed", numeric[0], one)
            elif one.which == "count" and numeric and not gathered & {"count"} and "sum" not in gathered:
                yield self._regathered("count_changed", numeric[0], one)
            elif one.which in {"avg", "sum", "count", "stDev"}:
                other = others[0].place if others else self._held.last
                many = one.words.lower() == "how many" and one.place.start == 0 and self._label_of(one)
                yield Doubt("how_many" if many else f"{one.which}_missing", Code.QUESTION_FACT_MISSING, other, one.place, f"the query has no {one.which}().")
        if not asked & {"avg", "sum", "percentileCont", "stDev"}:
            for other in self._held.gathered:
                if other.function.name.lower() in {"avg", "stdev", "stdevp"} and not any(one.which == "avg" for one in self._facts.aggregates):
                    yield Doubt(
                        "avg_extra",
                        Code.QUESTION_FACT_EXTRA,
                        other.place,
                        None,
                        f"The question asks for no average, and the query has {written(other.function)}.",
                    )

    def _label_of(self, one: Aggregate) -> bool:
        """Whether nodes of a label are counted, and nothing that a property may hold already."""
        behind = [mention.kind for mention in self._facts.mentions if mention.whole and 0 <= mention.place.start - one.place.end < 3]
        return behind == ["label"]

    def _only_counted(self) -> Iterator[Doubt]:
        """Tell of a query that gives back nothing but a count, where things are asked for."""
        last = self._held.query.parts[-1].clauses[-1]
        if not isinstance(last, Projection) or len(last.items) != 1 or last.star:
            return
        node = self._held.resolved(last.items[0].expression)
        lows = {token.low for token in self._facts.tokens}
        if (
            isinstance(node, Function)
            and node.name.lower() == "count"
            and not any(one.which in {"count", "sum"} for one in self._facts.aggregates)
            and not lows & _COUNTING
        ):
            yield Doubt("count_extra", Code.QUESTION_MISMATCH, node.place, None, f"The question asks for no number, and the query gives back {written(node)}.")

    def _made(self, one: Aggregate) -> bool:
        """Whether a query makes in another way what is asked for, or a property holds it already."""
        if one.which == "count":
            if self._functions & {"size", "length", "sum"} or any(isinstance(node, Subquery) and node.which == "COUNT" for node in walk(self._held.query)):
                return True
            return root(one.about.lower()) in self._names or bool({"count", "number", "num", "total"} & self._names)
        if one.which == "avg":
            if root(one.about.lower()) in self._names and not self._held.gathered:
                # What is called an average may be a property: the rating of a film.
                return True
            return bool({root("average"), "avg", "mean"} & self._names) or any(isinstance(node, Binary) and node.sign == "/" for node in walk(self._held.query))
        if one.which == "sum":
            adds = any(isinstance(node, Binary) and node.sign == "+" for node in walk(self._held.query)) or "reduce" in self._functions
            return adds or bool({"total", "sum", root("combined")} & self._names) or "count" in self._functions or "size" in self._functions
        return one.which == "percentileCont" and "percentiledisc" in self._functions

    def _regathered(self, rule: str, other: Gathered, one: Aggregate) -> Doubt:
        name = other.function.name
        fix = (Splice(Place(other.place.start, other.place.start + len(name)), one.which),) if one.which in {"avg", "sum"} else ()
        return Doubt(rule, Code.QUESTION_MISMATCH, other.place, one.place, f"the query has {written(other.function)}.", fix)

    def _called(self) -> Iterator[Doubt]:
        """Tell of an aggregate whose name in the query says another."""
        for clause in walk(self._held.query):
            for item in clause.items if isinstance(clause, Projection) else ():
                node = item.expression
                if not isinstance(node, Function) or not item.name or node.name.lower() not in _CALLED:
                    continue
                read = {root(one) for inner in walk(node) if isinstance(inner, Property) for one in parts(inner.key)}
                said = {root(one) for one in parts(item.name)} - read
                others = [name for name, words in _CALLED.items() if said & words]
                if others and node.name.lower() not in others:
                    yield Doubt("called", Code.QUESTION_MISMATCH, node.place, None, f"What the query calls {item.name} is {written(node)}.")

    def _distincts(self) -> Iterator[Doubt]:
        marks = self._facts.marked("distinct")
        last = self._held.query.parts[-1].clauses[-1]
        if not self._held.scopes.joined and isinstance(last, Projection) and all(_is_node(item.expression) for item in last.items):
            # Without a relation each node is found once.
            return
        if marks and not self._held.distinct and not any(one.grouped for one in self._held.gathered):
            soft = marks[0].words.lower() in {"different", "various", "differing"}
            counted = bool(self._held.gathered)
            rule = ("different" if soft else "distinct") + ("_counted" if counted else "_rows")
            place = self._held.gathered[0].place if counted else self._held.last
            yield Doubt(rule, Code.QUESTION_FACT_MISSING, place, marks[0].place, "the query does not leave out what is there twice.")
        elif marks and not self._held.distinct:
            count = next((one for one in self._held.gathered if one.function.name.lower() in {"count", "collect", "sum"}), None)
            if count is not None and any(one.about and marks[0].place.start > one.place.start for one in self._facts.aggregates):
                yield Doubt(
                    "distinct_grouped", Code.QUESTION_FACT_MISSING, count.place, marks[0].place, f"{written(count.function)} counts what is there twice."
                )

    def _counted(self) -> Iterator[Doubt]:
        """Tell of a count of things of which each may stand in several rows."""
        asked = [one for one in self._facts.aggregates if one.which == "count"]
        for clause in walk(self._held.query):
            if not isinstance(clause, Projection):
                continue
            for item in clause.items:
                node = item.expression
                if not isinstance(node, Function) or node.name.lower() != "count" or node.distinct or len(node.arguments) != 1:
                    continue
                thing = self._held.thing(node.arguments[0])
                if thing is None or thing.kind != "node":
                    continue
                keys = {
                    id(found)
                    for other in clause.items
                    for inner in walk(other.expression)
                    if isinstance(inner, Variable) and (found := self._held.scopes.of(inner)) is not None
                }
                if self._multiplied(thing, keys):
                    rule = (
                        "count_repeats"
                        if asked and len(clause.items) == 1 and self._among_itself(thing)
                        else "count_repeats_maybe"
                        if asked and len(clause.items) == 1
                        else "count_repeats_grouped"
                        if asked
                        else "count_repeats_unasked"
                    )
                    fix = (Splice(node.place, f"{node.name}(DISTINCT {written(node.arguments[0])})"),)
                    said = f"{written(node)} counts one that stands in several rows several times."
                    yield Doubt(rule, Code.QUESTION_MISMATCH, node.place, asked[0].place if asked else None, said, fix)

    def _among_itself(self, thing: Thing) -> bool:
        """Whether a node is joined to others of its own label: then it has several of them."""
        pinned = {id(one.thing) for one in self._held.filters if one.thing is not None and one.sign == "="}
        sides = [other for one in self._held.scopes.joined for this, other in ((one.left, one.right), (one.right, one.left)) if this is thing]
        return any(other.possible & thing.possible and id(other) not in pinned for other in sides)

    def _multiplied(self, thing: Thing, keys: set[int]) -> bool:
        """Whether a node is joined to others that are neither grouped by nor told by a value."""
        pinned = {id(one.thing) for one in self._held.filters if one.thing is not None and one.sign == "="}
        near = {id(thing)}
        for _ in range(6):
            near |= {id(other) for one in self._held.scopes.joined for this, other in ((one.left, one.right), (one.right, one.left)) if id(this) in near}
        return bool(near - {id(thing)} - pinned - keys)


def _is_node(expression: Expression) -> bool:
    """Whether nodes are given back, or counted."""
    counted = isinstance(expression, Function) and expression.name.lower() == "count" and len(expression.arguments) == 1
    return isinstance(expression.arguments[0] if counted else expression, Variable)  # pyrefly: ignore[missing-attribute]
