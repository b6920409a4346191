"""What an amendment may mean for what is given back, in which order, and how much of it: each reading with the words that it explains."""

from collections.abc import Iterator
from dataclasses import replace

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.for_patterns import joins, path_to
from broadsheet.ask.amend.heard import WHOLE, Mention
from broadsheet.ask.amend.scene import SURE, Candidate, Scene, is_aggregate
from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.nodes import Expression, Function, Label, NodePattern, Projected, Projection, Property, Query, Sorted, Variable
from broadsheet.ask.cypher.rewrite import swapped

CALLS = ("avg", "sum", "max", "min", "collect", "count")
TOO = frozenset("too also as well plus".split())
TEMPORAL = frozenset("newest latest oldest earliest recent".split())
EXTREMES = frozenset("most fewest highest lowest largest smallest".split())
ORDERS = frozenset("order ordering sort sorting ranking".split())


def limits(scene: Scene) -> Iterator[Candidate]:
    """Yield another number of rows, or all of them."""
    heard, last = scene.heard, _limited(scene.tree)
    cue, everything = heard.all("limit"), heard.all("all rows")
    old = scene.said_value(getattr(last.limit, "value", None)) if last.limit is not None else frozenset()
    top = frozenset(place for place, word in enumerate(heard.words) if word.low in {"only", "just", "top", "first"})
    for place in heard.numbers:
        number = heard.words[place].value
        if not isinstance(number, int) or number < 1 or place in heard.contrast or place in old:
            continue
        close = [one for one in heard.cues if one.kind == "limit" and -3 <= one.start - place <= 2]
        before = place - 1 in top
        sure = 0.3 + 0.25 * bool(close) + 0.2 * before + 0.2 * bool(last.limit is not None and (old or heard.cue("meant")))
        if not close and not before and last.limit is None:
            continue
        sure -= 0.2 * bool(heard.cue("<", ">", ">=", "between")) + 0.2 * any(scene.said_of(one.of) for one in scene.compared) + 0.1 * (1000 <= number <= 2200)
        behind = frozenset(one for said in heard.named("label") if said.start in {place + 1, place + 2} for one in said.words)
        behind = behind if any(scene.labelled(one.name) for one in heard.named("label")) else frozenset()
        words = frozenset({place}) | cue | top | behind | old | heard.all("show", "<=", "meant", "instead", "add") | (heard.contrast & old)
        yield Candidate(edits.with_step(scene.tree, last, limit=edits.counted(number)), words, sure)
    if last.limit is not None:
        gone = heard.all("remove") if cue else frozenset()
        if everything or gone:
            words = everything | gone | cue | old | heard.all("show", "not", "add")
            yield Candidate(edits.with_step(scene.tree, last, limit=None), words, 0.5 + 0.2 * bool(everything))
    for one in heard.cues:
        after = next((place for place in heard.numbers if 0 <= place - one.end <= 1), None)
        if one.kind == "offset" and after is not None:
            number = heard.words[after].value
            if isinstance(number, int):
                yield Candidate(edits.with_step(scene.tree, scene.last, skip=edits.counted(number)), one.words | {after} | cue | heard.all("remove"), 0.7)


def _limited(tree: Query) -> Projection:
    """Return the step that keeps only some rows: the last that has a limit, else what is given back."""
    return next((one for one in reversed(edits.steps(tree)) if one.limit is not None), edits.last_step(tree))


