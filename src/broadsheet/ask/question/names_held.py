"""Labels, relations and properties that a question mentions, held against those of a query."""

from collections.abc import Iterator

from broadsheet.ask.check.findings import Code, Splice
from broadsheet.ask.check.scope import Scopes, Thing, walk
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import (
    Binary,
    Function,
    IsNull,
    Label,
    Literal_,
    MapOf,
    Place,
    Projection,
    Property,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, written
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.facts import Facts, Mention, Value
from broadsheet.ask.question.held import Constant, Held, labels_in
from broadsheet.ask.question.vocabulary import LITTLE
from broadsheet.ask.question.words import parts, root
from broadsheet.ask.schema import Schema

# What may stand before the name of a property, and around the thing that is asked for.
_BEFORE = frozenset(
    "the a an and or of by with their its his her whose have has having in on at to for is are highest lowest most least total average maximum minimum no".split()
)
_BETWEEN = frozenset("value values property score of is are was were a an the that with exactly equal to ' \" count level attribute field set".split())
_FUNCTIONAL = frozenset(map(root, "other node thing item type group".split()))
_ASKING = frozenset(
    "which what list show find give me name display identify return get retrieve provide select are is the all any top first last how many count number of different distinct unique "
    "oldest newest latest tell us please can you could".split()
)
_COMMANDS = frozenset("list return show give provide include display report along".split())
_GOING = frozenset(
    "who that which with have has had are is were was do does did in by of from whose where and at on for to without not never can could".split()
)


class NamesHeld:
    """Compares what of the schema a question mentions with what a query uses of it."""

    def __init__(self, facts: Facts, held: Held, schema: Schema) -> None:
        self._facts, self._held, self._schema = facts, held, schema
        self._scopes: Scopes = held.scopes
        self._roots = {root(one) for token in facts.tokens for one in parts(token.text)}
        self._types = {name for thing in self._scopes.things if thing.kind in {"relation", "relations"} for name in thing.possible}
        self._keys = {node.key for node in walk(held.query) if isinstance(node, Property)} | {
            key for node in walk(held.query) if isinstance(node, MapOf) for key, _ in node.entries
        }

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._relations()
        yield from self._properties()
        yield from self._roles()
        yield from self._compared()
        yield from self._labels()
        yield from self._returned()
        yield from self._either()
        yield from self._optional()

    def _mentioned(self, kind: str) -> list[Mention]:
        return [one for one in self._facts.mentions if one.kind == kind and one.whole]

    def _says(self, name: str) -> bool:
        """Whether any word of a name stands in the question."""
        return any(root(one) in self._roots for one in parts(name) if one not in LITTLE and len(one) > 1)

    def _relations(self) -> Iterator[Doubt]:
        labels = {one.place for one in self._mentioned("label")}
        you = {token.place.end + 1 for token in self._facts.tokens if token.low == "you"}
        mentioned = {one.name: one for one in self._mentioned("relation") if one.place not in labels and one.place.start not in you}
        for one in self._scopes.joined:
            label = one.relation.types
            if not isinstance(label, Label) or label.name not in self._schema.all_types or label.name in mentioned:
                continue
            triples = (
                *self._schema.joins(one.left.possible, self._schema.all_types, one.right.possible),
                *self._schema.joins(one.right.possible, self._schema.all_types, one.left.possible),
            )
            said = _roots(label.name) & self._roots
            rest = {part for name in self._types - {label.name} for part in _roots(name)}
            others = sorted(
                name for name in {triple.type for triple in triples} & set(mentioned) - self._types if said <= _roots(name) and not _roots(name) <= rest
            )
            if others:
                fix = (Splice(label.place, label_name(others[0])),) if len(others) == 1 else ()
                yield Doubt("relation", Code.QUESTION_MISMATCH, label.place, mentioned[others[0]].place, f"the query follows {label.name}.", fix)
        for name, mention in mentioned.items():
            if name in self._types or self._reads_made_of(name):
                continue
            if not any(root(part) in {root(word) for used in self._types for word in parts(used)} for part in parts(name) if part not in LITTLE):
                others = [one for one in self._facts.mentions if one.place == mention.place and one.kind in {"label", "property"}]
                if not others:
                    yield Doubt("relation_missing", Code.QUESTION_FACT_MISSING, self._held.last, mention.place, f"the query does not follow {name}.")

    def _reads_made_of(self, name: str) -> bool:
        """Whether the query reads the property that a relation says anew: of a single table HAS_MAKER is made of the column maker."""
        own = {triple.start for triple in self._schema.triples if triple.type == name}
        keys = {key for label in own for key in self._schema.labels.get(label) or {}} & self._keys
        return any(_roots(key) == _roots(name) for key in keys)

    def _properties(self) -> Iterator[Doubt]:
        covered = [one.place for one in self._facts.mentions if one.kind in {"label", "relation"}]
        values = [one.place for one in self._facts.mentions if one.kind == "value"]
        mentioned = [one for one in self._mentioned("property") if one.name not in self._keys and one.place not in covered and one.place not in values]
        places = {one.place for one in self._mentioned("property") if one.name in self._keys}
        mentioned = [one for one in mentioned if one.place not in places and (self._plain(one) or self._is_truth(one))]
        for node, role in self._read():
            thing = self._held.thing(node)
            if thing is None or self._says(node.key) or not thing.possible:
                continue
            own = self._schema.properties(thing.possible, relation=thing.kind == "relation") or {}
            kinds = {facts.type for facts in own.get(node.key, ())}
            others = [one for one in mentioned if one.name in own and kinds & {facts.type for facts in own[one.name]}]
            if others and node.key in own:
                fix = (Splice(node.key_place, label_name(others[0].name)),) if len({one.name for one in others}) == 1 else ()
                rule = f"property_{role}_text" if role == "filtered" and "string" in kinds else f"property_{role}"
                yield Doubt(rule, Code.QUESTION_MISMATCH, node.key_place, others[0].place, f"the query reads {node.key}.", fix)
        for one in mentioned:
            rule = "truth_missing" if self._is_truth(one) else "property_denied" if self._denied(one) else "property_missing"
            yield Doubt(rule, Code.QUESTION_FACT_MISSING, self._held.last, one.place, f"the query does not read {one.name}.")

    def _denied(self, one: Mention) -> bool:
        before = [token.low for token in self._facts.tokens if token.place.end <= one.place.start]
        return bool(before) and before[-1] in {"no", "without", "lacking", "lack", "lacks"}

    def _compared(self) -> Iterator[Doubt]:
        """Tell of two properties that are compared the wrong way round: `more votes than reviews`."""
        for one in self._facts.comparisons:
            if one.value is not None:
                continue
            start = one.place.start
            end = one.place.end
            inside = [mention for mention in self._mentioned("property") if start <= mention.place.start < end]
            behind = [mention for mention in self._mentioned("property") if end <= mention.place.start <= end + 12]
            for first in inside:
                for second in behind:
                    for held in self._held.filters:
                        keys = (getattr(held.subject, "key", ""), getattr(held.other, "key", ""))
                        if first.name != second.name and set(keys) == {first.name, second.name} and held.sign in MIRRORED:
                            sign = held.sign if keys[0] == first.name else MIRRORED[held.sign]
                            if sign[0] != one.sign[0]:
                                yield Doubt("sign", Code.QUESTION_MISMATCH, held.place, one.place, f"the query has {held.written}.")
                                return

    def _is_truth(self, one: Mention) -> bool:
        facts = [facts for _, key, facts in self._schema.everything() if key == one.name]
        return bool(facts) and all(fact.type == "boolean" for fact in facts)

    def _plain(self, one: Mention) -> bool:
        """Whether nothing before a mention makes it something else: `last name`, `phone number`."""
        before = [token for token in self._facts.tokens if token.place.end <= one.place.start]
        return not before or before[-1].shape != "word" or before[-1].low in _BEFORE

    def _roles(self) -> Iterator[Doubt]:
        """Tell of a value, or an order, that the query has for another property than the question: `a score above 3`, `the highest score`."""
        for value in self._facts.values:
            named = self._named_before(value)
            for held in self._held.filters if named is not None else ():
                if held.value is None or not isinstance(held.subject, Property) or held.thing is None or not _equal(value, held.value):
                    continue
                yield from self._another(named, held.subject, held.thing, "property_role")  # pyrefly: ignore
        for one in self._facts.superlatives:
            behind = [mention for mention in self._mentioned("property") if 0 < mention.place.start - one.place.end < 3]
            orders = [order for order in self._held.orders if order.first]
            if (
                one.soft
                or one.way not in {"high", "low"}
                or len(orders) != 1
                or not behind
                or not isinstance(orders[0].subject, Property)
                or (thing := self._held.thing(orders[0].subject)) is None
            ):
                continue
            yield from self._another(behind[0], orders[0].subject, thing, "order_role")

        for mention in self._mentioned("property"):
            before = [token.low for token in self._facts.tokens if token.place.end <= mention.place.start][-2:]
            orders = [order for order in self._held.orders if order.first]
            if before[-1:] == ["by"] or before in (["terms", "of"], ["based", "on"], ["according", "to"]):
                for order in orders if len(orders) == 1 else ():
                    if isinstance(order.subject, Property) and (thing := self._held.thing(order.subject)) is not None:
                        yield from self._another(mention, order.subject, thing, "order_role")

    def _named_before(self, value: Value) -> Mention | None:
        """Return the property that stands right before the words which compare a value."""
        comparison = next((one for one in self._facts.comparisons if one.value is not None and one.value.first == value.first), None)
        containment = next((one for one in self._facts.containments if one.value is not None and one.value.first == value.first), None)
        start = comparison.place.start if comparison else containment.place.start if containment else value.place.start
        near = [one for one in self._mentioned("property") if one.place.end <= start]
        if not near:
            return None
        last = max(near, key=lambda one: (one.place.end, one.place.end - one.place.start))
        if comparison is None and containment is None and value.kind not in {"number", "year"} and self._loose(last, start):
            return None
        between = [token.low for token in self._facts.tokens if last.place.end <= token.place.start < start]
        ambiguous = any(one.place == last.place and (one.kind != "property" or one.name != last.name) for one in self._facts.mentions)
        return last if set(between) <= _BETWEEN and len(between) < 4 and not ambiguous and self._plain(last) else None

    def _loose(self, named: Mention, start: int) -> bool:
        """Whether a property and a text may belong to two things: the address of 'Ana', an address with M9."""
        return any(token.low in {"of", "with", "in", "for", "'s"} for token in self._facts.tokens if named.place.end <= token.place.start < start)

    def _another(self, named: Mention, read: Property, thing: Thing, rule: str) -> Iterator[Doubt]:
        own = self._schema.properties(thing.possible, relation=thing.kind == "relation") or {}
        said, meant = ({root(one) for one in parts(name)} for name in (named.name, read.key))
        if said <= meant or meant <= said or named.name not in own or read.key not in own:
            return
        if {one.type for one in own[named.name]} & {one.type for one in own[read.key]}:
            place = read.key_place
            yield Doubt(rule, Code.QUESTION_MISMATCH, place, named.place, f"the query reads {read.key}.", (Splice(place, label_name(named.name)),))

    def _read(self) -> Iterator[tuple[Property, str]]:
        """Yield each property that a query reads, and whether for a condition, an order, or to give it back."""
        last = self._held.query.parts[-1].clauses[-1]
        returned = {id(node) for item in (last.items if isinstance(last, Projection) else ()) for node in walk(item.expression)}
        ordered = {id(node) for order in self._held.orders for node in walk(order.subject)}
        for node in walk(self._held.query):
            if isinstance(node, Property) and isinstance(node.of, Variable):
                yield node, "ordered" if id(node) in ordered else "returned" if id(node) in returned else "filtered"

    def _labels(self) -> Iterator[Doubt]:
        used = labels_in(self._held)
        mentioned = self._mentioned("label")
        places = {one.place for one in mentioned if one.name in used} | {one.place for one in self._facts.mentions if one.kind != "label"}
        texts = {root(word) for one in self._held.constants if isinstance(one.value, str) for word in parts(one.value)} | {
            root(word) for name in (*self._types, *self._keys) for word in parts(name)
        }
        missing = [one for one in self._mentioned("relation") if one.name not in self._types]
        for one in mentioned:
            if (
                {root(word) for word in parts(one.name)} & (texts | _FUNCTIONAL)
                or one.name in used
                or one.place in places
                or any(_within(one.place, place) for place in places)
            ):
                continue
            joined = [
                relation
                for relation in missing
                if any(triple.type == relation.name and one.name in {triple.start, triple.end} for triple in self._schema.triples)
            ]
            rule = "hop_missing" if joined else "label_missing"
            yield Doubt(rule, Code.QUESTION_FACT_MISSING, self._held.last, one.place, f"the query has no {one.name}.")
            return

    def _returned(self) -> Iterator[Doubt]:
        """Tell of a query that has what is asked for, and gives back something else."""
        last = self._held.query.parts[-1].clauses[-1]
        if not isinstance(last, Projection) or last.star:
            return
        asked = self._asked()
        if asked is None or asked.name not in labels_in(self._held):
            return
        given = [thing for item in last.items for thing in self._things(item.expression)]
        labels = {name for thing in given for name in thing.possible}
        if not given or any(thing.kind != "node" for thing in given):
            return
        if asked.name not in labels:
            said = f"the query gives back {', '.join(sorted(labels)[:3]) or 'something else'}."
            yield Doubt("returned", Code.QUESTION_MISMATCH, last.place, asked.place, said)

    def _asked(self) -> Mention | None:
        """Return the label that a question begins with, where nothing else is asked of it: `which films`, `list the 5 oldest users`."""
        first = min((one.place.start for one in self._facts.mentions if one.kind != "value"), default=-1)
        found = [one for one in self._mentioned("label") if one.place.start == first]
        if len({one.name for one in found}) != 1 or any(one.kind != "label" and one.place.start == first for one in self._facts.mentions):
            return None
        before = [token for token in self._facts.tokens if token.place.end <= first]
        after = [token for token in self._facts.tokens if token.place.start >= found[0].place.end]
        asking = all(token.low in _ASKING or token.low in p.SUPERLATIVES or token.low in p.NUMBERS or token.shape == "number" for token in before)
        if found[0].words.endswith(("'s", "’s", "s'")) or (after and after[0].low == "'"):
            return None
        if any(token.low in _COMMANDS for token in after):
            # Another request follows: find the films, and list who made them.
            return None
        going = not after or (after[0].shape == "mark" and after[0].low != "-") or after[0].low in _GOING or after[0].low.endswith(("ed", "ing"))
        return found[0] if asking and going else None

    def _things(self, node: object) -> Iterator[Thing]:
        for inner in walk(node):
            if isinstance(inner, Variable) and (thing := self._scopes.of(inner)) is not None:
                if thing.kind == "value" and thing.value is not None and thing.value is not node:
                    yield from self._things(thing.value)
                else:
                    yield thing

    def _either(self) -> Iterator[Doubt]:
        ors = self._facts.marked("or")
        lows = [token.low for token in self._facts.tokens]
        joined = [node for node in walk(self._held.query) if isinstance(node, Binary) and node.sign in {"OR", "XOR"} and self._parts_two(node)]
        if joined and not ors and "or" not in lows:
            yield Doubt("or_extra", Code.QUESTION_MISMATCH, joined[0].place, None, f"The question has no `or`, and the query has {written(joined[0])}.")
        if ors and not self._held.alternatives and not self._spans():
            place = next((node.place for node in walk(self._held.query) if isinstance(node, Binary) and node.sign == "AND"), self._held.last)
            both = [one for one in self._held.filters if one.value is not None]
            rule = (
                "or_missing"
                if place != self._held.last
                and len(both) > 1
                and not self._facts.marked("negation")
                and not any(one.sign == "<>" for one in self._facts.comparisons)
                else "or_unseen"
            )
            yield Doubt(rule, Code.QUESTION_MISMATCH, place, ors[0].place, "the query asks for all of it.")

    def _spans(self) -> bool:
        """Whether one property is at most the one figure and another at least the other: for 2 or 3 players at least 2 may play, and at most 3 need to."""
        figures = [float(one.value) for one in self._facts.values if one.is_number]
        bounds = {(one.sign, float(one.value.value)) for one in self._held.filters if one.value is not None and isinstance(one.value.value, int | float)}
        return len(figures) > 1 and {("<=", max(figures)), (">=", min(figures))} <= bounds

    def _parts_two(self, node: Binary) -> bool:
        """Whether an OR stands between two different conditions that the question names, and not between two ways to say one."""
        sides = []
        for side in (node.left, node.right):
            inner = list(walk(side))
            if any(isinstance(one, IsNull) and not one.negated for one in inner):
                return False
            keys = {one.key for one in inner if isinstance(one, Property)} | {one.name for one in inner if isinstance(one, Label)}
            values = {str(one.value) for one in inner if isinstance(one, Literal_)}
            sides.append((keys, values))
        (keys, values), (others, other_values) = sides
        bounds = all(isinstance(side, Binary) and side.sign in {"<", "<=", ">", ">="} for side in (node.left, node.right))
        return bounds or (bool(keys and others) and not keys & others and not (values & other_values - {"0", "1", "True"}))

    def _optional(self) -> Iterator[Doubt]:
        marks = self._facts.marked("optional")
        functions = {node.name.lower() for node in walk(self._held.query) if isinstance(node, Function)}
        if marks and not self._held.optional and not functions & {"coalesce", "collect", "exists"}:
            yield Doubt("optional_missing", Code.QUESTION_FACT_MISSING, self._held.last, marks[0].place, "the query drops those that have none.")


def _equal(value: Value, constant: Constant) -> bool:
    if isinstance(constant.value, bool) or constant.value is None:
        return False
    if value.is_number:
        if not isinstance(constant.value, int | float):
            return False
        return 0 <= constant.value - value.value <= (10 if value.kind == "decade" else 0)  # pyrefly: ignore
    return isinstance(constant.value, str) and constant.value.lower() == value.text.lower()


def _roots(name: str) -> set[str]:
    return {root(part) for part in parts(name) if part not in LITTLE}


def _within(place: Place, other: Place) -> bool:
    return other.start <= place.start and place.end <= other.end
