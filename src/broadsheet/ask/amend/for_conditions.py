"""What an amendment may mean for conditions: each reading with the words that it explains."""

from collections.abc import Iterator
from typing import Any

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.days import compared as on_days
from broadsheet.ask.amend.heard import Day
from broadsheet.ask.amend.said import COMPARISONS, PARTS, Said, also, literal, values, with_columns
from broadsheet.ask.amend.scene import CURRENT_YEARS, SURE, Candidate, Scene, Tested
from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    IsNull,
    ListOf,
    Literal_,
    Property,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.rewrite import with_parts
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts

UPWARDS = {">": 1, ">=": 1, "<": -1, "<=": -1}
# Words that speak of conditions as such.
GENERIC = frozenset("filter filters condition conditions restriction constraint requirement criterion clause bound threshold".split())


def _fits(scene: Scene, held: Tested, value: Any) -> bool:
    """Whether a value is of the kind that a condition compares with, or ought to."""
    if isinstance(value, Day) and not (isinstance(held.of, Property) and isinstance(held.of.of, Variable) and scene.is_time(held.of.of.name, held.of.key)):
        return False
    if _is_broken(scene, held):
        return isinstance(value, str) == (_kind(scene, held) == "string")
    return isinstance(value, str) == isinstance(held.value.value, str) and not isinstance(held.value.value, bool)


def _kind(scene: Scene, held: Tested) -> str:
    of = held.of
    facts = scene.facts(of.of.name, of.key) if isinstance(of, Property) and isinstance(of.of, Variable) else None
    return "" if facts is None else "number" if facts.type in NUMBERS else facts.type


def _is_broken(scene: Scene, held: Tested) -> bool:
    """Whether a condition compares a property with a value that none of its kind can be."""
    kind, text = _kind(scene, held), isinstance(held.value.value, str)
    return (kind == "number" and text) or (kind == "string" and not text and not isinstance(held.left, Function))


def _with_value(held: Tested, value: Any, sign: str = "") -> Expression:
    """Return a condition with another value in it, and another sign if one is given."""
    text = str(value).lower() if any(isinstance(node, Function) and node.name == "toLower" for node in (held.left,)) else value

    def change(node: Any) -> Any:
        if node is held.value:
            return literal(text)
        made = with_parts(node, change)
        if sign and isinstance(node, Binary) and node.left is held.left:
            return Binary(sign, made.left, made.right)
        return made

    return change(held.test)


def exchanged(scene: Scene, old: Expression, new: Expression | None) -> Any:
    """Return the tree with one condition exchanged or taken out."""
    place = next(number for number, one in enumerate(scene.tests) if one is old)
    seen = 0

    def change(one: Expression) -> Expression | None:
        nonlocal seen
        number, seen = seen, seen + 1
        return new if number == place else one

    return edits.each_test(scene.tree, change)


def _generic(scene: Scene) -> frozenset[int]:
    return frozenset(place for place, word in enumerate(scene.heard.words) if word.low in GENERIC)


def changed(scene: Scene) -> Iterator[Candidate]:
    """Yield another value, or another comparison, in a condition that is there."""
    heard = scene.heard
    swap = heard.all("meant", "instead")
    alone = len(scene.compared) == 1
    for held in scene.compared:
        named, old = scene.said_of(held.of), scene.said_value(held.value.value)
        about = 0.2 * bool(named) + 0.25 * bool(old) + 0.1 * alone + 0.2 * bool(swap or heard.contrast)
        for said in values(scene):
            if not _fits(scene, held, said.value):
                continue
            sign = _sign(said.sign, held)
            words = said.words | named | old | swap | (heard.contrast & (old | named)) | heard.all("not") | _contrast_words(scene) | _generic(scene)
            if said.value == held.value.value and sign in {"", held.sign}:
                continue
            if _is_other_year(scene, held, said):
                continue
            denied = any(cue.kind == "not" and 0 <= said.place - cue.end <= 2 for cue in heard.cues) and not heard.contrast
            within = not said.sign and held.sign in UPWARDS and heard.words[said.place - 1].low == "in" and not swap and not old
            turned = sign in UPWARDS and held.sign in UPWARDS and UPWARDS[sign] != UPWARDS[held.sign]
            sure = (
                0.3
                + about
                - 0.25 * (turned and said.value != held.value.value and not swap and not heard.contrast)
                - 0.15 * bool(heard.all("add") and not swap)
            )
            bare = isinstance(said.value, int) and not said.sign and not named and not old
            sure -= 0.3 * (bare and (bool(heard.all("limit")) or heard.words[said.place - 1].low in {"only", "just"}))
            sure -= 0.5 * (denied or within) + 0.5 * bool(also(heard) and not swap)
            sure += 0.15 * _owned(scene, held, said) + 0.25 * _is_broken(scene, held) + 0.15 * (sign == held.sign != "=")
            if sign == "" and held.sign == "CONTAINS" and not isinstance(said.value, str):
                sign = "="
            yield Candidate(exchanged(scene, held.test, _with_value(held, said.value, sign if sign != held.sign else "")), words, sure)
        yield from _resigned(scene, held, named | old | swap | _generic(scene), about)