def orders(scene: Scene) -> Iterator[Candidate]:
    """Yield another order, or none."""
    heard = scene.heard
    step = next((one for one in reversed(edits.steps(scene.tree)) if one.order), scene.last)
    cue, down, up = heard.all("order"), heard.all("down"), heard.all("up")
    if step.order and not any(one.sure >= WHOLE for one in heard.named("property")):
        # "The most", of what is counted already, is said of the order.
        down, up = down | heard.all("max"), up | heard.all("min")
    turn = heard.all("turn")
    about = frozenset(place for place, word in enumerate(heard.words) if word.low in ORDERS)
    if step.order:
        yield from _turned(scene, step, cue | about, down, up, turn)
        gone = heard.all("remove") | frozenset(place for place, word in enumerate(heard.words) if word.low in {"unsorted", "unordered", "don't"})
        if gone and (cue or about or "unsorted" in {one.low for one in heard.words}):
            yield Candidate(edits.with_step(scene.tree, step, order=()), gone | cue | about | heard.all("not"), 0.5)
    if not (cue or down or up or about):
        return
    for expression, named, sure, kind in _sortable(scene):
        if named and named <= down | up:
            # "The most" names no column of the most players.
            continue
        descending = _descending(scene, down, up, kind)
        if any(one.expression == expression and one.descending == descending for one in step.order[:1]):
            continue
        words = cue | down | up | named | about | heard.all("meant", "instead", "show", "limit" if not heard.numbers else "show")
        bonus = 0.15 * bool(cue or about) + 0.1 * bool(down or up)
        yield Candidate(edits.sorted_by(scene.tree, scene.last if not step.order else step, expression, descending=descending), words, sure + bonus)


def _turned(scene: Scene, step: Projection, cue: frozenset[int], down: frozenset[int], up: frozenset[int], turn: frozenset[int]) -> Iterator[Candidate]:
    """Yield the order that is there, the other way round."""
    heard, first = scene.heard, step.order[0]
    named = frozenset().union(*(_said(scene, one) for one in walk(_meant(scene, first.expression)) if isinstance(one, Property | Variable)))
    wanted = min((place for place in down - heard.contrast), default=99), min((place for place in up - heard.contrast), default=99)
    asked = None if wanted[0] == wanted[1] else wanted[0] < wanted[1]
    words = (
        cue
        | down
        | up
        | turn
        | named
        | heard.all("meant", "instead", "not", "show", "add", "limit" if not heard.numbers else "show")
        | (heard.contrast & (down | up))
    )
    if (asked is not None and asked != first.descending) or (turn and cue):
        order = (Sorted(first.expression, not first.descending), *step.order[1:])
        yield Candidate(edits.with_step(scene.tree, step, order=order), words, 0.5 + 0.15 * bool(named) + 0.05 * bool(cue))


def _said(scene: Scene, node: Expression) -> frozenset[int]:
    return scene.said_of(node) if isinstance(node, Property | Variable) else frozenset()


def _meant(scene: Scene, node: Expression) -> Expression:
    return scene.values.get(node.name, node) if isinstance(node, Variable) else node


def _descending(scene: Scene, down: frozenset[int], up: frozenset[int], kind: str) -> bool:
    """Whether the greatest comes first: as it is said, else as it is usual for numbers that are counted."""
    down, up = down - scene.heard.contrast, up - scene.heard.contrast
    if down and up:
        return min(down) < min(up)
    return bool(down) or (not up and kind == "count")


def _sortable(scene: Scene) -> Iterator[tuple[Expression, frozenset[int], float, str]]:
    """Yield what may be sorted by: what is named, a number that is counted, a time, a text."""
    words = {one.low for one in scene.heard.words}
    yield from _counted_sorts(scene, bool(words & EXTREMES))
    for one, name in scene.properties():
        if not one.words & scene.heard.contrast:
            expression = _as_given(scene, Property(Variable(name), one.name))
            yield expression, one.words | _label_of(scene, name), 0.25 + 0.2 * one.sure + 0.1 * (name in scene.given), "named"
    if words & TEMPORAL:
        for name in scene.nodes:
            held = scene.schema.properties(scene.possible.get(name, frozenset())) or {}
            times = [key for key in held if scene.is_time(name, key)]
            yield from ((_as_given(scene, Property(Variable(name), key)), frozenset(), 0.3 + 0.05 * (name in scene.given), "time") for key in times)
    if words & {"alphabetically", "alphabetical"}:
        yield from ((item.expression, frozenset(), 0.3, "text") for item in scene.last.items if isinstance(item.expression, Property))


