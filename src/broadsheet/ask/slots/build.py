"""A sketch as a tree of Cypher."""

from collections.abc import Iterable, Sequence
from functools import partial, reduce

from broadsheet.ask.cypher.logic import conjunction
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    IsNull,
    Label,
    ListOf,
    Literal_,
    Match,
    NodePattern,
    Path,
    Projected,
    Projection,
    Property,
    Query,
    RelationPattern,
    Single,
    Sorted,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.question.words import parts
from broadsheet.ask.slots.habits import Habits
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.sketch import Against, Asked, Condition, Link, Ranked, Sketch

COUNTED, TOTAL, SIZE = "count", "total", "size"
ANSWER, DIFFERENCE = "answer", "difference"
AVERAGE, LOWEST, HIGHEST = "average", "lowest", "highest"
# Where the middle of values is.
MEDIAN, MIDDLE = "percentileCont", 0.5


def query_of(sketch: Sketch, habits: Habits, keys: Keys) -> Query:
    """Return a sketch as a query.

    >>> from broadsheet.ask.cypher.printer import canonical
    >>> from broadsheet.ask.slots.sketch import Spot
    >>> sketch = Sketch((Spot("Author"), Spot("Paper")), (Link(0, 1, "WROTE", "right", "none"),), (Asked(0),))
    >>> canonical(query_of(sketch, Habits(), Keys()))
    'MATCH (author:Author) WHERE NOT EXISTS { MATCH (author)-[:WROTE]->(paper:Paper) } RETURN DISTINCT author'
    """
    return _Builder(sketch, habits, keys).query()


