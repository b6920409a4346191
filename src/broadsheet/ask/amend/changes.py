"""Two shapes, whose things have the same names, held against each other: each change in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from broadsheet.ask.amend.shape import Edge, Held, Shape, Step, names_in
from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.nodes import Expression, Function, NodePattern, Property, RelationPattern, Unary, Variable
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.cypher.rewrite import with_parts

Kind = Literal[
    "label", "direction", "relation", "hops", "pattern", "optional", "filter", "returned", "distinct", "order", "skip", "limit", "step", "union", "other"
]  # fmt: skip
# Conditions that share this part of their words are one that has changed.
ALIKE = 0.4


class Change(NamedTuple):
    """A change: its kind, the part of the query that it is of, what stood there and what stands there ("" for nothing), and all of it in words.

    `key` names the things of the part, and the place of a step, in the trees that `aligned` gives.
    """

    kind: Kind
    part: str
    before: str
    after: str
    words: str
    key: tuple[str, ...] = ()


def compare(old: Shape, new: Shape) -> tuple[Change, ...]:
    """Return the changes from one shape to another."""
    return tuple(_Compared(old, new).changes())


def _became(what: str, before: str, after: str) -> str:
    """Return a change in words.

    >>> _became("limit", "5", "10"), _became("limit", "", "10"), _became("limit", "5", "")
    ('limit 5 became 10', 'added limit 10', 'removed limit 5')
    """
    if before and after:
        return f"{what} {before} became {after}"
    return f"added {what} {after}" if after else f"removed {what} {before}"


class _Compared:
    """Holds two shapes against each other, and says what is in them."""

    def __init__(self, old: Shape, new: Shape) -> None:
        self._old, self._new = old, new
        read: dict[str, set[str]] = {}
        for shape in (old, new):
            for node in walk(tuple(_expressions(shape))):
                if isinstance(node, Property) and isinstance(node.of, Variable):
                    read.setdefault(node.key, set()).add(node.of.name)
        self._plain = {key for key, of in read.items() if len(of) == 1}
        self._pairs = _paired_steps(old.steps, new.steps)
        self._labelled = Counter({**new.labels, **old.labels}.values())

    def changes(self) -> Iterator[Change]:
        old, new = self._old, self._new
        gone = {name for name in old.kinds if name not in new.kinds}
        come = {name for name in new.kinds if name not in old.kinds}
        yield from self._labels()
        yield from self._edges()
        yield from self._patterns(old, gone, added=False)
        yield from self._patterns(new, come, added=True)
        yield from self._optional()
        yield from self._filters(self._held(old, gone, self._pairs), self._held(new, come, self._pairs.values()))
        yield from self._steps()
        yield from self._others()

    # Words.

    def thing(self, name: str) -> str:
        """Return what a thing is called: its label if it is the only one of its label, else its name."""
        label = self._old.labels.get(name) or self._new.labels.get(name)
        made_up = name.startswith("__")
        if label and (self._labelled[label] == 1 or made_up):
            return label
        edge = self._old.edges.get(name) or self._new.edges.get(name)
        if edge is not None and made_up:
            return edge.types or "relation"
        return "node" if made_up else name

    def said(self, node: Any) -> str:
        """Return an expression as people read it: `year > 2020` where only one thing's year is spoken of."""
        return written(self._short(node))

    def _short(self, node: Any) -> Any:
        if isinstance(node, Property) and isinstance(node.of, Variable):
            return Variable(node.key) if node.key in self._plain else Property(Variable(self.thing(node.of.name)), node.key)
        if isinstance(node, Variable) and node.name.startswith("__"):
            return Variable(self.thing(node.name))
        if isinstance(node, NodePattern | RelationPattern) and node.name.startswith("__"):
            node = with_parts(node, self._short)
            return replace(node, name="")
        return with_parts(node, self._short)

    def path(self, edge: Edge) -> str:
        """Return a relation with its ends."""
        arrow = "-" if edge.either else "->"
        return f"{self.thing(edge.start)} -[{edge.types or 'any'}{'*' + edge.hops if edge.hops else ''}]{arrow} {self.thing(edge.end)}"

    # Patterns.

    def _labels(self) -> Iterator[Change]:
        for name, kind in self._old.kinds.items():
            before, after = self._old.labels.get(name, ""), self._new.labels.get(name, "")
            if kind == "node" and name in self._new.kinds and before != after:
                yield Change("label", before or after, before, after, _became("label", before, after), (name,))

    def _edges(self) -> Iterator[Change]:
        for name, old in self._old.edges.items():
            new = self._new.edges.get(name)
            if new is None or new == old:
                continue
            called = old.types or new.types or "relation"
            if old.types != new.types:
                yield Change("relation", called, old.types, new.types, _became("relation", old.types, new.types), (name,))
            if (old.hops, old.function) != (new.hops, new.function):
                before, after = (" ".join(one for one in (edge.function, edge.hops or "1") if one) for edge in (old, new))
                yield Change("hops", called, before, after, f"length of {called} {before} became {after}", (name,))
            if {old.start, old.end} != {new.start, new.end}:
                before, after = self.path(old), self.path(new)
                yield Change("pattern", called, before, after, f"{before} became {after}", (name,))
            elif old.either != new.either or (not old.either and old.start != new.start):
                before, after = self.path(old), self.path(new)
                words = f"turned {called} round" if old.either == new.either else f"{called} {'either way round' if new.either else 'in one direction only'}"
                yield Change("direction", called, before, after, words, (name,))

    def _patterns(self, shape: Shape, lone: set[str], *, added: bool) -> Iterator[Change]:
        """Yield a change for each row of things that hang together and are in one of the queries alone."""
        left = [name for name in shape.kinds if name in lone and shape.kinds[name] in {"node", "relation"}]
        while left:
            group = {left.pop(0)}
            while grown := [name for name in left if any(_touch(shape, name, one) for one in group)]:
                group.update(grown)
                left = [name for name in left if name not in group]
            edges = [shape.edges[name] for name in shape.edges if name in group]
            said = ", ".join(self.path(edge) for edge in edges) or self.thing(min(group))
            tests = [self.said(one.expression) for one in shape.filters if one.reads & group]
            said += f" where {' and '.join(tests)}" if tests else ""
            if any(shape.optional.get(name) for name in group):
                said = f"optional {said}"
            before, after = ("", said) if added else (said, "")
            yield Change("pattern", edges[0].types if edges else said, before, after, f"{'added' if added else 'removed'} {said}", tuple(sorted(group)))

    def _optional(self) -> Iterator[Change]:
        moved: dict[tuple[int, int, bool], list[str]] = {}
        joined = {end for shape in (self._old, self._new) for edge in shape.edges.values() for end in (edge.start, edge.end)}
        for name, before in self._old.optional.items():
            after = self._new.optional.get(name)
            if after is not None and bool(before) != bool(after) and (self._old.kinds[name] == "relation" or name not in joined):
                moved.setdefault((before, after, bool(after)), []).append(name)
        for (_, _, optional), names in moved.items():
            said = ", ".join(self.path(self._new.edges[name]) if name in self._new.edges else self.thing(name) for name in names)
            words = f"{said} became {'optional' if optional else 'required'}"
            yield Change("optional", said, *(("required", "optional") if optional else ("optional", "required")), words, tuple(names))

    # Conditions.

    def _held(self, shape: Shape, lone: set[str], paired: Iterable[int]) -> list[Held]:
        """Return conditions, those of steps with them, each with what it bears on; those of patterns and steps that are in one query alone are told with these."""
        kept = []
        values, kept_steps = {name for step in shape.steps for name in step.values}, set(paired)
        for one in (*shape.filters, *(test for place, step in enumerate(shape.steps) if place in kept_steps for test in step.where)):
            if one.reads & lone and not (one.reads & lone <= values):
                continue
            optional = any(shape.optional.get(name) for name in one.reads)
            bears = "optional" if one.scope.startswith("optional") else "step" if one.reads & values else "after" if optional else "match"
            kept.append(one._replace(scope=bears))
        return kept

    def _filters(self, old: list[Held], new: list[Held]) -> Iterator[Change]:
        gone, come = list(old), list(new)
        for same in (lambda a, b: (a.scope, a.text) == (b.scope, b.text), lambda a, b: a.text == b.text):
            for one in list(gone):
                other = next((held for held in come if same(one, held)), None)
                if other is not None:
                    gone.remove(one)
                    come.remove(other)
        pairs = sorted(((_alike(one, other), -a, -b) for a, one in enumerate(gone) for b, other in enumerate(come)), reverse=True)
        paired: dict[int, int] = {}
        for score, a, b in pairs:
            if score >= ALIKE and -a not in paired and -b not in paired.values():
                paired[-a] = -b
        for place, one in enumerate(gone):
            before = self.said(one.expression)
            if place in paired:
                other = come[paired[place]]
                after = self.said(other.expression)
                yield Change("filter", before, before, after, _became("filter", before, after), (one.text, other.text))
            else:
                yield Change("filter", before, before, "", _became("filter", before, ""), (one.text, ""))
        for place, one in enumerate(come):
            if place not in paired.values():
                after = self.said(one.expression)
                yield Change("filter", after, "", after, _became("filter", "", after), ("", one.text))

    # Steps.

    def _steps(self) -> Iterator[Change]:
        old, new = self._old.steps, self._new.steps
        pairs = self._pairs
        for place, step in enumerate(old):
            if place not in pairs:
                said = self._step(step)
                yield Change("step", said, said, "", f"removed the step {said}", (f"-{place}",))
        for place, step in enumerate(new):
            if place not in pairs.values():
                said = self._step(step)
                yield Change("step", said, "", said, f"added the step {said}", (f"+{place}",))
        for place, other in pairs.items():
            yield from self._step_changes(old[place], new[other], (str(place), str(other)), last=place == len(old) - 1)

    def _step(self, step: Step) -> str:
        items = [*map(self.thing, step.passed), *(f"{self.said(value)} as {name}" for name, value in step.values.items()), *map(self.said, step.items)]
        return ", ".join(items) + "".join(f" where {self.said(one.expression)}" for one in step.where)

    def _step_changes(self, old: Step, new: Step, key: tuple[str, str], *, last: bool) -> Iterator[Change]:
        mapped: dict[str, str] = {}
        where = "" if last else " in an inner step"
        before = [*old.items, *old.values.values()]
        after = [*new.items, *new.values.values()]
        yield from self._items(before, after, key, mapped, where)
        if old.star != new.star:
            yield Change(
                "returned", "*", "*" if old.star else "", "*" if new.star else "", _became("everything", *(("*", "") if old.star else ("", "*"))) + where, key
            )
        grouped = any(aggregates(one) for one in (*before, *after)) or old.distinct or new.distinct
        if grouped and old.passed != new.passed:
            for name in old.passed:
                if name not in new.passed and name in self._new.kinds:
                    yield Change("step", self.thing(name), self.thing(name), "", f"no longer grouped by {self.thing(name)}{where}", (*key, name))
            for name in new.passed:
                if name not in old.passed and name in self._old.kinds:
                    yield Change("step", self.thing(name), "", self.thing(name), f"grouped by {self.thing(name)}{where}", (*key, name))
        if old.distinct != new.distinct:
            said = ("DISTINCT", "") if old.distinct else ("", "DISTINCT")
            yield Change("distinct", "DISTINCT", *said, f"{'dropped' if old.distinct else 'added'} DISTINCT{where}", key)
        yield from self._order(old, new, key, mapped, where)
        for kind, was, now in (("skip", old.skip, new.skip), ("limit", old.limit, new.limit)):
            if was != now:
                yield Change(kind, kind, was, now, _became(kind, was, now) + where, key)  # pyrefly: ignore

    def _items(self, old: Sequence[Expression], new: Sequence[Expression], key: tuple[str, str], mapped: dict[str, str], where: str) -> Iterator[Change]:
        gone, come = list(old), list(new)
        for one in list(gone):
            if one in come:
                come.remove(one)
                gone.remove(one)
        for one in gone:
            scored = [(_items_alike(one, other), -place) for place, other in enumerate(come)]
            score, place = max(scored, default=(0.0, 0))
            if score >= ALIKE or (score > 0 and len(gone) == len(come) == 1):
                other = come.pop(-place)
                mapped[written(one)] = written(other)
                yield self._item(one, other, key, where)
            else:
                yield Change("returned", self.said(one), self.said(one), "", f"{self.said(one)} is no longer given back{where}", (*key, written(one), ""))
        for other in come:
            yield Change("returned", self.said(other), "", self.said(other), f"{self.said(other)} is given back too{where}", (*key, "", written(other)))

    def _item(self, old: Expression, new: Expression, key: tuple[str, str], where: str) -> Change:
        before, after = self.said(old), self.said(new)
        held = (*key, written(old), written(new))
        if isinstance(old, Function) and isinstance(new, Function) and (old.name, old.arguments) == (new.name, new.arguments):
            return Change(
                "distinct", before, before, after, f"{'dropped' if old.distinct else 'added'} DISTINCT in {before if old.distinct else after}{where}", held
            )
        return Change("returned", before, before, after, f"{before} became {after}{where}", held)

    def _order(self, old: Step, new: Step, key: tuple[str, str], mapped: Mapping[str, str], where: str) -> Iterator[Change]:
        was = [(mapped.get(written(one), written(one)), descending) for one, descending in old.order]
        now = [(written(one), descending) for one, descending in new.order]
        if was == now:
            return
        before, after = (self._sorted(step) for step in (old, new))
        if [one for one, _ in was] == [one for one, _ in now]:
            turned = [self.said(one) for (one, a), (_, b) in zip(new.order, old.order, strict=True) if a != b]
            down = next(a for (_, a), (_, b) in zip(new.order, old.order, strict=True) if a != b)
            words = f"order by {', '.join(turned)} turned: now from {'high to low' if down else 'low to high'}{where}"
        else:
            words = _became("order by", before, after) + where
        yield Change("order", "order", before, after, words, key)

    def _sorted(self, step: Step) -> str:
        return ", ".join(f"{self.said(one)}{' from high to low' if descending else ''}" for one, descending in step.order)

    def _others(self) -> Iterator[Change]:
        gone, come = list(self._old.others), list(self._new.others)
        for one in list(gone):
            if one in come:
                come.remove(one)
                gone.remove(one)
        for one in gone:
            yield Change("other", one, one, "", f"removed {one}", (one, ""))
        for one in come:
            yield Change("other", one, "", one, f"added {one}", ("", one))
        shared = {*self._old.edges} & {*self._new.edges}
        for pair in sorted(map(sorted, self._old.apart ^ self._new.apart)):
            if {*pair} <= shared:
                joined, now = " and ".join(self._old.edges[name].types or "relations" for name in pair), frozenset(pair) in self._new.apart
                said = ("two relations", "maybe one") if now else ("maybe one", "two relations")
                yield Change("other", joined, *said, f"{joined} {'may' if now else 'can no longer'} be one and the same relation", tuple(pair))
        for name in {**self._old.paths, **self._new.paths}:
            was, now = self._old.paths.get(name), self._new.paths.get(name)
            if was is not None and now is not None and was != now and not {*was, *now} - {*self._old.kinds} and not {*was, *now} - {*self._new.kinds}:
                yield Change("other", name, ", ".join(was), ", ".join(now), f"the path {name} goes another way", (name,))