def _counted_sorts(scene: Scene, most: bool) -> Iterator[tuple[Expression, frozenset[int], float, str]]:  # noqa: FBT001 - whether most or least is said
    """Yield numbers that are put together of rows: those that are given back, and those that a step computes though they are not."""
    shown = [(Variable(item.name) if item.name else item.expression, _meant(scene, item.expression)) for item in scene.last.items]
    within = [(Variable(name), value) for name, value in scene.values.items() if Variable(name) not in [one for one, _ in shown]]
    for name, meant in (*shown, *within):
        if is_aggregate(meant):
            named = frozenset().union(*(_said(scene, node) for node in walk(meant) if isinstance(node, Property | Variable)), _said(scene, name))
            named |= _labels_said(scene, meant) | frozenset().union(*(scene.heard.all(call.name) for call in aggregates(meant)))
            alone = sum(is_aggregate(one) for _, one in (*shown, *within)) == 1
            yield name, named, 0.2 + 0.25 * bool(named) + (0.25 if alone else 0.1) * most, "count"


def _as_given(scene: Scene, of: Property) -> Expression:
    return next((Variable(item.name) for item in scene.last.items if item.name and item.expression == of), of)


def _labels_said(scene: Scene, node: Expression) -> frozenset[int]:
    names = {one.name for one in walk(node) if isinstance(one, Variable)}
    return frozenset().union(*(_label_of(scene, name) for name in names))


def _label_of(scene: Scene, name: str) -> frozenset[int]:
    label = scene.shape.labels.get(name, "")
    return frozenset().union(*(one.words for one in scene.heard.named("label") if one.name == label and one.sure >= SURE))


def duplicates(scene: Scene) -> Iterator[Candidate]:
    """Yield each row once, or as often as it comes; each thing counted once, or as often."""
    heard = scene.heard
    once, again = heard.all("distinct"), heard.all("keep twice")
    every = [(step, item, call) for step in edits.steps(scene.tree) for item in step.items for call in aggregates(item.expression) if call.arguments]
    calls = [one for one in every if one[2].name not in {"min", "max"}]
    counting = heard.all("count")
    for step, item, call in calls:
        labels = _labels_said(scene, call)
        about = 0.2 * bool(counting) + 0.1 * bool(labels)
        if once and not call.distinct and not again:
            made = swapped(item.expression, call, replace(call, distinct=True))
            yield Candidate(edits.with_item(scene.tree, step, item, made), once | counting | labels | heard.all("add", "show", "not", "remove"), 0.4 + about)
        off = again | (once if heard.all("remove", "not") else frozenset())
        if off and call.distinct:
            made = swapped(item.expression, call, replace(call, distinct=False))
            yield Candidate(edits.with_item(scene.tree, step, item, made), off | counting | labels | heard.all("remove", "not", "show", "add"), 0.4 + about)
    last = scene.last
    is_all = len(calls) > 0
    if once and not last.distinct and not again:
        tree = edits.with_step(scene.tree, last, distinct=True)
        said = frozenset().union(
            *(_said(scene, node) | _labels_said(scene, node) for item in last.items for node in walk(item.expression) if isinstance(node, Property | Variable))
        )
        yield Candidate(tree, once | said | heard.all("add", "show", "remove", "not", "none"), 0.5 - 0.3 * is_all)
    if last.distinct and (again or (once and heard.all("remove", "not"))):
        yield Candidate(edits.with_step(scene.tree, last, distinct=False), again | once | heard.all("remove", "not", "show", "add"), 0.5)


