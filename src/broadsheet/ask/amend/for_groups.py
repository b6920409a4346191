"""What an amendment may mean for how many of something there must be: each reading with the words that it explains."""

from collections.abc import Iterator
from dataclasses import replace

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.for_conditions import said_label, things
from broadsheet.ask.amend.for_patterns import joins, path_to
from broadsheet.ask.amend.said import COMPARISONS, Said, literal, values
from broadsheet.ask.amend.scene import SURE, Candidate, Scene, is_aggregate
from broadsheet.ask.cypher.nodes import Binary, Function, Label, NodePattern, Projected, Projection, Query, Variable


def groups(scene: Scene) -> Iterator[Candidate]:
    """Yield how many of something there must be for each of what is given back."""
    if any(step.values for step in scene.shape.steps):
        yield from _counted_tests(scene)
        return
    last = scene.last
    own = next((item for item in last.items if is_aggregate(item.expression)), None)
    passed = tuple(dict.fromkeys(one for item in last.items if item is not own for one in things(scene, item.expression)))
    if not passed or last.star:
        return
    for said in values(scene):
        if said.sign in COMPARISONS and not isinstance(said.value, str):
            for tree, what, words, sure in _countable(scene, own):
                if what not in passed:
                    made = _kept_by_count(tree, own, what, passed, said)
                    yield Candidate(made, said.words | words | scene.heard.all("add", "per", "count"), sure)


def _kept_by_count(tree: Query, own: Projected | None, what: str, passed: tuple[str, ...], said: Said) -> Query:
    """Return a query that counts for each of what it gives back, and keeps those of which there are enough."""
    last = edits.last_step(tree)
    name = own.name if own is not None and own.name else edits.fresh(tree, "many")
    call = own.expression if own is not None else Function("count", (Variable(what),))
    step = Projection(
        "WITH", (*(Projected(Variable(one)) for one in passed), Projected(call, name)), where=Binary(said.sign, Variable(name), literal(said.value))
    )
    items = tuple(Projected(Variable(name), item.name) if item is own else item for item in last.items)
    part = tree.parts[-1]
    return edits.swapped(tree, part, replace(part, clauses=(*part.clauses[:-1], step, replace(last, items=items))))


def _counted_tests(scene: Scene) -> Iterator[Candidate]:
    """Yield a condition on a number that a step computes already."""
    for said in values(scene):
        for step in edits.steps(scene.tree)[:-1]:
            for item in step.items:
                if item.name and is_aggregate(item.expression) and said.sign in COMPARISONS and not isinstance(said.value, str):
                    present = any(one.of == Variable(item.name) for one in scene.compared)
                    named = scene.said_of(Variable(item.name))
                    test = Binary(said.sign, Variable(item.name), literal(said.value))
                    tree = edits.with_test(scene.tree, test)
                    yield Candidate(tree, said.words | named | scene.heard.all("add", "count"), 0.25 + 0.25 * bool(named) - 0.15 * present)


def _countable(scene: Scene, own: Projected | None) -> Iterator[tuple[Query, str, frozenset[int], float]]:
    """Yield what may be counted, each with the tree that has it: what is named, a new pattern of what is named, what is counted already."""
    for one in scene.heard.named("label"):
        if one.sure < SURE:
            continue
        there = scene.labelled(one.name)
        around = frozenset().union(*(said_label(scene, name) for name in scene.given))
        yield from ((scene.tree, name, one.words | around, 0.45) for name in there)
        if not there:
            for anchor, triple, outward in joins(scene, one.name):
                if anchor in scene.given:
                    name = edits.fresh(scene.tree, one.name[:1].lower())
                    path = path_to(anchor, triple, NodePattern(name, Label(one.name)), outward=outward)
                    yield edits.with_path(scene.tree, anchor, path), name, one.words | said_label(scene, anchor), 0.5
    if own is not None:
        yield scene.tree, "", scene.heard.all("count"), 0.35


READERS = (groups,)