def _expressions(shape: Shape) -> Iterator[Any]:
    yield from (one.expression for one in shape.filters)
    for step in shape.steps:
        yield from (*step.items, *step.values.values(), *(one for one, _ in step.order), *(one.expression for one in step.where))


def _touch(shape: Shape, one: str, other: str) -> bool:
    return any(edge is not None and name in edge[:2] for edge, name in ((shape.edges.get(one), other), (shape.edges.get(other), one)))


def _parts(node: Expression) -> Counter[str]:
    """Return what an expression is made of, each node once for each time it is there."""
    found: Counter[str] = Counter()
    for one in walk(node):
        inner = [value for key, value in vars(one).items() if isinstance(value, str | bool | int | float) and key not in {"written", "negated"}]
        found[f"{type(one).__name__} {inner}"] += 1
    return found


def _overlap(one: Iterable[str], other: Iterable[str]) -> float:
    a, b = Counter(one), Counter(other)
    return sum((a & b).values()) / max(1, sum((a | b).values()))


def _alike(one: Held, other: Held) -> float:
    """Return how alike two conditions are, from 0 to 1: those of the same property of the same thing, or the same in NOT, are one that has changed."""
    first, second = one.expression, other.expression
    for a, b in ((first, second), (second, first)):
        if isinstance(a, Unary) and a.sign == "NOT" and a.of == b:
            return 1.0
    asked = [{written(node) for node in walk(tree) if isinstance(node, Property)} or {*names_in(tree)} for tree in (first, second)]
    shared = _overlap(_parts(first).elements(), _parts(second).elements())
    return 0.5 + shared / 2 if asked[0] == asked[1] and asked[0] else shared