def columns(scene: Scene) -> Iterator[Candidate]:
    """Yield something more, less or else given back."""
    heard, last = scene.heard, scene.last
    show, hide, more = heard.all("show", "want"), heard.all("hide", "remove", "not"), heard.all("add")
    swap = heard.all("instead", "meant") | heard.contrast
    too = frozenset(place for place, word in enumerate(heard.words) if word.low in TOO or (word.low == "and" and not place))
    # Rows that are whole things lose nothing by what stands beside them.
    rows = [item.expression for item in last.items] == [Variable(name) for name in scene.nodes]
    for one, name in scene.properties():
        of = Property(Variable(name), one.name)
        words = one.words | _label_of(scene, name)
        first = 0.03 * (scene.owners(one.name)[0] == name) + 0.1 * bool(_label_of(scene, name))
        present = next((item for item in last.items if item.expression == of), None)
        if present is None and not one.words & heard.contrast:
            if show or too:
                tree = edits.with_step(scene.tree, last, items=(*last.items, Projected(of)))
                yield Candidate(tree, words | show | more | too, 0.35 + first + 0.15 * bool(too) + 0.05 * rows - 0.15 * bool(swap))
            if (show or swap) and not heard.numbers:
                yield from _replaced(scene, of, words | show | swap | more, 0.25 + first + 0.2 * bool(swap) - 0.4 * bool(too))
        if present is not None and hide and len(last.items) > 1:
            yield Candidate(edits.without_item(scene.tree, last, present), words | hide | show, 0.5 + first + 0.15 * bool(show))
    for item in last.items if hide and len(last.items) > 1 else ():
        meant = _meant(scene, item.expression)
        calls = aggregates(meant)
        if calls and (named := heard.all(calls[0].name)):
            yield Candidate(edits.without_item(scene.tree, last, item), named | _labels_said(scene, meant) | hide | show, 0.4)
    yield from _things_shown(scene, show, too, hide)


def _replaced(scene: Scene, new: Expression, words: frozenset[int], sure: float) -> Iterator[Candidate]:
    """Yield something else in the place of one column: of the same thing if there is one."""
    for item in scene.last.items:
        own = {node.name for node in walk(item.expression) if isinstance(node, Variable)}
        same = own & {node.name for node in walk(new) if isinstance(node, Variable)}
        if is_aggregate(item.expression) or (isinstance(item.expression, Variable) and item.expression.name in scene.values):
            continue
        said = frozenset().union(*(scene.said_of(node) for node in walk(item.expression) if isinstance(node, Property)))
        strange = (
            isinstance(item.expression, Property)
            and isinstance(item.expression.of, Variable)
            and scene.facts(item.expression.of.name, item.expression.key) is None
        )
        whole = isinstance(item.expression, Variable) and not scene.heard.all("meant", "instead") and not scene.heard.contrast
        bonus = (
            -0.5 * (whole and not said)
            + 0.1 * bool(same)
            + 0.15 * bool(said)
            + 0.05 * (len(scene.last.items) == 1)
            + 0.25 * (strange and scene.schema.knows_properties)
        )
        yield Candidate(edits.with_item(scene.tree, scene.last, item, new), words | said, sure + bonus)


def _things_shown(scene: Scene, show: frozenset[int], too: frozenset[int], hide: frozenset[int]) -> Iterator[Candidate]:
    last = scene.last
    for one in scene.heard.named("label"):
        if one.sure < SURE or one.words & scene.heard.contrast:
            continue
        for name in scene.labelled(one.name):
            held = [
                item
                for item in last.items
                if name in {node.name for node in walk(item.expression) if isinstance(node, Variable)} and not is_aggregate(item.expression)
            ]
            whole = any(isinstance(item.expression, Property) for item in last.items)
            key = scene.naming(one.name)
            new = Property(Variable(name), key) if key and whole else Variable(name)
            if any(item.expression == new for item in last.items) and scene.heard.all("instead", "meant", "not"):
                yield from _replaced(scene, Variable(name), one.words | show | scene.heard.all("meant", "instead", "not"), 0.35)
            if not held and (show or too):
                tree = edits.with_step(scene.tree, last, items=(*last.items, Projected(new)))
                yield Candidate(tree, one.words | show | too, 0.3 + 0.1 * bool(too))
                yield from _replaced(scene, new, one.words | show | scene.heard.all("meant", "instead"), 0.25)
            if len(held) == 1 and hide and len(last.items) > 1:
                weak = 0.15 * (not scene.heard.all("hide", "show"))
                yield Candidate(edits.without_item(scene.tree, last, held[0]), one.words | hide | show, 0.35 - weak)


