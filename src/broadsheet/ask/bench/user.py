"""A simulated user: knows the query that is meant, sees the one that is there, and says one thing that is to change, in words of its own."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Literal, NamedTuple

import numpy as np

from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.diff import aligned
from broadsheet.ask.amend.shape import Edge, shape_of
from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    IsNull,
    Literal_,
    MapOf,
    NodePattern,
    PatternTest,
    Property,
    Query,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import written

Phrases = Literal["dev", "held"]
# How often something is said with a slip, in small letters, with a filler, or so that half of it is missing.
TYPO, SMALL, FILLED, HALF = 0.15, 0.2, 0.25, 0.05
MOST_HOPS = 5
# How often something else is picked than what is meant, of choices that a question gives.
MISPICKED = 0.02


class Wish(NamedTuple):
    """What a user says, and the change that is meant by it."""

    text: str
    change: Change


class User:
    """Says what is to change, one thing at a time. The same seed says the same."""

    def __init__(self, phrases: Phrases, rng: np.random.Generator) -> None:
        self._said = import_module(f"broadsheet.ask.bench.phrases_{phrases}")
        self._rng = rng

    def wish(self, current: Query, meant: Query) -> Wish | None:
        """Return an amendment that leads from one query towards another, None where they mean the same."""
        old, new, changes = aligned(current, meant)
        if not changes:
            return None
        order = [int(place) for place in self._rng.permutation(len(changes))]
        for place in order:
            wordings = list(_Wording(old, new, changes[place], self._said, self._rng).ways())
            if wordings:
                return Wish(self._noisy(self._one(wordings)), changes[place])
        return Wish(self._noisy(self._one(self._said.WISHES["vague"])), changes[order[0]])

    def pick(self, fitting: Sequence[bool]) -> int | None:
        """Return the place of the first choice that is what was meant, None for none of these; of all choices any now and then, by mistake."""
        if self._rng.random() < MISPICKED:
            return int(self._rng.integers(len(fitting)))
        return fitting.index(True) if any(fitting) else None

    def _one(self, among: Sequence[str]) -> str:
        return among[int(self._rng.integers(len(among)))]

    def _noisy(self, text: str) -> str:
        """Return a wish as people write it: with a slip now and then, without capitals, with words that say nothing."""
        chances = self._rng.random(4)
        if chances[0] < HALF and ", " in text:
            text = text.rsplit(", ", 1)[0]
        if chances[1] < TYPO:
            text = self._slipped(text)
        if chances[2] < SMALL and '"' not in text:
            text = text[:1].lower() + text[1:]
        if chances[3] < FILLED:
            filler = self._one(self._said.FILLERS)
            text = f"{text}, {filler}" if filler in {"please", "thanks"} else f"{filler} {text}"
        return text

    def _slipped(self, text: str) -> str:
        words = text.split(" ")
        long = [place for place, word in enumerate(words) if len(word) >= 6 and word.isalpha()]
        if not long or '"' in text:
            return text
        place = long[int(self._rng.integers(len(long)))]
        word = words[place]
        cut = int(self._rng.integers(1, len(word) - 2))
        words[place] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
        return " ".join(words)


class _Wording:
    """Finds words for one change."""

    def __init__(self, old: Query, new: Query, change: Change, said: object, rng: np.random.Generator) -> None:
        self._old, self._new = shape_of(old.parts[-1]), shape_of(new.parts[-1])
        self._change, self._said, self._rng = change, said, rng

    def ways(self) -> Iterator[str]:
        """Yield everything that may be said of the change."""
        find = getattr(self, f"_{self._change.kind}", None)
        for key, facts in find() if find is not None else ():
            for phrase in self._said.WISHES.get(key, ()):  # pyrefly: ignore
                try:
                    yield phrase.format(**facts)
                except KeyError:
                    continue

    def _pick(self, among: Sequence[str]) -> str:
        return among[int(self._rng.integers(len(among)))]

    # Words for names.

    def _thing(self, name: str) -> str:
        label = self._new.labels.get(name) or self._old.labels.get(name) or ""
        return spoken(label.split("|")[0].split("&")[0]) if label else ""

    def _value(self, value: object) -> str:
        return f'"{value}"' if isinstance(value, str) else str(value)

    # Patterns.

    def _label(self) -> Iterator[tuple[str, dict[str, str]]]:
        old, new = (spoken(one) for one in (self._change.before, self._change.after))
        if new and old:
            yield "label", {"new": new, "old": old, "news": plural(new), "olds": plural(old)}
        elif new:
            yield "label added", {"new": new, "news": plural(new)}

    def _ends(self, edge: Edge) -> dict[str, str]:
        start, end = self._thing(edge.start), self._thing(edge.end)
        found = {"type": spoken_type(edge.types)} if edge.types else {}
        return found | ({"start": start, "end": end, "starts": plural(start), "ends": plural(end)} if start and end else {})

    def _direction(self) -> Iterator[tuple[str, dict[str, str]]]:
        edge = self._new.edges[self._change.key[0]]
        yield "either way" if edge.either else "direction", self._ends(edge)

    def _relation(self) -> Iterator[tuple[str, dict[str, str]]]:
        if self._change.before and self._change.after and "|" not in self._change.after:
            yield "relation", {"new": spoken_type(self._change.after), "old": spoken_type(self._change.before)}

    def _hops(self) -> Iterator[tuple[str, dict[str, str]]]:
        edge = self._new.edges[self._change.key[0]]
        most = edge.hops.rpartition("..")[2]
        if not edge.hops:
            yield "direct", self._ends(edge)
        elif most.isdigit() and edge.hops in {f"1..{most}", f"..{most}"}:
            yield "hops", {**self._ends(edge), "most": most}

    def _optional(self) -> Iterator[tuple[str, dict[str, str]]]:
        edges = [self._new.edges[name] for name in self._change.key if name in self._new.edges]
        if len(edges) != 1:
            return
        # What is behind an optional relation is what no other relation of the query needs.
        shape = self._new if self._change.after == "optional" else self._old
        lost = next((end for end in (edges[0].end, edges[0].start) if shape.optional.get(end)), edges[0].end)
        kept = edges[0].start if lost == edges[0].end else edges[0].end
        if self._thing(lost) and self._thing(kept):
            facts = {"lost": self._thing(lost), "kept": self._thing(kept)}
            yield self._change.after, facts | {f"{key}s": plural(value) for key, value in facts.items()}

    def _pattern(self) -> Iterator[tuple[str, dict[str, str]]]:
        added = bool(self._change.after)
        shape = self._new if added else self._old
        edges = [name for name in self._change.key if name in shape.edges]
        nodes = [name for name in self._change.key if shape.kinds.get(name) == "node"]
        if (added and self._change.before) or len(edges) != 1 or len(nodes) != 1 or not self._thing(nodes[0]):
            return
        facts = {"end": self._thing(nodes[0]), "ends": plural(self._thing(nodes[0])), "type": spoken_type(shape.edges[edges[0]].types)}
        tests = [found for one in shape.filters if one.reads & {*nodes} and (found := compared(one.expression)) is not None]
        every = [one for one in shape.filters if one.reads & {*nodes}]
        if not added:
            yield "pattern removed", facts
        elif not every:
            yield "pattern added", facts
        elif len(tests) == len(every) == 1 and tests[0][1] == "=":
            yield "pattern added value", {**facts, "value": self._value(tests[0][2])}

    # Conditions.

    def _filter(self) -> Iterator[tuple[str, dict[str, str]]]:
        was, now = (expression_of(text) if text else None for text in self._change.key)
        old, new = (compared(one) if one is not None else None for one in (was, now))
        if was is None and now is not None:
            yield from self._added(now, new)
        elif now is None and was is not None and (prop := self._asked(was)):
            yield "filter removed", {"prop": prop}
        elif old is not None and new is not None and was is not None and now is not None:
            yield from self._exchanged(old, new)

    def _added(self, now: Expression, new: "Compared | None") -> Iterator[tuple[str, dict[str, str]]]:
        match now:
            case IsNull():
                if prop := self._asked(now):
                    yield "present" if now.negated else "missing", {"prop": prop}
            case Unary(sign="NOT", of=PatternTest(path=path)) if len(path.elements) == 3:
                labelled = [one for one in path.elements if isinstance(one, NodePattern) and one.labels is not None]
                if len(labelled) == 1 and not isinstance(labelled[0].properties, MapOf):
                    end = spoken(str(getattr(labelled[0].labels, "name", "")))
                    yield "absent", {"end": end, "ends": plural(end)}
            case _ if new is not None and (prop := self._asked(now)):
                if new[1] == "<>" or new[3]:
                    yield "negated", {"value": self._value(new[2]), "prop": prop}
                else:
                    yield "filter added", {"prop": prop, "compared": self._compared(new, prop)}
                    if self._is_time(prop) and not isinstance(new[2], str):
                        yield "filter added time", {"prop": prop, "compared": self._compared(new, prop)}

    def _exchanged(self, old: "Compared", new: "Compared") -> Iterator[tuple[str, dict[str, str]]]:
        (left, sign, value, no), (other, now, wanted, denied) = old, new
        prop = self._asked(other)
        if not prop:
            return
        if written(left) == written(other) and no == denied:
            if sign == now:
                yield "value", {"prop": prop, "new": self._value(wanted), "old": self._value(value)}
            elif {sign, now} == {"=", "<>"}:
                yield "negated" if now == "<>" else "affirmed", {"prop": prop, "value": self._value(wanted)}
            else:
                yield "sign", {"prop": prop, "compared": self._compared(new, prop), "was": self._compared(old, prop)}
        elif written(left) == written(other) and value == wanted and sign == now:
            yield "negated" if denied else "affirmed", {"prop": prop, "value": self._value(value) if sign in {"=", "<>"} else self._compared(new, prop)}
        elif isinstance(other, Function) and other.name == "toLower" and written(other.arguments[0]) == written(left):
            yield "case", {"prop": prop}

    def _compared(self, held: "Compared", prop: str) -> str:
        sign, value = held[1], held[2]
        table = self._said.TIMES if self._is_time(prop) and not isinstance(value, str) and sign in self._said.TIMES else self._said.COMPARED  # pyrefly: ignore
        said = self._said.IS if sign == "=" and isinstance(value, str) else table.get(sign, ("{value}",))  # pyrefly: ignore
        return self._pick(said).format(value=self._value(value))

    def _is_time(self, prop: str) -> bool:
        return bool({*prop.split()} & {"year", "date", "born", "released", "founded"})

    def _asked(self, node: object) -> str:
        """Return what a condition or an expression is about, as people call it."""
        properties = [one for one in walk(node) if isinstance(one, Property)]
        if properties:
            first = properties[0]
            several = sum(key == first.key for key, _ in self._keys()) > 1
            thing = self._thing(first.of.name) if isinstance(first.of, Variable) and several else ""
            return f"{thing} {spoken(first.key)}".strip()
        if aggregates(node):  # pyrefly: ignore
            return self._aggregate(node)  # pyrefly: ignore
        for one in walk(node):
            if isinstance(one, Variable) and (value := self._computed(one.name)) is not None:
                return self._aggregate(value)
        return ""

    def _keys(self) -> set[tuple[str, str]]:
        found = set()
        for shape in (self._old, self._new):
            trees = [held.expression for held in shape.filters] + [item for step in shape.steps for item in (*step.items, *step.values.values())]
            found |= {(one.key, one.of.name) for one in walk(tuple(trees)) if isinstance(one, Property) and isinstance(one.of, Variable)}
        return found

    def _computed(self, name: str) -> Expression | None:
        return next((step.values[name] for shape in (self._new, self._old) for step in shape.steps if name in step.values), None)

    def _aggregate(self, value: Expression) -> str:
        calls = aggregates(value)
        if not calls:
            return ""
        inner = calls[0].arguments[0] if calls[0].arguments else None
        what = self._asked(inner) if isinstance(inner, Property) else plural(self._thing(inner.name)) if isinstance(inner, Variable) else ""
        return f"{self._said.CALLS.get(calls[0].name, calls[0].name)} of {what}" if what else self._said.CALLS.get(calls[0].name, "")  # pyrefly: ignore

    # Steps.

    def _limit(self) -> Iterator[tuple[str, dict[str, str]]]:
        old, new = self._change.before, self._change.after
        yield ("limit" if old and new else "limit added" if new else "limit removed"), {"new": new, "old": old}

    def _skip(self) -> Iterator[tuple[str, dict[str, str]]]:
        if self._change.after:
            yield "skip", {"new": self._change.after}

    def _order(self) -> Iterator[tuple[str, dict[str, str]]]:
        old, new = (shape.steps[int(place)].order for shape, place in zip((self._old, self._new), self._change.key, strict=True))
        if not new:
            yield "order removed", {}
            return
        expression, descending = new[0]
        if isinstance(expression, Variable) and (value := self._computed(expression.name)) is not None:
            prop = self._aggregate(value)
        else:
            prop = self._asked(expression) or self._aggregate(expression)
        table = self._said.TIME_WAYS if self._is_time(prop) and not prop.count(" of ") else self._said.WAYS  # pyrefly: ignore
        facts = {"prop": prop, "way": self._pick(table["down" if descending else "up"])}
        if old and len(old) == len(new) and old[0][0] == expression and old[0][1] != descending:
            yield "order turned", facts
        elif prop and len(new) == 1:
            yield "order", facts

    def _distinct(self) -> Iterator[tuple[str, dict[str, str]]]:
        added = bool(self._change.after) if len(self._change.key) == 2 else "DISTINCT" in self._change.key[3]
        if len(self._change.key) == 2:
            yield "distinct" if added else "distinct removed", {}
            return
        calls = aggregates(expression_of(self._change.key[3]))
        what = calls[0].arguments[0] if calls and calls[0].arguments else None
        thing = self._thing(what.name) if isinstance(what, Variable) else self._asked(what)
        yield "distinct count" if added else "distinct count removed", {"thing": thing, "things": plural(thing)} if thing else {}

    def _returned(self) -> Iterator[tuple[str, dict[str, str]]]:
        if len(self._change.key) != 4:
            return
        was, now = (expression_of(text) if text else None for text in self._change.key[2:])
        within = int(self._change.key[1]) < len(self._new.steps) - 1
        if within and (was is None or now is None):
            # What a step within computes is seen by nobody.
            return
        if was is None and now is not None:
            yield from self._item("show", now)
        elif now is None and was is not None:
            yield from self._item("hide", was)
        elif was is not None and now is not None:
            yield from self._other_item(was, now)

    def _item(self, key: str, node: Expression) -> Iterator[tuple[str, dict[str, str]]]:
        if isinstance(node, Property):
            yield key, {"prop": self._asked(node)}
        elif isinstance(node, Variable) and self._thing(node.name):
            yield f"{key} thing", {"thing": self._thing(node.name)}
        elif said := self._aggregate(self._computed(node.name) or node if isinstance(node, Variable) else node):
            yield key, {"prop": said}

    def _other_item(self, was: Expression, now: Expression) -> Iterator[tuple[str, dict[str, str]]]:
        old, new = aggregates(was), aggregates(now)
        if old and new and old[0].arguments == new[0].arguments and old[0].name != new[0].name:
            names = self._said.CALLS  # pyrefly: ignore
            yield "aggregate", {"new": names.get(new[0].name, new[0].name), "old": names.get(old[0].name, old[0].name)}
        elif isinstance(now, Function) and now.name == "count" and not old:
            what = now.arguments[0] if now.arguments else None
            thing = self._thing(what.name) if isinstance(what, Variable) else self._asked(what)
            yield "count", {"things": plural(thing)} if thing else {}
        elif isinstance(was, Property | Variable) and isinstance(now, Property | Variable):
            before, after = (self._asked(one) or (self._thing(one.name) if isinstance(one, Variable) else "") for one in (was, now))
            if after and before and after != before:
                yield "show instead", {"new": after, "old": before}

    def _step(self) -> Iterator[tuple[str, dict[str, str]]]:
        if self._change.key[0][:1] != "+":
            return
        step = self._new.steps[int(self._change.key[0][1:])]
        if len(step.where) != 1 or len(step.values) != 1 or (held := compared(step.where[0].expression)) is None:
            return
        calls = aggregates(next(iter(step.values.values())))
        inner = calls[0].arguments[0] if calls and calls[0].name == "count" and calls[0].arguments else None
        if isinstance(inner, Variable) and self._thing(inner.name) and len(step.passed) == 1:
            keys = plural(self._thing(step.passed[0]))
            yield "having", {"compared": self._compared(held, ""), "things": plural(self._thing(inner.name)), "keys": keys}


Compared = tuple[Expression, str, object, bool]


def compared(test: Expression) -> Compared | None:
    """Return what a condition compares, its sign and its value, and whether all that is denied; None for conditions of another kind."""
    denied = isinstance(test, Unary) and test.sign == "NOT"
    inner = test.of if isinstance(test, Unary) and denied else test
    if (
        isinstance(inner, Binary)
        and isinstance(inner.right, Literal_)
        and inner.sign in {"=", "<>", "<", ">", "<=", ">=", "CONTAINS", "STARTS WITH", "ENDS WITH"}
    ):
        return inner.left, inner.sign, inner.right.value, denied
    return None


def expression_of(text: str) -> Expression:
    """Return the expression that a text is."""
    query = parse(f"MATCH (n) WHERE {text} RETURN n").query
    assert query is not None, text
    where = query.parts[0].clauses[0].where  # pyrefly: ignore
    assert where is not None
    return where


def spoken(name: str) -> str:
    """Return a name as people say it.

    >>> spoken("SoftwarePackage"), spoken("release_year"), spoken("authorId")
    ('software package', 'release year', 'author id')
    """
    made = "".join(f" {one.lower()}" if one.isupper() and before.islower() else one for before, one in zip(" " + name, name, strict=False))
    return " ".join(made.replace("_", " ").replace("`", "").lower().split())


def spoken_type(name: str) -> str:
    """Return a type of relation as people say it.

    >>> spoken_type("ACTED_IN")
    'acted in'
    """
    return spoken(name.lower() if name.isupper() else name)


def plural(said: str) -> str:
    """Return several of something.

    >>> plural("category"), plural("film"), plural("person"), plural("box")
    ('categories', 'films', 'people', 'boxes')
    """
    if not said or said.endswith("people"):
        return said
    if said.endswith("person"):
        return f"{said[:-6]}people"
    if said.endswith("y") and said[-2:-1] not in "aeiou":
        return f"{said[:-1]}ies"
    return f"{said}es" if said.endswith(("s", "x", "ch", "sh")) else f"{said}s"
