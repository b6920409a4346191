"""Which thing of one query is which of another: by what each is, what it is joined to, and what is asked of it."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from broadsheet.ask.amend.shape import Shape
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Property, Variable

# So many pairs of things are tried the other way round.
TRIED = 40


def alignments(old: Shape, new: Shape) -> Iterator[dict[str, str]]:
    """Yield ways to name the things of `new` as those of `old`, the likeliest first: each is a name for every thing of `new`."""
    ours, theirs = _signatures(old), _signatures(new)
    by_likeness = _greedy(old, new, ours, theirs, loyal=0.0)
    by_name = _greedy(old, new, ours, theirs, loyal=4.0)
    tried: list[dict[str, str]] = []
    for pairs in (by_name, by_likeness, _in_order(old, new)):
        if pairs not in tried:
            tried.append(pairs)
            yield _whole(pairs, old, new)
    taken = list(by_likeness)
    count = 0
    for one, other in combinations(taken, 2):
        if new.kinds[one] == new.kinds[other] and count < TRIED:
            count += 1
            turned = {**by_likeness, one: by_likeness[other], other: by_likeness[one]}
            if turned not in tried:
                yield _whole(turned, old, new)


def _whole(pairs: dict[str, str], old: Shape, new: Shape) -> dict[str, str]:
    """Give each thing without a partner a name that none of the others has."""
    taken = {*old.kinds, *pairs.values()}
    made = dict(pairs)
    for name in new.kinds:
        if name not in made:
            own, number = name, 1
            while own in taken:
                number += 1
                own = f"{name}_{number}"
            made[name] = own
            taken.add(own)
    return made


def _greedy(old: Shape, new: Shape, ours: dict[str, Counter[str]], theirs: dict[str, Counter[str]], *, loyal: float) -> dict[str, str]:
    scored = []
    for here, (name, kind) in enumerate(new.kinds.items()):
        for there, (other, same) in enumerate(old.kinds.items()):
            if kind == same:
                alike = sum((theirs[name] & ours[other]).values()) - 0.25 * sum(((theirs[name] - ours[other]) + (ours[other] - theirs[name])).values())
                scored.append((-(alike + loyal * (name == other) + 0.1 * (name == other)), abs(here - there), here, there, name, other))
    made: dict[str, str] = {}
    for *_, name, other in sorted(scored):
        if name not in made and other not in made.values():
            made[name] = other
    return {name: made[name] for name in new.kinds if name in made}


def _in_order(old: Shape, new: Shape) -> dict[str, str]:
    made = {}
    for kind in dict.fromkeys(new.kinds.values()):
        made |= dict(zip((one for one, held in new.kinds.items() if held == kind), (one for one, held in old.kinds.items() if held == kind), strict=False))
    return made


def _signatures(shape: Shape) -> dict[str, Counter[str]]:
    """Return for each thing what is known of it: its label, its relations and the labels behind them, what is asked of it."""
    found: dict[str, Counter[str]] = {name: Counter() for name in shape.kinds}
    for name, label in shape.labels.items():
        found[name][f"is {label}"] += 3
    for name, edge in shape.edges.items():
        found[name] += Counter({f"type {edge.types}": 3, f"ends {sorted((shape.labels.get(edge.start, ''), shape.labels.get(edge.end, '')))}": 1})
        for end, other, side in ((edge.start, edge.end, "out"), (edge.end, edge.start, "in")):
            found[end] += Counter({f"{edge.types}": 2, f"{edge.types} {side}": 1, f"{edge.types} {shape.labels.get(other, '')}": 1})
    for one in shape.filters:
        if one.reads and (name := min(one.reads)) in found:
            found[name][f"test {one.text.replace(name, '')}"] += 2
    for step in shape.steps:
        for name, value in step.values.items():
            found[name][f"value {type(value).__name__} {getattr(value, 'name', '')}"] += 2
    for name, feature in _asked(shape):
        if name in found:
            found[name][feature] += 1
    return found


def _asked(shape: Shape) -> Iterator[tuple[str, str]]:
    """Yield which properties are asked of which thing, and whether it is given back."""
    given = tuple(one for step in shape.steps for one in (step.items, tuple(step.values.values()), step.order))
    for where, nodes in (("asked", tuple(one.expression for one in shape.filters)), ("given", given)):
        for node in walk(nodes):
            if isinstance(node, Property) and isinstance(node.of, Variable):
                yield node.of.name, f"{where} {node.key}"
            elif isinstance(node, Variable):
                yield node.name, where