def _items_alike(one: Expression, other: Expression) -> float:
    first, second = ({*names_in(tree)} for tree in (one, other))
    shared = _overlap(_parts(one).elements(), _parts(other).elements())
    return shared + 0.05 * bool(first & second)


def _paired_steps(old: Sequence[Step], new: Sequence[Step]) -> dict[int, int]:
    """Return which step is which: the last is the last; those before it in their order, as alike as they can be."""
    if not old or not new:
        return {}
    best: dict[tuple[int, int], tuple[float, dict[int, int]]] = {}
    for a in range(len(old)):
        for b in range(len(new)):
            options = [best[key] for key in ((a - 1, b), (a, b - 1)) if key in best]
            score, pairs = best.get((a - 1, b - 1), (0.0, {}))
            options.append((score + _steps_alike(old[a], new[b]), {**pairs, a: b}))
            best[a, b] = max(options, key=lambda one: one[0])
    pairs = best[len(old) - 2, len(new) - 2][1] if len(old) > 1 and len(new) > 1 else {}
    return {**pairs, len(old) - 1: len(new) - 1}


def _steps_alike(old: Step, new: Step) -> float:
    texts = [[*step.passed, *step.values, *(type(value).__name__ for value in step.values.values())] for step in (old, new)]
    return 0.3 + _overlap(*texts)