def counts(scene: Scene) -> Iterator[Candidate]:
    """Yield how many there are, instead of which; and how many for each of something."""
    heard, last = scene.heard, scene.last
    cue, per = heard.all("count"), heard.all("per")
    calls = [item for item in last.items if aggregates(_meant(scene, item.expression))]
    once = heard.all("distinct")
    more = heard.all("show") | frozenset(place for place, word in enumerate(heard.words) if word.low in TOO)
    if cue and more - heard.all("count") and not heard.cue("remove", "hide"):
        yield from _also_counted(scene, "count", cue | more | heard.all("want", "add"))
    elif (listed := heard.all("collect")) and more:
        yield from _also_counted(scene, "collect", listed | more | heard.all("want", "add"))
    also = any(word.low in TOO for word in heard.words)
    if cue and not calls and not also and not heard.cue("remove", "hide", "order", "again"):
        for what, words, sure in _counted(scene):
            call = Function("count", (what,), distinct=bool(once) or last.distinct)
            keys, said = _keys(scene, per)
            tree = edits.with_step(scene.tree, last, items=(*keys, Projected(call)), distinct=False, order=())
            yield Candidate(tree, cue | words | said | per | once | heard.all("show", "instead", "add", "sum"), sure + 0.1 * bool(said))
    if per and calls:
        for one, item, said in _grouping(scene, per):
            if all(one != held.expression for held in last.items):
                yield Candidate(edits.with_step(scene.tree, last, items=(Projected(one), *last.items)), per | said | cue | heard.all("show"), item)


def _also_counted(scene: Scene, kind: str, words: frozenset[int]) -> Iterator[Candidate]:
    """Yield a number, or a list, beside what is given back: one that a step computes, else a new one."""
    last = scene.last
    for name, value in scene.values.items():
        if is_aggregate(value) and aggregates(value)[0].name == kind and all(item.expression != Variable(name) and item.name != name for item in last.items):
            tree = edits.with_step(scene.tree, last, items=(*last.items, Projected(Variable(name))))
            yield Candidate(tree, words | _labels_said(scene, value) | scene.said_of(Variable(name)), 0.45)
    for one in scene.heard.named("label"):
        for name in scene.labelled(one.name) if one.sure >= SURE else ():
            named = [held for held, of in scene.properties() if of == name]
            what = Property(Variable(name), named[0].name) if named and kind == "collect" else Variable(name)
            call = Function(kind, (what,))
            if all(item.expression != call for item in last.items):
                said = words | one.words | (named[0].words if named else frozenset())
                # For each of itself there is one of a thing.
                itself = any(item.expression == Variable(name) for item in last.items)
                yield Candidate(edits.with_step(scene.tree, last, items=(*last.items, Projected(call))), said, 0.4 - 0.3 * itself)


def _counted(scene: Scene) -> Iterator[tuple[Expression, frozenset[int], float]]:
    """Yield what may be counted: what is named, else what is given back."""
    for one in scene.heard.named("label"):
        if one.sure >= SURE and not after_per(scene, one):
            yield from ((Variable(name), one.words, 0.5) for name in scene.labelled(one.name))
    for item in scene.last.items[:1]:
        of = item.expression.of if isinstance(item.expression, Property) else item.expression
        yield of, frozenset(), 0.45


def after_per(scene: Scene, said: Mention) -> bool:
    """Whether a name stands behind "per"."""
    return any(cue.kind == "per" and 0 <= said.start - cue.end <= 2 for cue in scene.heard.cues)


def _keys(scene: Scene, per: frozenset[int]) -> tuple[list[Projected], frozenset[int]]:
    found = [(one, said) for one, _, said in _grouping(scene, per)] if per else []
    return ([Projected(found[0][0])], found[0][1]) if found else ([], frozenset())


