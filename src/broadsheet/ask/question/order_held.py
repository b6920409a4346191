"""Orders, and the greatest and least: a question held against a query."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from broadsheet.ask.check.findings import Code, Splice
from broadsheet.ask.check.scope import walk
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.nodes import Function, Path, Place, Property, Subquery
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.facts import Facts, Order, Superlative
from broadsheet.ask.question.held import Held, Ordered, counts
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


class OrderHeld:
    """Compares how a question and a query sort."""

    def __init__(self, facts: Facts, held: Held, values: Values, text: str) -> None:
        self._facts, self._held, self._values, self._text = facts, held, values, text
        self._functions = held.functions

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._orders()
        yield from self._extremes()

    def _orders(self) -> Iterator[Doubt]:
        # Where nothing is cut off, a later key may be the one that is asked for.
        limited = [one for one in self._held.orders if one.first and one.limited] or self._held.orders
        if told := [one for one in self._facts.orders if one.way]:
            yield from self._ways(told, limited)
            return
        sure = [one for one in self._facts.superlatives if not one.soft]
        yield from self._superlatives(sure, limited)
        if not sure:
            yield from self._firsts(limited)
        by = [one for one in self._facts.orders if not one.way]
        if by and not self._held.orders:
            yield self._unsorted("order_missing", by[0].place)

    def _ways(self, told: Sequence[Order], limited: Sequence[Ordered]) -> Iterator[Doubt]:
        """Yield what does not agree with orders of which the question says whether they go up or down."""
        # The oldest first: by a date that is up, by an age down.
        aged = any(self._time(one.subject) == "age" for one in limited) and any(word in told[0].words for word in ("oldest", "youngest"))
        wanted = {(one.way == "down") != aged for one in told}
        if not any(one.first for one in self._held.orders):
            yield self._unsorted("order_missing", told[0].place)
        elif len(wanted) == 1 and all(one.descending not in wanted for one in limited):
            yield self._turned("order", limited[-1], told[0].place)

    def _superlatives(self, sure: Sequence[Superlative], limited: Sequence[Ordered]) -> Iterator[Doubt]:
        """Yield what does not agree with the question's ends of a scale; those that are soft count where there is no sure one."""
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
            said = "the query neither sorts nor takes a greatest or least value."
            yield Doubt("superlative_missing", Code.QUESTION_FACT_MISSING, self._held.last, sure[0].place, said)

    def _firsts(self, limited: Sequence[Ordered]) -> Iterator[Doubt]:
        """Yield what does not agree with `top five` and `the first five`."""
        tops = [one for one in self._facts.superlatives if one.words.lower() in p.TOPS]
        if tops and not self._held.orders and not self._picks():
            lows = {token.low for token in self._facts.tokens}
            yield self._unsorted("top_missing" if {"by", "terms", "based", "according"} & lows else "top_unsorted", tops[0].place)
        firsts = [one for one in self._facts.limits if one.which == "first"]
        if firsts and limited and all(order.descending and self._time(order.subject) == "time" for order in limited):
            yield self._turned("first_latest", limited[0], firsts[0].place)

    def _unsorted(self, rule: str, asked: Place) -> Doubt:
        return Doubt(rule, Code.QUESTION_FACT_MISSING, self._held.last, asked, "the query sorts nothing.")

    def _ranked(self, order: Ordered) -> bool:
        """Whether a key is a number of which more is better, as far as anyone can tell: `top 5 films by votes`, but not by name or date."""
        if any(one.sign in {"<", "<="} for one in self._facts.comparisons):
            return False
        facts = self._values.facts(order.subject)
        numeric = bool(facts) and all(one.type in {"integer", "float"} for one in facts)
        return (
            (numeric or (counts(order.subject) and not (isinstance(order.subject, Function) and order.subject.name.lower() == "length")))
            and not self._time(order.subject)
            and not {"id", "rank"} & {root(one) for node in walk(order.subject) if isinstance(node, Property) for one in parts(node.key)}
        )

    def _picks(self) -> bool:
        return bool(self._functions & {"min", "max", "percentilecont", "percentiledisc", "reduce", "shortestpath", "allshortestpaths", "last"}) or any(
            isinstance(node, Subquery) or (isinstance(node, Path) and node.function) or (isinstance(node, Function) and node.name == "size")
            for node in walk(self._held.query)
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
