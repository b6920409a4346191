"""What an amendment may mean for rows of one thing: several columns or values at once, the newest three, how many for each of something."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.for_conditions import opposite
from broadsheet.ask.amend.for_steps import after_per
from broadsheet.ask.amend.heard import WHOLE, Heard, Mention, name_words
from broadsheet.ask.amend.said import COMPARISONS, literal, values, with_columns
from broadsheet.ask.amend.scene import SURE, Candidate, Scene, is_aggregate
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Binary, Expression, Function, ListOf, Literal_, Projected, Projection, Property, Query, Sorted, Variable
from broadsheet.ask.link.english import AGES, DEGREES, adjective, alike, first_of
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.reader import read_question

# A change beyond the first counts against a reading; what is said in one breath is one wish.
MORE = 0.12
TIMES = frozenset("date day when year month time".split())
MORE_WORDS = frozenset("add also and too as well plus besides furthermore additionally".split())
LONE = frozenset("only just one".split())
MOST = frozenset({"most", "least"})
HIGH = frozenset({"high", "new"})


def _apart(found: list[Mention]) -> list[Mention]:
    """Return mentions that share no word, the longest and surest of those that do, in the order in which they are said."""
    kept: list[Mention] = []
    for one in sorted(found, key=lambda each: (each.start - each.end, -each.sure)):
        if not any(one.words & other.words for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda each: each.start)


def several_columns(scene: Scene) -> Iterator[Candidate]:
    """Yield several things more, or less, given back: "also show the price and the year"."""
    heard, last = scene.heard, scene.last
    show, hide = heard.all("show", "want") | _more(heard) | with_columns(heard), heard.all("hide", "remove")
    named = _apart([one for one in heard.named("property") if one.sure >= SURE and not one.words & heard.contrast and scene.owners(one.name)])
    if not named or not (show or hide) or heard.numbers or heard.texts or heard.cue("order", "per", "not", "null", "none", "instead"):
        return
    columns = [Property(Variable(scene.owners(one.name)[0]), one.name) for one in named]
    said = frozenset(place for place, word in enumerate(heard.words) if word.low in TIMES) - frozenset().union(*(one.words for one in named))
    dates = [one for one in _dates(scene) if one not in columns]
    columns += dates if said and len(dates) == 1 else []
    given = [item.expression for item in last.items]
    words = frozenset().union(*(one.words for one in named)) | show | hide | (said if len(dates) == 1 else frozenset())
    if hide:
        kept = tuple(item for item in last.items if item.expression not in columns)
        changed = len(last.items) - len(kept) if kept else 0
    else:
        kept = (*last.items, *(Projected(one) for one in columns if one not in given))
        changed = len(kept) - len(last.items)
    if changed == len(columns) > (not with_columns(heard)):
        yield Candidate(edits.with_step(scene.tree, last, items=kept), words, 0.55 + MORE * (changed - 1))


def _more(heard: Heard) -> frozenset[int]:
    """Return the places of words that wish for something more."""
    return frozenset(place for place in heard.all("add") if heard.words[place].low in MORE_WORDS)


def times(scene: Scene) -> Iterator[Candidate]:
    """Yield when something was, given back too, where only "the date" or "the year" is said."""
    heard, last = scene.heard, scene.last
    said = frozenset(place for place, word in enumerate(heard.words) if word.low in TIMES)
    cue = heard.all("show") | _more(heard)
    if not said or not cue or heard.numbers or heard.cue("order", "hide", "remove", "not"):
        return
    named = {one.name for one in heard.named("property") if one.sure >= SURE}
    for of in _dates(scene):
        if (of.key in named or not named) and all(item.expression != of for item in last.items):
            yield Candidate(edits.with_step(scene.tree, last, items=(*last.items, Projected(of))), said | cue | scene.said_of(of), 0.55)


def _dates(scene: Scene) -> list[Property]:
    """Return what tells when something was of what is given back."""
    held = {name: scene.schema.properties(scene.possible.get(name, frozenset())) or {} for name in scene.given}
    return [Property(Variable(name), key) for name, keys in held.items() for key in keys if scene.is_time(name, key)]


def ends(scene: Scene) -> Iterator[Candidate]:
    """Yield the first rows by something: "only the newest three", "the cheapest", "the two with the highest price"."""
    heard = scene.heard
    if heard.cue("order", "not", "per") or heard.contrast or scene.figures:
        return
    for one in (each for each in _facts(heard).superlatives if not each.soft and each.way):
        said = one.words.lower().split()
        own = _place_of(heard, said)
        at = _place_of(heard, [*said, one.about.lower()] if said[-1] in MOST and one.about else said)
        close = [place for place in heard.numbers if at and (min(abs(place - end) for end in at) <= 1 or _is_of(heard, place, min(at)))]
        alone = frozenset(place for place, word in enumerate(heard.words) if word.low in LONE)
        after = max(at, default=0) + 1
        if not at or (after < len(heard.words) and heard.words[after].low == "first"):
            continue
        number = heard.words[close[0]].value if close else 1
        if isinstance(number, int) and number > 0:
            for of, named in _measures(scene, own, one.about.lower() if said[-1] in MOST else adjective(one.words), is_time=one.way in {"old", "new"}):
                tree = _first_by(scene, of, number, descending=one.way in HIGH)
                words = (
                    at
                    | named
                    | alone
                    | frozenset(close[:1])
                    | _labels(scene)
                    | heard.all("show", "limit", "add", "want", "up", "down", "max", "min", "instead")
                )
                yield Candidate(tree, words, 0.7 + MORE)


def _facts(heard: Heard) -> Facts:
    return read_question(" ".join(one.text for one in heard.words))


def _labels(scene: Scene) -> frozenset[int]:
    """Return the places of words that name what the query is of."""
    return frozenset().union(*(one.words for one in scene.heard.named("label") if scene.labelled(one.name)))


def _first_by(scene: Scene, of: Expression, number: int, *, descending: bool) -> Query:
    """Return the query sorted by one thing, with so many rows kept."""
    tree = edits.sorted_by(scene.tree, scene.last, of, descending=descending)
    return edits.with_step(tree, edits.last_step(tree), limit=edits.counted(number))


def _is_of(heard: Heard, number: int, end: int) -> bool:
    """Whether a number says of how many an end is said: "the two with the highest price"."""
    between = [word.low for word in heard.words[number + 1 : end]]
    return bool(between) and between[0] in {"with", "having", "of", "that"} and len(between) <= 3 and not heard.cue("<", ">", "<=", ">=", "between")


def firsts(scene: Scene) -> Iterator[Candidate]:
    """Yield all rows in the order of an adjective: "longest first", "most expensive first"."""
    heard = scene.heard
    for one in _facts(heard).orders:
        if base := first_of(one.words):
            at = _place_of(heard, one.words.lower().split())
            for of, named in _measures(scene, at, base, is_time=base in AGES):
                if at and not any(each.expression == of for each in scene.last.order[:1]):
                    words = at | named | heard.all("show", "up", "down", "order")
                    yield Candidate(edits.sorted_by(scene.tree, scene.last, of, descending=one.way == "down"), words, 0.5)


def tops(scene: Scene) -> Iterator[Candidate]:
    """Yield the first rows by what is named: "top 5 by price"."""
    heard, lows = scene.heard, [word.low for word in scene.heard.words]
    at = next((place for place in heard.numbers if place and lows[place - 1] in {"top", "best"}), -1)
    number = heard.words[at].value if at > 0 else None
    if isinstance(number, int) and len(scene.figures) == 1 < len(scene.last.items) and not scene.last.order and "by" not in lows:
        figure = scene.figures[0]
        what = Variable(figure.name) if figure.name else figure.expression
        tree = _first_by(scene, what, number, descending=not heard.all("up"))
        yield Candidate(tree, frozenset({at - 1, at}) | heard.all("show", "limit", "add", "up", "down"), 0.85 + MORE)
    named = [(one, name) for one, name in scene.properties() if one.sure >= SURE and one.start > at and lows[one.start - 1] == "by"]
    if isinstance(number, int) and named and not scene.figures:
        said, name = named[0]
        tree = _first_by(scene, Property(Variable(name), said.name), number, descending=not heard.all("up"))
        words = frozenset({at - 1, at, said.start - 1}) | said.words | heard.all("show", "limit", "add", "up", "down", "order")
        yield Candidate(tree, words, 0.7 + MORE)


def several_orders(scene: Scene) -> Iterator[Candidate]:
    """Yield rows in the order of several things, one after the other: "sort by year and price"."""
    heard = scene.heard
    cue, down, up = heard.all("order"), heard.all("down"), heard.all("up")
    named = _apart([one for one in heard.named("property") if one.sure >= SURE and scene.owners(one.name) and not one.words & cue])
    if not cue or len(named) < 2 or (down and up) or heard.numbers or heard.contrast or scene.figures:
        return
    order = tuple(Sorted(Property(Variable(scene.owners(one.name)[0]), one.name), bool(down)) for one in named)
    words = cue | down | up | frozenset().union(*(one.words for one in named)) | heard.all("show", "add")
    yield Candidate(edits.with_step(scene.tree, scene.last, order=order), words, 0.85)


def _place_of(heard: Heard, said: list[str]) -> frozenset[int]:
    """Return the places of words that stand in a row."""
    lows = [word.low for word in heard.words]
    return next((frozenset(range(at, at + len(said))) for at in range(len(lows)) if lows[at : at + len(said)] == said), frozenset())


def _measures(scene: Scene, at: frozenset[int], base: str, *, is_time: bool) -> Iterator[tuple[Property, frozenset[int]]]:
    """Yield by what the first are the first, with the words that say so: what is named, else what an adjective measures."""
    named = [
        (held, name)
        for held, name in scene.properties()
        if held.sure >= SURE and not held.words & at and (scene.is_number(name, held.name) or scene.is_time(name, held.name))
    ]
    if named:
        held, name = named[0]
        yield Property(Variable(name), held.name), held.words
        return
    if base in DEGREES:
        # The highest is so by what the query looks at, where that is one thing.
        looked = {one.of for one in scene.compared if isinstance(one.of, Property) and not isinstance(one.value.value, str | bool)}
        looked |= {one.expression for one in scene.last.order[:1] if isinstance(one.expression, Property)}
        if len(looked) == 1:
            yield looked.pop(), frozenset()
        return
    for name in scene.given:
        keys = scene.schema.properties(scene.possible.get(name, frozenset())) or {}
        if is_time:
            yield from ((Property(Variable(name), key), frozenset()) for key in keys if scene.is_time(name, key))
            continue
        near = [(max(alike(base, part) for part in name_words(key)), key) for key in keys if scene.is_number(name, key)]
        best = max(near, default=(0.0, ""))
        yield from ((Property(Variable(name), key), frozenset()) for score, key in near if score and score == best[0])


def any_of(scene: Scene) -> Iterator[Candidate]:
    """Yield several values of one property, of which any will do, or none: "only Ostmann and Ravensfurt"."""
    heard = scene.heard
    if heard.contrast or heard.cue("order", "per"):
        return
    known = sorted((one for one in heard.named("value") if one.key and one.owner), key=lambda one: (one.owner, one.key))
    for (owner, key), group in groupby(known, key=lambda one: (one.owner, one.key)):
        values = _apart(list(group))
        names = list(dict.fromkeys(one.name for one in values))
        for name in (each for each in scene.nodes if owner in scene.possible.get(each, ()) and len(names) > 1):
            of = Property(Variable(name), key)
            denied = heard.all("not", "none")
            test = Binary("IN", of, ListOf(tuple(Literal_(one) for one in names)))
            tree = edits.with_test(_without_tests(scene, of), opposite(test) if denied else test)
            words = frozenset().union(*(one.words for one in values)) | scene.said_of(of) | denied | heard.all("add", "show", "or", "both", "meant")
            yield Candidate(tree, words, 0.6)


def _without_tests(scene: Scene, of: Property) -> Query:
    old = [one.test for one in scene.compared if one.of == of and one.sign in {"=", "IN"} and not one.negated]
    return edits.each_test(scene.tree, lambda one: None if one in old else one) if old else scene.tree


def each_group(scene: Scene) -> Iterator[Candidate]:
    """Yield how many there are for each of something, where only that is said: "per publisher"."""
    heard, last = scene.heard, scene.last
    per = heard.all("per")
    if not per or heard.cue("count", "show", "order", *("avg", "sum", "max", "min", "collect")) or len(scene.given) != 1:
        return
    if scene.figures:
        return
    for one, name in scene.properties():
        if name == scene.given[0] and after_per(scene, one):
            items = (Projected(Property(Variable(name), one.name)), Projected(Function("count", (Variable(name),))))
            yield Candidate(edits.with_step(scene.tree, last, items=items, distinct=False, order=()), per | one.words | heard.all("add"), 0.6 + MORE)


def enough(scene: Scene) -> Iterator[Candidate]:
    """Yield only the groups that have enough: "only those with more than 15", of how many there are for each maker."""
    heard, last, counted = scene.heard, scene.last, scene.figures
    keys = [item for item in last.items if isinstance(item.expression, Property | Variable)]
    if len(counted) != 1 or not keys or len(keys) + 1 != len(last.items) or len(edits.steps(scene.tree)) > 1 or len(heard.numbers) != 1:
        return
    if any(one.sure >= WHOLE for one in heard.named("property")):
        return
    taken = {*scene.shape.kinds}
    names = {id(item): item.expression.name if isinstance(item.expression, Variable) else item.name or _name_of(item, taken) for item in last.items}
    passed = tuple(item if isinstance(item.expression, Variable) else replace(item, name=names[id(item)]) for item in last.items)
    for said in (one for one in values(scene) if one.sign in COMPARISONS and not isinstance(one.value, str)):
        test = Binary(said.sign, Variable(names[id(counted[0])]), literal(said.value))
        step = Projection("WITH", passed, where=test)
        order = tuple(replace(one, expression=Variable(names[id(item)])) for one in last.order for item in last.items if _is_sorted(one, item))
        items = tuple(Projected(Variable(names[id(item)])) for item in last.items)
        part = scene.tree.parts[-1]
        made = replace(part, clauses=(*part.clauses[:-1], step, replace(last, items=items, order=order)))
        words = said.words | heard.all("add", "count", "show") | _labels(scene)
        yield Candidate(edits.swapped(scene.tree, part, made), words, 1.1)


def _is_sorted(one: Sorted, item: Projected) -> bool:
    return one.expression == item.expression or (bool(item.name) and one.expression == Variable(item.name))


def _name_of(item: Projected, taken: set[str]) -> str:
    """Return a name of its own for what has none."""
    expression = item.expression
    like = "_".join(name_words(expression.key)) if isinstance(expression, Property) else expression.name if isinstance(expression, Function) else "figure"
    name = like if like not in taken else f"{like}_of_it"
    taken.add(name)
    return name


def figures(scene: Scene) -> Iterator[Candidate]:
    """Yield another figure of each group, beside or instead of the one that is there: "also show the average price"."""
    heard, last, counted = scene.heard, scene.last, scene.figures
    cue = heard.cue("avg", "sum", "max", "min")
    if cue is None or len(counted) != 1 or heard.numbers or heard.cue("order", "per", "limit"):
        return
    for one, name in scene.properties():
        call = Function(cue.kind, (Property(Variable(name), one.name),))
        if one.sure >= WHOLE and scene.is_number(name, one.name) and call != counted[0].expression:
            words = cue.words | one.words | heard.all("show", "want", "instead") | _more(heard)
            if _more(heard) or (heard.all("show") and not heard.all("instead")):
                yield Candidate(edits.with_step(scene.tree, last, items=(*last.items, Projected(call))), words, 0.7)
            elif heard.all("instead") and len(last.items) > 1:
                yield Candidate(edits.with_item(scene.tree, last, counted[0], call), words, 0.7)


def how_many(scene: Scene) -> Iterator[Candidate]:
    """Yield how many there are beside another figure of them: "also show how many there are"."""
    heard, last = scene.heard, scene.last
    wished = _more(heard) or heard.all("show")
    if len(scene.figures) != 1 or not heard.all("count") or not wished or heard.named("label") or heard.cue("avg", "sum", "max", "min"):
        return
    figure = scene.figures[0].expression
    name = next((one.name for one in walk(figure) if isinstance(one, Variable) and one.name in scene.shape.kinds), "")
    call = Function("count", (Variable(name),))
    if name and call != figure:
        words = heard.all("count", "show", "want") | _more(heard)
        yield Candidate(edits.with_step(scene.tree, last, items=(*last.items, Projected(call))), words, 0.7)


def other_groups(scene: Scene) -> Iterator[Candidate]:
    """Yield the figure for each of something else: "per sort instead"."""
    heard, last = scene.heard, scene.last
    keys = [item for item in last.items if not is_aggregate(item.expression)]
    if len(keys) != 1 or len(last.items) == 1 or not heard.all("per") or heard.all("show", *("avg", "sum", "max", "min")) or _more(heard):
        return
    for one, name in scene.properties():
        old, new = keys[0].expression, Property(Variable(name), one.name)
        if isinstance(old, Property) and old.of == new.of and old != new and after_per(scene, one):
            order = tuple(held for held in last.order if held.expression != old)
            items = tuple(Projected(new) if item is keys[0] else item for item in last.items)
            yield Candidate(
                edits.with_step(scene.tree, last, items=items, order=order),
                heard.all("per", "instead", "count", "meant", "add") | one.words | scene.said_of(old),
                0.75,
            )


READERS = (several_columns, times, ends, firsts, tops, several_orders, any_of, each_group, enough, figures, how_many, other_groups)