def _is_other_year(scene: Scene, held: Tested, said: Said) -> bool:
    """Whether "in 2022" is said, and what is compared is no time."""
    before = scene.heard.words[said.place - 1].low if said.place else ""
    year = isinstance(said.value, int) and CURRENT_YEARS[0] <= said.value <= CURRENT_YEARS[1]
    timed = isinstance(held.of, Property) and isinstance(held.of.of, Variable) and scene.is_time(held.of.of.name, held.of.key)
    return before == "in" and year and not timed and not said.sign


def _owned(scene: Scene, held: Tested, said: Said) -> bool:
    of = held.of
    return isinstance(of, Property) and any(one.key == of.key and said.place in one.words for one in scene.heard.mentions if one.kind == "value")


def _contrast_words(scene: Scene) -> frozenset[int]:
    """Return what is said of what is not meant, where it is a comparison."""
    return scene.heard.contrast & frozenset().union(*(cue.words for cue in scene.heard.cues if cue.kind in {*COMPARISONS, *PARTS}))


def _sign(said: str, held: Tested) -> str:
    if said in PARTS:
        return PARTS[said]
    if said == "=" and held.sign in {"CONTAINS", "STARTS WITH", "ENDS WITH"}:
        return "="
    return said if said in UPWARDS or (said == "=" and held.sign in UPWARDS) else ""


def _resigned(scene: Scene, held: Tested, words: frozenset[int], about: float) -> Iterator[Candidate]:
    """Yield another comparison with the same value, where none was said, or the same."""
    heard = scene.heard
    meant = [cue for cue in heard.cues if (cue.kind in UPWARDS or cue.kind in {*PARTS, "="}) and not cue.words & heard.contrast]
    others = [one for one in heard.numbers if heard.words[one].value != held.value.value and one not in heard.contrast]
    for cue in meant:
        sign = _sign(cue.kind, held)
        text = isinstance(held.value.value, str)
        if sign and sign != held.sign and not others and (sign in UPWARDS or sign == "=" or text):
            if (sign not in UPWARDS and not text and sign != "=") or (sign in UPWARDS and text):
                continue
            said = words | cue.words | _contrast_words(scene) | heard.all("not")
            yield Candidate(exchanged(scene, held.test, _with_value(held, held.value.value, sign)), said, 0.35 + about)


def removed(scene: Scene) -> Iterator[Candidate]:
    """Yield a condition that is not wanted."""
    heard = scene.heard
    cue = heard.all("remove", "heedless")
    every = frozenset(place for place, word in enumerate(heard.words) if word.low in {"any", "all", "every"})
    if not cue and not every:
        return
    for test in scene.tests:
        properties = _asked(test)
        named = frozenset().union(*(scene.said_of(one) for one in properties), *(_call_said(scene, call) for call in aggregates(test)))
        held = next((one for one in scene.compared if one.test is test), None)
        old = scene.said_value(held.value.value) if held is not None else frozenset()
        generic = _generic(scene)
        # The limit of a price is a condition, and no number of rows.
        bound = heard.all("limit") if named and held is not None and held.sign in UPWARDS and scene.last.limit is None else frozenset()
        if not (named or old or (generic and len(scene.tests) == 1)):
            continue
        signs = frozenset().union(*(one.words for one in heard.cues if one.kind in {*COMPARISONS, *PARTS, "not", "null", "known"}))
        sure = 0.3 + 0.25 * bool(named) + 0.25 * bool(old) + 0.15 * bool(generic) + 0.1 * (len(scene.tests) == 1) - 0.3 * (not cue)
        yield Candidate(exchanged(scene, test, None), cue | every | named | old | generic | bound | (signs if old or named else frozenset()), sure)


