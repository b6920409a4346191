"""What an amendment may mean for labels, relations and their directions: each reading with the words that it explains."""

from collections.abc import Iterator
from dataclasses import replace

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.heard import Mention
from broadsheet.ask.amend.scene import SURE, Candidate, Scene
from broadsheet.ask.cypher.nodes import (
    Hops,
    Label,
    Literal_,
    MapOf,
    NodePattern,
    Path,
    PatternTest,
    Projected,
    Property,
    RelationPattern,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.schema import Triple

# Words that say that what lacks something is to stay.
KEEPING = frozenset("include including also keep even".split())


def labels(scene: Scene) -> Iterator[Candidate]:
    """Yield another label for a node."""
    heard, swap = scene.heard, scene.heard.all("meant", "instead")
    for said in heard.named("label"):
        if said.sure < SURE or said.words & heard.contrast:
            continue
        for name in scene.nodes:
            old = scene.shape.labels.get(name, "")
            if old == said.name:
                continue
            before = _mentioned(scene, "label", old)
            tree = edits.with_label(scene.tree, name, Label(said.name))
            sure = 0.35 * said.sure + 0.25 * bool(swap) + 0.4 * bool(before) + (0.03 if name in scene.given else 0.0)
            sure += 0.3 * (bool(old) and old not in scene.schema.labels) + 0.25 * (not old and said.name in scene.possible.get(name, ()))
            sure -= 0.3 * bool(heard.all("show", "count", "none") or further(scene))
            sure -= 0.35 * bool(scene.labelled(said.name)) + 0.2 * max(-1, min(2, scene.worse(tree)))
            yield Candidate(tree, said.words | before | swap | (heard.contrast & before) | heard.all("not"), sure)


def _mentioned(scene: Scene, kind: str, name: str) -> frozenset[int]:
    return frozenset().union(*(one.words for one in scene.heard.named(kind) if one.name == name and one.sure >= SURE))


def types(scene: Scene) -> Iterator[Candidate]:
    """Yield another type for a relation; turned where the schema has it the other way round only."""
    heard, swap = scene.heard, scene.heard.all("meant", "instead")
    for said in heard.named("type"):
        if said.sure < SURE or said.words & heard.contrast:
            continue
        for name, edge in scene.edges.items():
            if edge.types == said.name:
                continue
            before = _mentioned(scene, "type", edge.types)
            tree = edits.with_type(scene.tree, name, Label(said.name))
            if scene.worse(tree) > 0 and not edge.either:
                other = edits.turned(tree, name)
                tree = other if scene.worse(other) < scene.worse(tree) else tree
            ends = _ends_said(scene, name)
            sure = 0.35 * said.sure + 0.25 * bool(swap) + 0.2 * bool(before) + 0.05 * (len(scene.edges) == 1) - 0.2 * max(-1, min(2, scene.worse(tree)))
            sure += 0.3 * (bool(edge.types) and edge.types not in scene.schema.types) - 0.3 * any(one.types == said.name for one in scene.edges.values())
            yield Candidate(tree, said.words | before | swap | (ends if before else frozenset()) | heard.all("not"), sure)


def _ends_said(scene: Scene, name: str) -> frozenset[int]:
    edge = scene.edges[name]
    return _mentioned(scene, "label", scene.shape.labels.get(edge.start, "")) | _mentioned(scene, "label", scene.shape.labels.get(edge.end, ""))


def directions(scene: Scene) -> Iterator[Candidate]:
    """Yield a relation the other way round, or either way."""
    heard, turn, either = scene.heard, scene.heard.all("turn"), scene.heard.all("either way")
    for name, edge in scene.edges.items():
        kind, ends = _mentioned(scene, "type", edge.types), _ends_said(scene, name)
        named = 0.25 * bool(kind) + 0.1 * _ends_count(scene, name) + 0.2 * (len(scene.edges) == 1)
        if any(heard.words[place].low == "direction" for place in turn) and (whatever := heard.all("heedless")):
            yield Candidate(edits.towards(scene.tree, name, "either"), turn | whatever | kind | ends, 0.45 + named)
        if either and not edge.either:
            yield Candidate(edits.towards(scene.tree, name, "either"), either | turn | kind | ends, 0.4 + named)
        order = _order_said(scene, name)
        if edge.either:
            if turn or order is not None:
                yield from _pointed(scene, name, turn | kind | ends, 0.2 + named, order)
            continue
        tree = edits.turned(scene.tree, name)
        worse = max(-1, min(1, scene.worse(tree)))
        if turn:
            wrong_order = order is not None and order == (edge.start, edge.end)
            yield Candidate(tree, turn | kind | ends | heard.contrast | heard.all("not", "meant"), 0.45 + named - 0.25 * worse - 0.3 * wrong_order)
        elif order == (edge.end, edge.start):
            yield Candidate(tree, kind | ends | heard.contrast | heard.all("not", "meant"), 0.2 + named - 0.25 * worse)


def _pointed(scene: Scene, name: str, words: frozenset[int], sure: float, order: tuple[str, str] | None) -> Iterator[Candidate]:
    """Yield a relation that went either way in one direction."""
    for way in ("right", "left"):
        tree = edits.towards(scene.tree, name, way)
        edge = Scene(tree, scene.schema, scene.heard).edges[name]
        yield Candidate(tree, words, sure - 0.2 * max(0, scene.worse(tree)) + 0.2 * (order == (edge.start, edge.end)))


def _ends_count(scene: Scene, name: str) -> int:
    edge = scene.edges[name]
    return sum(bool(_mentioned(scene, "label", scene.shape.labels.get(end, ""))) for end in (edge.start, edge.end))


def _order_said(scene: Scene, name: str) -> tuple[str, str] | None:
    """Return the ends of a relation in the order in which their labels are said, before what is not meant."""
    edge, heard = scene.edges[name], scene.heard
    places = []
    for end in (edge.start, edge.end):
        said = [place for place in _mentioned(scene, "label", scene.shape.labels.get(end, "")) if place not in heard.contrast]
        places.append(min(said, default=-1))
    if min(places) < 0 or places[0] == places[1]:
        return None
    return (edge.start, edge.end) if places[0] < places[1] else (edge.end, edge.start)


def lengths(scene: Scene) -> Iterator[Candidate]:
    """Yield how many relations stand in a row."""
    heard = scene.heard
    for name, edge in scene.edges.items():
        kind = _mentioned(scene, "type", edge.types)
        named = 0.2 * bool(kind) + 0.15 * (len(scene.edges) == 1) + 0.15 * bool(edge.hops)
        hops = heard.all("hops")
        for place in heard.numbers if hops else ():
            number = heard.words[place].value
            if isinstance(number, int) and 0 < number < 20:
                exact = heard.cue("=") is not None
                row = Hops(number if exact or heard.cue(">=") else 1, None if heard.cue(">=") else number)
                yield Candidate(edits.with_hops(scene.tree, name, row), frozenset({place}) | hops | kind | heard.all("<=", "=", ">=", "meant"), 0.4 + named)
        if (direct := heard.all("direct")) and edge.hops:
            yield Candidate(edits.with_hops(scene.tree, name, None), direct | kind | hops | heard.all("add"), 0.4 + named)
        if far := heard.all("far"):
            yield Candidate(edits.with_hops(scene.tree, name, Hops(None, None)), far | kind | hops, 0.4 + named)


def optional(scene: Scene) -> Iterator[Candidate]:
    """Yield a relation that need not be there, or must."""
    heard = scene.heard
    cue, must = heard.all("optional"), heard.all("required")
    if not cue and heard.cue("none"):
        kept = frozenset(place for place, word in enumerate(heard.words) if word.low in KEEPING)
        cue = kept | heard.all("none") if kept else cue
    for name, edge in scene.edges.items():
        kind = _mentioned(scene, "type", edge.types)
        is_optional = bool(scene.shape.optional.get(name))
        for keep, lose in ((edge.start, edge.end), (edge.end, edge.start)):
            label = _mentioned(scene, "label", scene.shape.labels.get(lose, ""))
            kept = _mentioned(scene, "label", scene.shape.labels.get(keep, ""))
            sure = 0.4 + 0.3 * bool(label) + 0.2 * bool(kind) + 0.15 * (len(scene.edges) == 1) + 0.1 * (keep in scene.given) - 0.25 * (bool(kept) and not label)
            words = label | kind | (kept if label else frozenset())
            if cue and not is_optional:
                yield Candidate(edits.optional_relation(scene.tree, name, keep), cue | words | heard.all("none", "show", "add"), sure)
            if must and is_optional:
                yield Candidate(edits.required_relation(scene.tree, name), must | words | heard.all("none", "add", "remove", "optional", "not"), sure)
    if (cue or (more := further(scene))) and not heard.cue("count", "order", "per"):
        yield from _hung(scene, (cue or more) | heard.all("show", "add", "none"))


def further(scene: Scene) -> frozenset[int]:
    """Return the places of the words that wish for something more: "and their topics", "the topic too", "also show"."""
    words = scene.heard.words
    if scene.heard.cue("none", "not", "remove", "instead", "meant", "required") or scene.heard.numbers or scene.heard.texts:
        return frozenset()
    opening = {0} if words and words[0].low in {"and", "plus"} else set()
    return frozenset(opening | {place for place, word in enumerate(words) if word.low in {"too", "also", "their", "its"}})


def _hung(scene: Scene, cue: frozenset[int]) -> Iterator[Candidate]:
    """Yield an optional pattern of a label that the query does not have, given back by its name."""
    for said in scene.heard.named("label"):
        if said.sure < SURE or scene.labelled(said.name):
            continue
        for anchor, triple, outward in joins(scene, said.name):
            name = edits.fresh(scene.tree, said.name[:1].lower())
            key = scene.naming(said.name)
            tree = edits.with_path(scene.tree, anchor, path_to(anchor, triple, NodePattern(name, Label(said.name)), outward=outward), optional=True)
            item = Projected(Property(Variable(name), key) if key else Variable(name))
            last = edits.last_step(tree)
            yield Candidate(
                edits.with_step(tree, last, items=(*last.items, item)),
                cue | said.words | _mentioned(scene, "type", triple.type) | _mentioned(scene, "label", scene.shape.labels.get(anchor, "")),
                0.5,
            )


def joins(scene: Scene, label: str) -> Iterator[tuple[str, Triple, bool]]:
    """Yield nodes that the schema joins to nodes of a label, those that are given back first; whether the relation goes out from them."""
    order = [*[one for one in scene.given if one in scene.nodes], *[one for one in scene.nodes if one not in scene.given]]
    for name in order:
        for triple in scene.schema.triples:
            if triple.end == label and triple.start in scene.possible.get(name, ()):
                yield name, triple, True
            if triple.start == label and triple.end in scene.possible.get(name, ()):
                yield name, triple, False


def path_to(anchor: str, triple: Triple, end: NodePattern, *, outward: bool) -> Path:
    """Return the pattern that joins a node that is there to another."""
    relation = RelationPattern("", Label(triple.type), "right" if outward else "left")
    return Path((NodePattern(anchor), relation, end))


def absent(scene: Scene) -> Iterator[Candidate]:
    """Yield only what has no such relation."""
    heard = scene.heard
    none = heard.all("none") if heard.contrast else heard.all("none", "not")
    if any(word.low in KEEPING for word in heard.words):
        return
    if not none or heard.cue("optional", "required"):
        return
    for said in heard.named("label"):
        if said.sure < SURE or not _behind(scene, said):
            continue
        inner, words = _known_by(scene, said)
        for anchor, triple, outward in joins(scene, said.name):
            gone = [name for name in scene.labelled(said.name) if _reached(scene, anchor, name, triple)]
            tree = scene.tree
            if gone:
                edge = _reached(scene, anchor, gone[0], triple)
                if gone[0] in scene.given or edge is None:
                    continue
                tree = edits.without_things(tree, (edge, gone[0]))
            test = Unary("NOT", PatternTest(path_to(anchor, triple, NodePattern("", Label(said.name), inner), outward=outward)))
            made = edits.with_test(tree, test)
            near = _mentioned(scene, "label", scene.shape.labels.get(anchor, ""))
            sure = 0.4 + 0.2 * (anchor in scene.given) + 0.1 * bool(near) + 0.1 * bool(_mentioned(scene, "type", triple.type))
            yield Candidate(made, none | said.words | words | near | heard.all("add") | _mentioned(scene, "type", triple.type), sure)


def _behind(scene: Scene, said: Mention) -> bool:
    """Whether a word of absence stands before what is said, near by."""
    return any(cue.kind in {"none", "not"} and 0 <= said.start - cue.end <= 3 for cue in scene.heard.cues)


def _known_by(scene: Scene, said: Mention) -> tuple[MapOf | None, frozenset[int]]:
    """Return a value by which a node of a label is known, said behind it."""
    for place in scene.heard.texts:
        key = scene.naming(said.name)
        if place >= said.end and key:
            return MapOf(((key, Literal_(scene.heard.words[place].value)),)), frozenset({place}) | scene.heard.all("=")
    return None, frozenset()


def _reached(scene: Scene, anchor: str, name: str, triple: Triple) -> str | None:
    return next((edge for edge, held in scene.edges.items() if {held.start, held.end} == {anchor, name} and triple.type in held.types.split("|")), None)


def joined_by(scene: Scene) -> Iterator[Candidate]:
    """Yield a further relation to something that is known by a value: of a label that is said, or of one that has the value."""
    heard = scene.heard
    denied = [one for one in heard.cues if one.kind == "not"]
    for label, key, value, words in _known_values(scene):
        # What is there already may be meant, or another of its kind.
        there = 0.3 * bool(scene.labelled(label))
        if words & heard.contrast:
            continue
        for anchor, triple, outward in joins(scene, label):
            end = NodePattern("", Label(label), MapOf(((key, Literal_(value)),)))
            said = words | heard.all("add", "=") | _mentioned(scene, "type", triple.type)
            sure = 0.4 + 0.1 * (anchor in scene.given) + 0.15 * bool(_mentioned(scene, "type", triple.type)) - there
            if any(cue.end <= min(words) <= cue.end + 4 for cue in denied):
                test = Unary("NOT", PatternTest(path_to(anchor, triple, end, outward=outward)))
                yield Candidate(edits.with_test(scene.tree, test), said | heard.all("not"), sure + 0.1)
            else:
                yield Candidate(edits.with_path(scene.tree, anchor, path_to(anchor, triple, end, outward=outward)), said, sure)


def _known_values(scene: Scene) -> Iterator[tuple[str, str, str, frozenset[int]]]:
    for one in scene.heard.mentions:
        if one.kind == "value" and one.owner in scene.schema.labels:
            yield one.owner, one.key, one.name, one.words | _mentioned(scene, "label", one.owner)
    for place in scene.heard.texts:
        for label in scene.heard.named("label"):
            key = scene.naming(label.name)
            if label.sure >= SURE and key:
                yield label.name, key, str(scene.heard.words[place].value), frozenset({place}) | label.words


def joined_to(scene: Scene) -> Iterator[Candidate]:
    """Yield a further relation to a node of a label, by the type that is said, where one must be there."""
    heard = scene.heard
    cue = heard.all("add", "required", "known")
    if not cue or heard.cue("none", "not", "optional", "show", "count") or heard.numbers or heard.texts:
        return
    for said in heard.named("label"):
        if said.sure < SURE or said.words & heard.contrast:
            continue
        for anchor, triple, outward in joins(scene, said.name):
            kind = _mentioned(scene, "type", triple.type)
            reached = [name for name in scene.labelled(said.name) if _reached(scene, anchor, name, triple)]
            if reached or (scene.labelled(said.name) and not kind):
                continue
            near = _mentioned(scene, "label", scene.shape.labels.get(anchor, ""))
            path = path_to(anchor, triple, NodePattern("", Label(said.name)), outward=outward)
            undirected = triple.start == triple.end or (bool(scene.edges) and all(edge.either for edge in scene.edges.values()))
            if undirected:
                path = Path(tuple(replace(one, towards="either") if isinstance(one, RelationPattern) else one for one in path.elements))
            sure = 0.35 + 0.2 * bool(kind) + 0.1 * (anchor in scene.given) + 0.05 * bool(near - said.words)
            yield Candidate(edits.with_path(scene.tree, anchor, path), cue | said.words | kind | near, sure)


def both(scene: Scene) -> Iterator[Candidate]:
    """Yield two values of something where the query has one: a second relation of the same kind, to the other."""
    heard = scene.heard
    cue = heard.all("both", "add")
    if not cue:
        return
    for one in scene.compared:
        if one.sign != "=" or one.negated or not isinstance(one.of, Property) or not isinstance(one.value.value, str) or not isinstance(one.of.of, Variable):
            continue
        node, key = one.of.of.name, one.of.key
        edge = next(((name, held) for name, held in scene.edges.items() if node in held[:2]), None)
        if edge is None:
            continue
        name, held = edge
        anchor = held.end if held.start == node else held.start
        for place in heard.texts:
            value = heard.words[place].value
            if value == one.value.value or place in heard.contrast:
                continue
            label = scene.shape.labels.get(node)
            end = NodePattern("", Label(label) if label else None, MapOf(((key, Literal_(value)),)))
            relation = next(part for part in edits.elements(scene.tree, name) if isinstance(part, RelationPattern))
            way = "either" if held.either else "right" if held.start == anchor else "left"
            path = Path((NodePattern(anchor), RelationPattern("", relation.types, way, relation.hops), end))
            said = scene.said_value(one.value.value)
            sure = 0.35 + 0.3 * bool(heard.all("both")) + 0.15 * bool(said)
            yield Candidate(edits.with_path(scene.tree, anchor, path), cue | frozenset({place}) | said | _mentioned(scene, "label", label or ""), sure)


def dropped(scene: Scene) -> Iterator[Candidate]:
    """Yield a part of the pattern that is not wanted."""
    cue = scene.heard.all("remove", "heedless")
    if not cue or scene.heard.cue("turn"):
        return
    for name, edge in scene.edges.items():
        kind = _mentioned(scene, "type", edge.types)
        for end, other in ((edge.start, edge.end), (edge.end, edge.start)):
            label = _mentioned(scene, "label", scene.shape.labels.get(end, ""))
            leaf = sum(end in held[:2] for held in scene.edges.values()) == 1
            if (not label and not kind) or not leaf or end in scene.given or other not in scene.nodes:
                continue
            yield Candidate(edits.without_things(scene.tree, (name, end)), cue | kind | label, 0.35 + 0.2 * bool(label) + 0.15 * bool(kind))


READERS = (labels, types, directions, lengths, optional, absent, joined_by, joined_to, both, dropped)