class _Builder:
    """Builds one query."""

    def __init__(self, sketch: Sketch, habits: Habits, keys: Keys) -> None:
        self._sketch, self._habits, self._keys = sketch, habits, keys
        self._names = _names([spot.label for spot in sketch.spots])
        self._apart = {link.end: link.mode for link in sketch.links if link.mode != "all"}
        averages = {one.other for one in sketch.against if one.of}
        self._outer = {node for root in self._apart for node in sketch.below(root)} | averages

    def query(self) -> Query:
        """Return the whole query."""
        wanted = [] if self._habits.plain_order or self._sketch.ranked is None or not self._sketch.ranked.property else [self._there(self._sketch.ranked)]
        clauses: list[Match | Projection] = [*self._averages(), self._match(range(len(self._sketch.spots)), wanted)]
        for root, mode in self._apart.items():
            if mode == "optional":
                nodes = self._sketch.below(root)
                chain = [one for one in self._sketch.links if one.end in nodes]
                clauses.append(Match(self._paths(sorted(nodes), chain), optional=True, where=conjunction(self._conditions(sorted(nodes)))))
        return Query((Single((*clauses, *self._returned())),))

    def _match(self, nodes: Iterable[int], wanted: Sequence[Expression] = ()) -> Match:
        """Return the clause that all rows must match."""
        inner = [number for number in nodes if number not in self._outer]
        links = [one for one in self._sketch.links if one.end not in self._outer]
        absent = [self._absent(root) for root, mode in self._apart.items() if mode == "none"]
        apart = [Binary("<>", Variable(self._names[one]), Variable(self._names[other])) for one, other in self._sketch.apart]
        against = [self._against(one) for one in self._sketch.against if one.of or not self._sketch.told]
        return Match(self._paths(inner, links), where=conjunction([*self._conditions(inner), *apart, *against, *absent, *wanted]))

    @property
    def _is_beside(self) -> bool:
        """Whether each row may stand beside several others."""
        return any(not one.of for one in self._sketch.against)

    def _averages(self) -> list[Match | Projection]:
        """Return what reckons the averages, and the ends of scales, that nodes are held against."""
        found: list[Match | Projection] = []
        means = [one for one in self._sketch.against if one.of]
        for number, one in enumerate(means):
            inner = Match(self._paths([one.other], []), where=conjunction(self._conditions([one.other])))
            held = self._key(Ranked(one.other, one.property, descending=False, keyed=one.keyed))
            mean = Function(one.of, (held,))
            before = tuple(Projected(Variable(self._average(each))) for each in means[:number])
            found += [inner, Projection("WITH", (*before, Projected(mean, self._average(one))))]
        return found

    @property
    def _carried(self) -> tuple[Projected, ...]:
        """What was reckoned beforehand, for what is matched again."""
        return tuple(Projected(Variable(self._average(one))) for one in self._sketch.against if one.of)

    def _average(self, one: Against) -> str:
        """Return the name of what is reckoned of all."""
        first = next(each for each in self._sketch.against if each.of)
        called = {"avg": AVERAGE, "min": LOWEST, "max": HIGHEST}[one.of]
        return called if one is first else f"{called}{one.other}"

    def _against(self, one: Against) -> Expression:
        held = self._key(Ranked(one.node, one.property, descending=False, keyed=one.keyed))
        other = Variable(self._average(one)) if one.of else self._key(Ranked(one.other, one.property, descending=False, keyed=one.keyed))
        return Binary(one.sign, held, other)

    def _there(self, ranked: Ranked) -> Expression:
        return IsNull(self._property(ranked.node, ranked.property), negated=True)

    def _absent(self, root: int) -> Expression:
        nodes = sorted(self._sketch.below(root))
        chain = [one for one in self._sketch.links if one.end in nodes]
        inner = Match(self._paths(nodes, chain), where=conjunction(self._conditions(nodes)))
        return Unary("NOT", Subquery("EXISTS", Query((Single((inner,)),))))

    def _conditions(self, nodes: Iterable[int]) -> list[Expression]:
        return [self._condition(node, one) for node in nodes for one in self._sketch.spots[node].conditions]

    def _condition(self, node: int, condition: Condition) -> Expression:
        held: Expression = self._property(node, condition.property)
        if condition.sign in {"IS NULL", "IS NOT NULL"}:
            return IsNull(held, negated=condition.sign == "IS NOT NULL")
        if condition.folded or condition.also:
            return self._either(node, condition)
        if condition.either:
            alternatives = (reduce(partial(Binary, "AND"), (self._condition(node, one) for one in told)) for told in condition.either)
            return reduce(partial(Binary, "OR"), alternatives)
        if condition.keyed:
            held = self._keys.expression(self._sketch.spots[node].label, condition.property, held)
        label = self._sketch.spots[node].label
        if isinstance(condition.value, tuple):
            return Binary(condition.sign, held, ListOf(tuple(self._keys.literal(label, condition.property, one) for one in condition.value)))
        return Binary(condition.sign, held, self._keys.literal(label, condition.property, condition.value))

    def _either(self, node: int, condition: Condition) -> Expression:
        """Return a condition on the texts of one property or another, in small letters if they are not to matter."""
        value = Literal_(str(condition.value).lower() if condition.folded else condition.value)  # pyrefly: ignore
        held: Expression | None = None
        for key in (condition.property, *condition.also):
            text = self._property(node, key)
            one = Binary(condition.sign, Function("toLower", (text,)) if condition.folded else text, value)
            held = one if held is None else Binary("OR", held, one)
        assert held is not None
        return held

    def _property(self, node: int, key: str) -> Property:
        return Property(Variable(self._names[node]), key)

    def _paths(self, nodes: Sequence[int], links: Sequence[Link]) -> tuple[Path, ...]:
        """Return as few paths as there are leaves; a node has its label where it stands first."""
        written, paths = set(range(len(self._sketch.spots))) - set(nodes), []
        left = list(links)
        if not left:
            return tuple(Path((self._node(node, written),)) for node in nodes)
        while left:
            here = left[0].start
            elements: list[NodePattern | RelationPattern] = [self._node(here, written)]
            while (step := next((one for one in left if one.start == here), None)) is not None:
                left.remove(step)
                elements += [RelationPattern(types=Label(step.type), towards=step.towards), self._node(step.end, written)]
                here = step.end
            paths.append(Path(tuple(elements)))
        return (*paths, *(Path((self._node(node, written),)) for node in nodes if node not in written))

    def _node(self, node: int, written: set[int]) -> NodePattern:
        if node in written:
            return NodePattern(self._names[node])
        written.add(node)
        return NodePattern(self._names[node], Label(self._sketch.spots[node].label))

    def _returned(self) -> list[Match | Projection]:
        return self._gathered() or self._listed()

    def _gathered(self) -> list[Match | Projection]:
        """Return what answers a question that asks for no plain rows; nothing for one that does."""
        sketch = self._sketch
        found: list[Match | Projection] = []
        if sketch.told and (beside := next((one for one in sketch.against if not one.of), None)) is not None:
            found = [self._beside(beside)]
        elif sketch.whether:
            found = [Projection("RETURN", (Projected(Binary(">", Function("count", (), star=True), Literal_(0)), ANSWER),))]
        elif sketch.having is not None or (sketch.ranked is not None and not sketch.ranked.property):
            found = self._by_count()
        elif sketch.groups and sketch.ranked is not None and not any(one.function for one in sketch.asked):
            found = self._of_each(sketch.ranked)
        elif sketch.place and sketch.ranked is not None:
            found = self._at_place(sketch.ranked)
        elif sketch.over or sketch.bounded:
            found = self._over() if sketch.over else self._bounded()
        elif sketch.groups or any(one.function not in {"", SIZE} for one in sketch.asked):
            found = [self._grouped()]
        return found

    def _listed(self) -> list[Match | Projection]:
        """Return rows, sorted and cut as they are asked for."""
        sketch = self._sketch
        items = tuple(Projected(self._value(one)) for one in sketch.asked)
        order = () if sketch.ranked is None else (Sorted(self._key(sketch.ranked), sketch.ranked.descending),)
        limit = None if sketch.limit is None else Literal_(sketch.limit)
        nodes = tuple(dict.fromkeys(one.node for one in sketch.asked))
        if order and sketch.ranked is not None and sketch.ranked.node not in nodes:
            # The first of what is sorted by, and then all that is asked of it.
            first = (*self._carried, Projected(Variable(self._names[sketch.ranked.node])))
            again = self._match(range(len(sketch.spots)))
            return [Projection("WITH", first, distinct=True, order=order, limit=limit), again, Projection("RETURN", items, distinct=self._habits.distinct)]
        if order and self._habits.distinct and any(one.property for one in sketch.asked):
            # What is sorted by must still be there when rows are made one of each.
            kept = tuple(Projected(Variable(self._names[node])) for node in nodes)
            return [Projection("WITH", kept, distinct=True, order=order, limit=limit), Projection("RETURN", items)]
        distinct = self._habits.distinct and (bool(sketch.links) or self._is_beside or any(one.property for one in sketch.asked))
        return [Projection("RETURN", items, distinct=distinct, order=order, limit=limit)]

    def _beside(self, one: Against) -> Projection:
        """Return the values of two nodes, with whether the first is as it is asked, or with how far they are apart."""
        held, other = (self._key(Ranked(node, one.property, descending=False, keyed=one.keyed)) for node in (one.node, one.other))
        answer = Function("abs", (Binary("-", held, other),)) if self._sketch.difference else Binary(one.sign, held, other)
        called = [self._row_name(node) for node in (one.node, one.other)]
        first, second = called if len({*called, ANSWER, DIFFERENCE}) > len(called) + 1 else ("", "")
        return Projection("RETURN", (Projected(answer, DIFFERENCE if self._sketch.difference else ANSWER), Projected(held, first), Projected(other, second)))

    def _row_name(self, node: int) -> str:
        """Return what a row is called by its one condition."""
        told = [one.value for one in self._sketch.spots[node].conditions if one.sign == "=" and isinstance(one.value, str)]
        return told[0] if len(told) == 1 else ""

    def _of_each(self, ranked: Ranked) -> list[Match | Projection]:
        """Return, for each of a group, all that has the least or the most of it."""
        each = self._sketch.groups[0]
        end = Asked(ranked.node, ranked.property, "max" if ranked.descending else "min")
        called, held = (each.property and self._free(each.property)) or self._names[each.node], self._key(ranked)
        kept = [*self._carried, Projected(self._value(each), called if each.property else ""), Projected(Function(end.function, (held,)), _name_of(end))]
        wanted: list[Expression] = [Binary("=", held, Variable(_name_of(end)))]
        wanted += [Binary("=", self._value(each), Variable(called))] if each.property else []
        items = [Projected(self._value(one)) for one in self._sketch.asked if one not in {each, Asked(ranked.node, ranked.property)}]
        shown = (Projected(Variable(called)), *items, Projected(Variable(_name_of(end))))
        return [Projection("WITH", tuple(kept)), self._match(range(len(self._sketch.spots)), wanted), Projection("RETURN", shown)]

    def _at_place(self, ranked: Ranked) -> list[Match | Projection]:
        """Return all that stands at one place in the order: what is equal shares its place. Of what is sorted by alone each value has one."""
        called, skip = self._free(ranked.property), Literal_(self._sketch.place - 1)
        kept, order = (*self._carried, Projected(self._key(ranked), called)), (Sorted(Variable(called), ranked.descending),)
        if self._sketch.asked == (Asked(ranked.node, ranked.property),):
            return [Projection("RETURN", kept[-1:], distinct=True, order=order, skip=skip, limit=Literal_(1))]
        again = self._match(range(len(self._sketch.spots)), [Binary("=", self._key(ranked), Variable(called))])
        items = [Projected(self._value(one)) for one in self._sketch.asked if one != Asked(ranked.node, ranked.property)]
        first = Projection("WITH", kept, order=order, skip=skip, limit=Literal_(1))
        return [first, again, Projection("RETURN", (*items, Projected(Variable(called))))]

    def _free(self, key: str) -> str:
        """Return a name for the values of a property that no node has."""
        return _names([*(spot.label for spot in self._sketch.spots), key])[-1]

    def _key(self, ranked: Ranked) -> Expression:
        held = self._property(ranked.node, ranked.property)
        if ranked.sized:
            return Function("size", (held,))
        return self._keys.expression(self._sketch.spots[ranked.node].label, ranked.property, held) if ranked.keyed else held

    def _value(self, asked: Asked) -> Expression:
        held: Expression = self._property(asked.node, asked.property) if asked.property else Variable(self._names[asked.node])
        if not asked.function:
            return held
        many = asked.function == "count"
        if not many and asked.property:
            held = self._keys.number(self._sketch.spots[asked.node].label, asked.property, held)
        if asked.function == MEDIAN:
            return Function(MEDIAN, (held, Literal_(MIDDLE)))
        return Function(asked.function, (held,), distinct=many and bool(self._sketch.links or self._is_beside or asked.property))

    def _over(self) -> list[Match | Projection]:
        """Return a function over how many there are for each."""
        of, each = self._sketch.asked[0], self._sketch.groups[0]
        key = Projected(self._value(each), each.property)
        count = Projected(Function("count", (Variable(self._names[of.node]),), distinct=True), TOTAL)
        return [Projection("WITH", (key, count)), Projection("RETURN", (Projected(Function(self._sketch.over, (Variable(TOTAL),)), self._sketch.over),))]

    def _grouped(self) -> Projection:
        sketch = self._sketch
        keys = tuple(Projected(self._value(one)) for one in sketch.groups)
        values = tuple(Projected(self._value(one), _name_of(one) if keys or one.function == MEDIAN else "") for one in sketch.asked if one not in sketch.groups)
        order = () if not keys or sketch.ranked is None else (Sorted(Variable(_name_of(sketch.asked[-1])), sketch.ranked.descending),)
        return Projection("RETURN", (*keys, *values), order=order, limit=None if sketch.limit is None else Literal_(sketch.limit))

    def _bounded(self) -> list[Match | Projection]:
        """Return groups of which what is reckoned is above or below a figure."""
        each, of = self._sketch.groups[0], self._sketch.asked[0]
        called = self._free(each.property) if each.property else self._names[each.node]
        kept = (Projected(self._value(each), called if each.property else ""), Projected(self._value(of), _name_of(of)))
        where = conjunction(Binary(sign, Variable(_name_of(of)), Literal_(bound)) for sign, bound in self._sketch.bounded)
        return [Projection("WITH", kept, where=where), Projection("RETURN", (Projected(Variable(called)), Projected(Variable(_name_of(of)))))]

    def _by_count(self) -> list[Match | Projection]:
        """Return what keeps nodes by how many others they are joined to, or sorts them by it."""
        sketch = self._sketch
        node = sketch.having.node if sketch.having else sketch.ranked.node if sketch.ranked else 0
        kept = tuple(Projected(Variable(self._names[one])) for one in dict.fromkeys(asked.node for asked in sketch.asked))
        total = Projected(Function("count", (Variable(self._names[node]),), distinct=True), TOTAL)
        where = None if sketch.having is None else Binary(sketch.having.sign, Variable(TOTAL), Literal_(sketch.having.count))
        order = () if sketch.ranked is None else (Sorted(Variable(TOTAL), sketch.ranked.descending),)
        limit = None if sketch.limit is None else Literal_(sketch.limit)
        items = tuple(Projected(self._value(one)) for one in sketch.asked)
        shown = (*items, Projected(Variable(TOTAL))) if order else items
        first = Projection("WITH", (*kept, total), where=where)
        return [first, Projection("RETURN", shown, order=order, limit=limit)]


def _name_of(asked: Asked) -> str:
    called = "median" if asked.function == MEDIAN else asked.function or "value"
    return f"{called}_{asked.property}" if asked.property else TOTAL


def _names(labels: Sequence[str]) -> list[str]:
    """Return a name for each node, its label in small letters, numbered where there are several.

    >>> _names(["PhoneCall", "Phone", "Phone"])
    ['phone_call', 'phone', 'phone2']
    """
    seen: dict[str, int] = {}
    made = []
    for label in labels:
        base = "_".join(one for one in parts(label) if one.isascii() and one.isalnum()) or "node"
        base = f"n{base}" if base[0].isdigit() else base
        seen[base] = seen.get(base, 0) + 1
        made.append(base if seen[base] == 1 else f"{base}{seen[base]}")
    return made