def _call_said(scene: Scene, call: Function) -> frozenset[int]:
    """Return the words that name a number which is put together of rows: what it is called, and what it is of."""
    said = scene.heard.all(call.name)
    return said | frozenset().union(*(said_label(scene, name) for name in things(scene, call))) if said else said


def _asked(test: Expression) -> list[Property | Variable]:
    found = [node for node in walk(test) if isinstance(node, Property)]
    return found or [node for node in walk(test) if isinstance(node, Variable)]  # pyrefly: ignore


def negated(scene: Scene) -> Iterator[Candidate]:
    """Yield a condition that must not hold, or must after all."""
    heard = scene.heard
    deny = frozenset().union(*(cue.words for cue in heard.cues if cue.kind == "not" and not cue.words & heard.contrast and cue.end not in heard.contrast))
    again = heard.all("again")
    for test in scene.tests:
        properties = _asked(test)
        named = frozenset().union(*(scene.said_of(one) for one in properties))
        held = next((one for one in scene.compared if one.test is test), None)
        old = scene.said_value(held.value.value) if held is not None else frozenset()
        fresh = [one for one in values(scene) if held is None or one.value != held.value.value]
        is_no = (
            (isinstance(test, Unary) and test.sign == "NOT")
            or (isinstance(test, Binary) and test.sign == "<>")
            or (isinstance(test, IsNull) and not test.negated)
        )
        about = 0.3 * bool(old) + 0.15 * bool(named) + 0.1 * (len(scene.tests) == 1)
        if fresh or not (old or named):
            continue
        words = named | old | heard.all("add", "meant", "=", "contains", "starts", "ends") | _generic(scene)
        if deny and not is_no:
            yield Candidate(exchanged(scene, test, opposite(test)), words | deny, 0.3 + about)
        if is_no and (again or (not deny and (old or named))):
            sure = 0.25 + about + 0.25 * bool(again)
            yield Candidate(exchanged(scene, test, opposite(test)), words | again | heard.all("remove") | (deny if again else frozenset()), sure)


def opposite(test: Expression) -> Expression:
    """Return the opposite of a condition.

    >>> opposite(Binary("=", Variable("a"), Literal_(1))).sign
    '<>'
    """
    match test:
        case Unary(sign="NOT"):
            return test.of
        case Binary(sign="="):
            return Binary("<>", test.left, test.right)
        case Binary(sign="<>"):
            return Binary("=", test.left, test.right)
        case IsNull():
            return IsNull(test.of, not test.negated)
    return Unary("NOT", test)


def letters(scene: Scene) -> Iterator[Candidate]:
    """Yield texts compared whatever their letters are."""
    heard = scene.heard
    if not (cue := heard.all("case")):
        return
    for held in scene.compared:
        if not isinstance(held.value.value, str) or isinstance(held.left, Function):
            continue
        named = scene.said_of(held.of) | scene.said_value(held.value.value)
        made = Binary(held.sign, Function("toLower", (held.left,)), Literal_(held.value.value.lower()))
        yield Candidate(
            exchanged(scene, held.test, Unary("NOT", made) if held.negated else made), cue | named | heard.all("remove", "heedless"), 0.5 + 0.2 * bool(named)
        )


def unknowns(scene: Scene) -> Iterator[Candidate]:
    """Yield only what has a value, or has none."""
    heard = scene.heard
    null, known = heard.all("null", "none"), heard.all("known", "required")
    for said, name in scene.properties():
        if list(values(scene)) or said.words & heard.contrast:
            return
        has = frozenset(place for place, word in enumerate(heard.words) if word.low in {"have", "has", "having", "with"} and not with_columns(heard))
        deny = frozenset(place for place, word in enumerate(heard.words) if word.low in {"no", "not", "without", "don't", "doesn't"})
        of = Property(Variable(name), said.name)
        facts = scene.facts(name, said.name)
        if facts is not None and facts.type == "boolean" and not heard.all("null", "known"):
            continue
        if null and not (heard.all("null") and deny & frozenset(range(max(0, min(null) - 2), min(null)))):
            yield Candidate(edits.with_test(scene.tree, IsNull(of, negated=False)), null | said.words | deny | heard.all("add"), 0.45)
        elif known or (has and heard.all("add") and not deny) or null:
            yield Candidate(
                edits.with_test(scene.tree, IsNull(of, negated=True)), known | has | null | deny | said.words | heard.all("add"), 0.4 + 0.1 * bool(known)
            )