def _grouping(scene: Scene, per: frozenset[int]) -> Iterator[tuple[Expression, float, frozenset[int]]]:
    """Yield what rows may be put together by: what stands behind "per"."""
    del per
    for one, name in scene.properties():
        if after_per(scene, one):
            yield Property(Variable(name), one.name), 0.5, one.words | _label_of(scene, name)
    for one in scene.heard.named("label"):
        if one.sure >= SURE and after_per(scene, one):
            key = scene.naming(one.name)
            for name in scene.labelled(one.name):
                held = next(
                    (item.expression for item in scene.last.items if isinstance(item.expression, Property) and item.expression.of == Variable(name)), None
                )
                yield held or (Property(Variable(name), key) if key else Variable(name)), 0.45, one.words


def together(scene: Scene) -> Iterator[Candidate]:
    """Yield rows put together in another way: the mean instead of the sum."""
    heard = scene.heard
    for step in edits.steps(scene.tree):
        for item in step.items:
            for call in aggregates(item.expression):
                named = frozenset().union(*(_said(scene, node) for node in walk(call) if isinstance(node, Property)))
                old = heard.all(call.name) if call.name in CALLS else frozenset()
                for kind in CALLS:
                    said = frozenset().union(*(cue.words for cue in heard.cues if cue.kind == kind and not cue.words & heard.contrast))
                    if (
                        not said
                        or kind == call.name
                        or not call.arguments
                        or (kind not in {"count", "collect"} and isinstance(call.arguments[0], Variable) and call.arguments[0].name in scene.shape.kinds)
                    ):
                        continue
                    made = swapped(item.expression, call, replace(call, name=kind, distinct=call.distinct and kind in {"count", "collect"}))
                    words = said | named | old | heard.all("meant", "instead", "not", "show")
                    sure = 0.4 + 0.15 * bool(named) + 0.15 * bool(old - said) - 0.2 * bool(heard.cue("order"))
                    yield Candidate(edits.with_item(scene.tree, step, item, made), words, sure)


def alone(scene: Scene) -> Iterator[Candidate]:
    """Yield only the columns that are named: "just the title"."""
    heard, last = scene.heard, scene.last
    first = heard.all("add") & frozenset(place for place, word in enumerate(heard.words) if word.low in {"just", "only"})
    if not first or heard.numbers or heard.texts or heard.cue("remove", "not", "none", "known", "null", "required", "count", "direct"):
        return
    named = [one for one in heard.named("property") if one.sure >= SURE]
    kept = [item for item in last.items if isinstance(item.expression, Property) and any(one.name == item.expression.key for one in named)]
    if kept and len(kept) < len(last.items):
        words = first | heard.all("show") | frozenset().union(*(one.words for one in named))
        yield Candidate(edits.with_step(scene.tree, last, items=tuple(kept)), words, 0.6 + 0.12 * (len(last.items) - len(kept) - 1))


def by_number(scene: Scene) -> Iterator[Candidate]:
    """Yield rows ordered by how many of something there are for each: of a label that is there, or that the schema joins to what is given back."""
    heard, last = scene.heard, scene.last
    cue = heard.all("order") and heard.all("order", "count", "down", "up", "limit")
    if not cue or not heard.all("count") or last.star or last.order or any(is_aggregate(item.expression) for item in last.items):
        return
    for one in heard.named("label"):
        there = [(scene.tree, name) for name in scene.labelled(one.name) if name not in scene.given]
        for anchor, triple, outward in joins(scene, one.name) if one.sure >= SURE and not scene.labelled(one.name) else ():
            name = edits.fresh(scene.tree, one.name[:1].lower())
            if anchor in scene.given:
                there.append(
                    (edits.with_path(scene.tree, anchor, path_to(anchor, triple, NodePattern(name, Label(one.name)), outward=outward), optional=True), name)
                )
        for tree, name in there if one.sure >= SURE else ():
            many, step = edits.fresh(tree, "many"), edits.last_step(tree)
            items = (*step.items, Projected(Function("count", (Variable(name),), distinct=True), many))
            order = (Sorted(Variable(many), not heard.all("up") or bool(heard.all("down"))),)
            yield Candidate(edits.with_step(tree, step, items=items, distinct=False, order=order), cue | one.words, 0.8)


READERS = (alone, by_number, limits, orders, duplicates, columns, counts, together)
