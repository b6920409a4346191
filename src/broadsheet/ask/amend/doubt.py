"""When an amendment is asked about, however well one reading of it explains it: where its words may be meant of several things, or say too little."""

from collections.abc import Iterator, Sequence

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.for_conditions import GENERIC
from broadsheet.ask.amend.for_patterns import joins
from broadsheet.ask.amend.scene import SURE, Scene
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Literal_, Property

# What is this near in sureness to what was read may be meant as well.
AS_SURE = 0.1
SAID = {"relation": "type", "label": "label", "pattern": "label"}
# What speaks of a column, or of the order, as such.
ROLES = ("show", "order", "hide")


def is_doubtful(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether a reading that explains such words by such changes ought to be asked about before it is taken."""
    return any(
        doubt(scene, words, changes) for doubt in (_new_step, _several_things, _several_kinds, _several_roles, _unnamed_value, _bare_number, _unsaid_sign)
    )


def _new_step(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether something is to be counted within, for each of something: of which, and for each of what, is seldom said."""
    del scene, words
    return any(one.kind == "step" for one in changes)


def _several_things(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether a noun is said of which the query has several things, and what changes is of one of them."""
    if all(one.kind in {"limit", "skip", "order", "distinct"} for one in changes):
        return False
    return any(_many(scene, one.name) for one in scene.heard.named("label") if one.sure >= SURE and one.words <= words)


def _many(scene: Scene, label: str) -> bool:
    """Whether the query has several things of a label, those that may be one among them."""
    return len({*scene.labelled(label), *(name for name in scene.nodes if label in scene.possible.get(name, ()))}) > 1


def _several_kinds(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether what was read as a label, a type or a property may as well be one of the others."""
    heard = scene.heard
    for kind in {SAID.get(one.kind, "property") for one in changes}:
        named = [one for one in heard.named(kind) if one.sure >= SURE and one.words <= words]
        others = [one for one in heard.mentions if one.kind in _rivals(kind) and one.sure >= SURE and (one.kind != "label" or _is_near(scene, one.name))]
        if named and all(any(one.words & other.words and other.sure >= one.sure - AS_SURE for other in others) for one in named):
            return True
    return False


def _rivals(kind: str) -> frozenset[str]:
    return frozenset({"label", "property"}) if kind == "type" else frozenset({"property"}) if kind == "label" else frozenset({"label"})


def _is_near(scene: Scene, label: str) -> bool:
    """Whether a label is in the query, or can be joined to it."""
    return bool(scene.labelled(label)) or next(joins(scene, label), None) is not None


def _several_roles(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether something is taken away that stands in several places of the query, and nothing says in which."""
    heard = scene.heard
    if heard.all("show", "order", "limit") or any(heard.words[place].low in GENERIC for place in words):
        return False
    gone = [one for one in changes if not one.after and one.kind in {"filter", "returned", "order"}]
    keys = {one.name for one in heard.named("property") if one.sure >= SURE and one.words <= words}
    return bool(gone) and any(len(list(_places(scene, key))) > 1 for key in keys)


def _places(scene: Scene, key: str) -> Iterator[str]:
    yield from ("filter" for test in scene.tests if _reads(test, key))
    for step in edits.steps(scene.tree):
        yield from ("returned" for item in step.items if _reads(item.expression, key))
        yield from ("order" for item in step.order if _reads(item.expression, key))


def _reads(node: object, key: str) -> bool:
    return any(isinstance(one, Property) and one.key == key for one in walk(node))


def _unnamed_value(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether a new condition holds a text against a property that nobody named, though the thing has others that may have it."""
    heard = scene.heard
    texts = [place for place in heard.texts if place in words]
    if not texts or not any(one.kind == "filter" and not one.before for one in changes):
        return False
    if any(one.kind == "property" and one.sure >= SURE and one.words <= words for one in heard.mentions):
        return False
    return not any(one.kind == "value" and one.key and set(texts) & one.words for one in heard.mentions)


def _bare_number(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether a number alone was read as how many rows, or as a bound, where the query has both or several bounds."""
    heard = scene.heard
    if not any(place in words for place in heard.numbers) or heard.all("limit", "offset", "hops"):
        return False
    if any(one.kind == "property" and one.words <= words for one in heard.mentions) or heard.all("<", ">", "<=", ">=", "between"):
        return False
    if {"order", "limit"} <= {one.kind for one in changes}:
        return False
    # "Only 10" is how many rows.
    if any(one.kind == "limit" for one in changes) and any(heard.words[place - 1].low in {"only", "just", "top"} for place in heard.numbers if place):
        return False
    numbers = [one for one in scene.compared if not isinstance(one.value.value, str)]
    limited = any(isinstance(step.limit, Literal_) for step in edits.steps(scene.tree))
    # The value that stands there now tells which is meant.
    told = [one for one in numbers if scene.said_value(one.value.value)]
    return len(told) != 1 and (len(numbers) + limited > 1 or bool(numbers and any(one.kind == "limit" for one in changes)))


def _unsaid_sign(scene: Scene, words: frozenset[int], changes: Sequence[Change]) -> bool:
    """Whether a word of comparison is left over: "than" without a sign that was heard."""
    del changes
    left = {word.low for place, word in enumerate(scene.heard.words) if place not in words}
    return "than" in left
