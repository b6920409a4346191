"""Orders, aggregates, negations and what is said to be different: a question held against a query."""

import re
from collections.abc import Iterator
from typing import Literal

from broadsheet.ask.check.findings import Code, Splice
from broadsheet.ask.check.scope import Thing, walk
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.nodes import (
    Binary,
    Function,
    IsNull,
    Literal_,
    MapOf,
    Place,
    Projection,
    Property,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.facts import Aggregate, Facts, Mark, Superlative
from broadsheet.ask.question.held import Gathered, Held, Ordered, counts
from broadsheet.ask.question.words import parts, root
from broadsheet.ask.schema import TIMES

_TIME_WORDS = {
    root(one)
    for one in "year date time born birth created creation at on since released published updated timestamp joined founded started ended day month modified registered opened "
    "closed posted sent edited deleted incorporation inactivation established launched expires when dob begin end built made constructed "
    "discovered invented printed written appointed hired admitted completed added uploaded observed signed filed ordered shipped delivered sent received".split()
}
_AGE_WORDS = {"age", "ages"}
_RANKS = {"rank", "position", "place", "order", "priority", "level"}
_LOSSES = {"drop", "decrease", "decline", "loss", "fall", "reduction", "deficit"}
_GONE = {"null", "empty", "missing", "none", "zero", "blank", "unspecified"}
_CALLED = {
    "avg": {root(one) for one in ("avg", "average", "mean")},
    "sum": {root(one) for one in ("total", "sum", "combined", "cumulative")},
    "min": {root(one) for one in ("min", "minimum", "lowest", "least", "smallest", "earliest", "shortest", "fewest", "oldest")},
    "max": {root(one) for one in ("max", "maximum", "highest", "most", "largest", "latest", "longest", "greatest", "newest", "best")},
    "count": {root(one) for one in ("count", "number", "num", "counts", "total")},
}
_COUNTING = frozenset("count counts counting number numbers many much total amount quantity frequency often size tally sum statistics figure volume popularity".split())
_SOFT_NEGATIONS = {"false", "free", "aside", "empty", "null", "zero", "fail", "fails", "failed", "refused", "unable", "un", "missing", "unknown", "absent", "unless", "untouched"}

_DENYING = re.compile(r"\b(?:no|not|non|without|never|none|un[a-z]{4,}|in[a-z]{4,})\b", re.IGNORECASE)


class OrderHeld:
    """Compares how a question and a query sort, put together and deny."""

    def __init__(self, facts: Facts, held: Held, values: Values, text: str) -> None:
        self._facts, self._held, self._values, self._text = facts, held, values, text
        self._functions = held.functions
        keys = [node.key for node in walk(held.query) if isinstance(node, Property)] + [key for node in walk(held.query) if isinstance(node, MapOf) for key, _ in node.entries]
        self._names = {root(one) for key in keys for one in parts(key)}

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._orders()
        yield from self._aggregates()
        yield from self._only_counted()
        yield from self._extremes()
        yield from self._called()
        yield from self._negations()
        yield from self._distincts()
        yield from self._counted()

    # Order.

    def _orders(self) -> Iterator[Doubt]:
        told = [one for one in self._facts.orders if one.way]
        sure = [one for one in self._facts.superlatives if not one.soft]
        orders = [one for one in self._held.orders if one.first]
        # Where nothing is cut off, a later key may be the one that is asked for.
        limited = [one for one in orders if one.limited] or self._held.orders
        if told:
            wanted = {one.way == "down" for one in told}
            if orders and len(wanted) == 1 and all(one.descending not in wanted for one in limited):
                yield self._turned("order", limited[-1], told[0].place)
            elif not orders:
                yield Doubt("order_missing", Code.QUESTION_FACT_MISSING, self._held.last, told[0].place, "the query sorts nothing.")
            return
        expected = [(one, order, self._descending(one, order)) for one in sure for order in limited]
        known = [(one, order, way) for one, order, way in expected if way is not None]
        if known and all(order.descending != way for _, order, way in known):
            one, order, _ = known[-1]
            yield self._turned("superlative", order, one.place)
        elif not sure and limited and (tops := [one for one in self._facts.superlatives if one.soft]):
            ways = [(one, order, self._descending(one, order)) for one in tops for order in limited]
            found = [(one, order, way) for one, order, way in ways if way is not None]
            if found and all(order.descending != way for _, order, way in found):
                rule = f"soft_{found[-1][0].way}"
                if found[-1][0].way in {"high", "low"} and not (found[-1][0].about and self._ranked(found[-1][1])):
                    rule = "soft_vague"
                yield self._turned(rule, found[-1][1], found[-1][0].place)
        elif sure and not self._held.orders and not self._picks():
            yield Doubt("superlative_missing", Code.QUESTION_FACT_MISSING, self._held.last, sure[0].place, "the query neither sorts nor takes a greatest or least value.")
        if not sure and not self._held.orders and not self._picks() and (tops := [one for one in self._facts.superlatives if one.words.lower() in p.TOPS]):
            lows = [token.low for token in self._facts.tokens]
            rule = "top_missing" if {"by", "terms", "based", "according"} & set(lows) else "top_unsorted"
            yield Doubt(rule, Code.QUESTION_FACT_MISSING, self._held.last, tops[0].place, "the query sorts nothing.")
        firsts = [one for one in self._facts.limits if one.which == "first"]
        if firsts and not sure and limited and all(order.descending and self._time(order.subject) == "time" for order in limited):
            yield self._turned("first_latest", limited[0], firsts[0].place)
        by = [one for one in self._facts.orders if not one.way]
        if by and not self._held.orders:
            yield Doubt("order_missing", Code.QUESTION_FACT_MISSING, self._held.last, by[0].place, "the query sorts nothing.")

    def _ranked(self, order: Ordered) -> bool:
        """Whether a key is a number of which more is better, as far as anyone can tell: `top 5 films by votes`, but not by name or date."""
        if any(one.sign in {"<", "<="} for one in self._facts.comparisons):
            return False
        facts = self._values.facts(order.subject)
        numeric = bool(facts) and all(one.type in {"integer", "float"} for one in facts)
        return (numeric or counts(order.subject)) and not self._time(order.subject) and not {"id", "rank"} & {root(one) for node in walk(order.subject) if isinstance(node, Property) for one in parts(node.key)}

    def _picks(self) -> bool:
        return bool(self._functions & {"min", "max", "percentilecont", "percentiledisc", "reduce", "shortestpath", "allshortestpaths", "last"}) or any(
            isinstance(node, Subquery) or (isinstance(node, Function) and node.name == "size") for node in walk(self._held.query)
        )

    def _turned(self, rule: str, order: Ordered, asked: Place) -> Doubt:
        said = self._text[slice(*order.place)]
        bare = re.sub(r"\s+(?:ASC|DESC)(?:ENDING)?\s*$", "", said, flags=re.IGNORECASE)
        fix = (Splice(order.place, bare + ("" if order.descending else " DESC")),)
        way = "from high to low" if order.descending else "from low to high"
        return Doubt(rule, Code.QUESTION_MISMATCH, order.place, asked, f"the query sorts {written(order.subject)} {way}.", fix)

    def _descending(self, one: Superlative, order: Ordered) -> bool | None:
        """Return which way a superlative sorts a key; None where that is not known."""
        match one.way:
            case "high" | "low":
                words = set(parts(getattr(order.subject, "key", "")))
                if one.about.lower() in _LOSSES or (one.words.lower() in {"longest", "shortest"} and self._time(order.subject)):
                    return None
                return None if words & _RANKS and len(words) == 1 else one.way == "high"
            case "old" | "new":
                kind = self._time(order.subject)
                return None if not kind else (one.way == "new") == (kind == "time")
        return None

    def _time(self, node: object) -> Literal["time", "age", ""]:
        """Return whether a key is a point of time, an age, or neither."""
        while isinstance(node, Function) and len(node.arguments) == 1 and node.name.lower() not in {"count", "size", "length", "sum", "avg"}:
            node = node.arguments[0]
        if not isinstance(node, Property):
            return ""
        words = parts(node.key)
        if set(words) & _AGE_WORDS:
            return "age"
        facts = self._values.facts(node)
        if any(one.type in TIMES for one in facts) or {root(one) for one in words} & _TIME_WORDS:
            return "time"
        bounds = [bound for one in facts for bound in (one.low, one.high) if isinstance(bound, int | float)]
        return "time" if bounds and all(1000 <= bound <= 2100 for bound in bounds) else ""

    # Aggregates.

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
                    yield Doubt("avg_extra", Code.QUESTION_FACT_EXTRA, other.place, None, f"The question asks for no average, and the query has {written(other.function)}.")

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
        if isinstance(node, Function) and node.name.lower() == "count" and not any(one.which in {"count", "sum"} for one in self._facts.aggregates) and not lows & _COUNTING:
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

    def _extremes(self) -> Iterator[Doubt]:
        """Tell of min() where the greatest is asked for, and of max() where the least is."""
        ways = {one.way for one in self._facts.superlatives if not one.soft or one.words.lower() in {"maximum", "minimum", "max", "min"}}
        if self._facts.superlatives and not ways:
            ways = {one.way for one in self._facts.superlatives if one.words.lower() in {"first", "last", "best", "worst"}}
        gathered = [one for one in self._held.gathered if one.function.name.lower() in {"min", "max"}]
        kinds = {one.function.name.lower() for one in gathered}
        if not ways or len(kinds) != 1:
            return
        one = gathered[0]
        time = self._time(one.function.arguments[0]) if one.function.arguments else ""
        wanted = set()
        for way in ways:
            if way in {"high", "low"}:
                wanted.add("max" if way == "high" else "min")
            elif way in {"old", "new"} and time:
                wanted.add("max" if (way == "new") == (time == "time") else "min")
            else:
                return
        sorts = [order for order in self._held.orders if not (isinstance(order.subject, Function) and order.subject.name.lower() in {"min", "max"})]
        if wanted and not wanted & kinds and not sorts:
            said = next(sup for sup in self._facts.superlatives if sup.way in ways)
            new = next(iter(wanted))
            fix = (Splice(Place(one.place.start, one.place.start + 3), new),) if len(wanted) == 1 else ()
            yield Doubt("extreme", Code.QUESTION_MISMATCH, one.place, said.place, f"the query has {written(one.function)}.", fix)

    # What is denied.

    def _negations(self) -> Iterator[Doubt]:
        marks = [one for one in self._facts.marked("negation") if not self._is_name(one)]
        denied = [one for one in self._facts.comparisons if one.denied or one.sign == "<>"]
        held = self._held.negations or any("NOT" in one.sign or one.sign == "<>" or one.turned for one in self._held.filters)
        held = held or any(one.value is not None and one.sign == "=" and one.value.value in {False, 0} for one in self._held.filters)
        # A value may deny by itself: "no suspect found".
        held = held or any(_DENYING.search(one.value) for one in self._held.constants if isinstance(one.value, str))
        if marks and not held:
            present = any(isinstance(node, IsNull) for node in walk(self._held.query))
            for one in marks:
                low = one.words.lower()
                if present and (one.about.lower() in _GONE or low in _GONE):
                    continue
                if low in {"zero", "null", "empty"} and any(constant.value in {0, ""} for constant in self._held.constants if not isinstance(constant.value, bool)):
                    continue
                soft = low in _SOFT_NEGATIONS or (low.startswith("un") and low not in {"until"})
                yield Doubt("negation_soft" if soft else "negation_missing", Code.QUESTION_FACT_MISSING, self._held.last, one.place, "the query denies nothing.")
                return
        if not self._facts.marked("negation") and not denied:
            yield from self._denied()

    def _is_name(self, mark: Mark) -> bool:
        return any(one.place.start <= mark.place.start and mark.place.end <= one.place.end for one in self._facts.mentions if one.kind in {"property", "value", "label"} and one.whole)

    def _denied(self) -> Iterator[Doubt]:
        lows = {token.low for token in self._facts.tokens}
        excused = lows & {"other", "others", "another", "different", "only", "exclusively", "still", "solely", "just", "new", "outside", "rather", "non", "common", "single", "active",
                          "alone", "lowest", "missing", "orphan", "orphans", "leaf", "isolated", "root", "independent", "solo", "standalone", "active", "current", "currently", "available", "zero", "0", "first", "last", "unique", "distinct", "exactly", "open", "left", "remaining", "yet"}  # fmt: skip
        if excused:
            return
        bounded = any(one.sign in {"<=", ">=", "<", ">"} for one in self._facts.comparisons)
        for node in walk(self._held.query):
            if isinstance(node, Unary) and isinstance(node.of, Binary) and node.of.sign in {"<", "<=", ">", ">="} and bounded:
                continue
            if isinstance(node, IsNull) and not node.negated and isinstance(node.of, Property) and not self._held.optional:
                said = {root(word) for token in self._facts.tokens for word in parts(token.text)}
                named = {root(word) for word in parts(node.of.key)} & said
                yield Doubt("null_extra" if named else "null_unnamed", Code.QUESTION_FACT_EXTRA, node.place, None, f"The question denies nothing, and the query has {written(node)}.")
                return
            if isinstance(node, Unary) and node.sign == "NOT" and not isinstance(node.of, IsNull) and not (isinstance(node.of, Function) and node.of.name.lower() in {"isempty", "isnan"}):
                if isinstance(node.of, Function) and node.of.name.lower() == "exists" and isinstance(node.of.arguments[0] if node.of.arguments else None, Property):
                    continue
                yield Doubt("negation_extra", Code.QUESTION_FACT_EXTRA, node.place, None, f"The question denies nothing, and the query has {written(node)}.")
                return
            if isinstance(node, Binary) and node.sign == "<>" and isinstance(node.right, Literal_) and node.right.value not in {"", 0, None}:
                yield Doubt("unequal_extra", Code.QUESTION_FACT_EXTRA, node.place, None, f"The question denies nothing, and the query has {written(node)}.")
                return

    # What is different.

    def _distincts(self) -> Iterator[Doubt]:
        marks = self._facts.marked("distinct")
        last = self._held.query.parts[-1].clauses[-1]
        if not self._held.scopes.joined and isinstance(last, Projection) and all(isinstance(item.expression, Variable) for item in last.items):
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
                yield Doubt("distinct_grouped", Code.QUESTION_FACT_MISSING, count.place, marks[0].place, f"{written(count.function)} counts what is there twice.")

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
                keys = {id(found) for other in clause.items for inner in walk(other.expression) if isinstance(inner, Variable) and (found := self._held.scopes.of(inner)) is not None}
                if self._multiplied(thing, keys):
                    rule = "count_repeats" if asked and len(clause.items) == 1 and self._among_itself(thing) else "count_repeats_maybe" if asked and len(clause.items) == 1 else "count_repeats_grouped" if asked else "count_repeats_unasked"
                    fix = (Splice(node.place, f"{node.name}(DISTINCT {written(node.arguments[0])})"),)
                    said = f"{written(node)} counts one that stands in several rows several times."
                    yield Doubt(rule, Code.QUESTION_MISMATCH, node.place, asked[0].place if asked else None, said if asked else said, fix)

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