def added(scene: Scene) -> Iterator[Candidate]:
    """Yield a condition that was not there."""
    heard = scene.heard
    add = heard.all("add")
    for said in values(scene):
        denied = frozenset().union(
            *(cue.words for cue in heard.cues if cue.kind == "not" and 0 <= said.place - cue.end <= 5 and not cue.words & heard.contrast)
        )
        for name, key, named, likely in _compared_with(scene, said):
            of = Property(Variable(name), key)
            present = any(one.of == of for one in scene.compared)
            made = on_days(scene, of, said.sign, said.value) or Binary(PARTS.get(said.sign, said.sign or "="), of, literal(said.value))
            if denied:
                made = opposite(made)
            if any(_excludes(one, of, said.value, made) for one in scene.compared):
                continue
            sure = likely + 0.15 * bool(add) - (0.15 + 0.2 * bool(heard.all("meant", "instead"))) * present + 0.05 * (name in scene.given)
            words = said.words | named | add | denied | heard.all("=", "meant", "required" if said.sign else "=") | _generic(scene)
            yield Candidate(edits.with_test(scene.tree, made), words, sure)
    yield from _ranges(scene)
    yield from _truths(scene)


def _excludes(held: Tested, of: Property, value: object, made: Expression) -> bool:
    """Whether nothing can meet a condition beside one that is there: what is one value is no other, and not no value."""
    if held.of != of or held.left != of or held.sign != "=" or held.negated or not isinstance(made, Binary):
        return False
    return (made.sign == "=") == (held.value.value != value) and made.sign in {"=", "<>"}


def _compared_with(scene: Scene, said: Said) -> Iterator[tuple[str, str, frozenset[int], float]]:
    """Yield what a value that was said may be compared with: the thing, its property, the words that say so, and how likely it is."""
    text, day = isinstance(said.value, str), isinstance(said.value, Day)
    for one, name in scene.properties():
        facts = scene.facts(name, one.name)
        if day and not scene.is_time(name, one.name):
            continue
        if facts is None or one.words & scene.heard.contrast or _is_no_value(facts, said):
            continue
        first = 0.03 * (scene.owners(one.name)[0] == name)
        label = said_label(scene, name)
        yield name, one.name, one.words | label, 0.25 + 0.2 * one.sure + first + 0.1 * bool(label)
    known = list(_owners_of(scene, said))
    yield from known
    # Of a value that the graph is known to have it is told whose it is.
    if not known:
        yield from _known_by(scene, said) if text and not day else _numbers(scene, said)


def _is_no_value(facts: PropertyFacts, said: Said) -> bool:
    """Whether a property can have no such value: a number no text, a truth neither, a day no lone number but as a year that bounds it."""
    text = isinstance(said.value, str)
    if facts.type in TIMES and not text:
        return said.sign not in UPWARDS
    return facts.type == "boolean" or (facts.type in NUMBERS and text) or (facts.type == "string" and not text)


def _owners_of(scene: Scene, said: Said) -> Iterator[tuple[str, str, frozenset[int], float]]:
    """Yield the things that may have a value which the graph is known to have."""
    for one in scene.heard.mentions:
        if one.kind == "value" and one.key and said.place in one.words:
            yield from ((name, one.key, one.words, 0.45) for name in scene.nodes if one.owner in scene.possible.get(name, ()))


def _known_by(scene: Scene, said: Said) -> Iterator[tuple[str, str, frozenset[int], float]]:
    """Yield what things are known by, for a text of which nothing says what it is."""
    for name in scene.nodes:
        possible = scene.possible.get(name, frozenset())
        if len(possible) == 1 and (key := scene.naming(next(iter(possible)))):
            label = said_label(scene, name)
            yield name, key, label, 0.2 + 0.2 * bool(label) + 0.05 * (said.sign != "")


def things(scene: Scene, node: Expression) -> Iterator[str]:
    """Yield the things that an expression is of."""
    yield from (one.name for one in walk(node) if isinstance(one, Variable) and one.name in scene.shape.kinds)


def said_label(scene: Scene, name: str) -> frozenset[int]:
    """Return the places of the words that name the label of a thing."""
    label = scene.shape.labels.get(name, "")
    return frozenset().union(*(one.words for one in scene.heard.named("label") if one.name == label and one.sure >= SURE))


def _numbers(scene: Scene, said: Said) -> Iterator[tuple[str, str, frozenset[int], float]]:
    """Yield numbers and times that a number, or a day, may be of, though none is said."""
    day = isinstance(said.value, Day)
    year = isinstance(said.value, int) and CURRENT_YEARS[0] <= said.value <= CURRENT_YEARS[1]
    if not said.sign and not (year and (scene.heard.words[said.place - 1].low == "in" or scene.heard.cue("not"))):
        return
    for name in scene.shape.kinds:
        held = scene.schema.properties(scene.possible.get(name, frozenset()), relation=scene.shape.kinds[name] == "relation") or {}
        for key in held:
            label = said_label(scene, name)
            if day or (year and scene.is_time(name, key) and not scene.is_number(name, key)):
                if scene.is_time(name, key) and not scene.is_number(name, key) and said.sign in UPWARDS:
                    yield name, key, label, 0.4 + 0.1 * bool(label)
            else:
                yield from ((name, key, label, sure) for sure in _as_number(scene, name, key, said) if sure)


def _as_number(scene: Scene, name: str, key: str, said: Said) -> Iterator[float]:
    """Yield how likely a number is to be of a property that is one."""
    facts, value = scene.facts(name, key), said.value
    year = isinstance(value, int) and CURRENT_YEARS[0] <= value <= CURRENT_YEARS[1]
    within = facts is not None and isinstance(facts.low, float) and isinstance(facts.high, float) and facts.low <= float(value) <= facts.high
    labelled = 0.1 * bool(said_label(scene, name))
    if scene.is_time(name, key) and scene.is_number(name, key) and year:
        yield 0.35 + 0.1 * within + labelled
    elif scene.is_number(name, key) and within and not year:
        yield 0.15 + labelled


def _ranges(scene: Scene) -> Iterator[Candidate]:
    """Yield both bounds, where two numbers are said that something is to lie between."""
    heard = scene.heard
    cue = heard.all("between")
    numbers = [place for place in heard.numbers if place not in heard.contrast]
    if not cue or len(numbers) != 2:
        return
    low, high = sorted(numbers, key=lambda place: heard.words[place].value)  # pyrefly: ignore
    said = Said(heard.words[low].value, ">=", frozenset(), low)  # pyrefly: ignore
    for name, key, named, sure in _compared_with(scene, said):
        of = Property(Variable(name), key)
        old = [one for one in scene.compared if one.of == of and one.sign in UPWARDS]
        tree = scene.tree if not old else edits.each_test(scene.tree, lambda one, gone=[one.test for one in old]: None if one in gone else one)
        for sign, place in ((">=", low), ("<=", high)):
            tree = edits.with_test(tree, Binary(sign, of, literal(heard.words[place].value)))
        yield Candidate(tree, cue | named | frozenset(numbers) | heard.all("add", "meant"), sure + 0.2)


def _truths(scene: Scene) -> Iterator[Candidate]:
    for one, name in scene.properties():
        facts = scene.facts(name, one.name)
        if facts is not None and facts.type == "boolean":
            deny = scene.heard.all("not", "none")
            made = Binary("=", Property(Variable(name), one.name), Literal_(not deny))
            yield Candidate(edits.with_test(scene.tree, made), one.words | deny | scene.heard.all("add"), 0.45)


def alternatives(scene: Scene) -> Iterator[Candidate]:
    """Yield a further value that will do."""
    heard = scene.heard
    cue = heard.all("or") or also(heard)
    for held in scene.compared:
        if held.sign not in {"=", "IN"} or held.negated or not cue:
            continue
        old = scene.said_value(held.value.value)
        fresh = [one for one in values(scene) if _fits(scene, held, one.value) and one.value != held.value.value and not _is_of_another(scene, held, one)]
        if fresh:
            kept = held.test.right.items if isinstance(held.test, Binary) and isinstance(held.test.right, ListOf) else (held.value,)
            made = Binary("IN", held.left, ListOf((*kept, *(literal(one.value) for one in fresh))))
            words = frozenset().union(*(one.words for one in fresh))
            yield Candidate(exchanged(scene, held.test, made), cue | old | words | scene.said_of(held.of) | heard.all("add"), 0.55 + 0.1 * bool(old))


def _is_of_another(scene: Scene, held: Tested, said: Said) -> bool:
    """Whether the graph has a value, and as another property than the one that is compared."""
    keys = {one.key for one in scene.heard.mentions if one.kind == "value" and one.key and said.place in one.words}
    return isinstance(held.of, Property) and bool(keys) and held.of.key not in keys


READERS = (changed, removed, negated, letters, unknowns, added, alternatives)
