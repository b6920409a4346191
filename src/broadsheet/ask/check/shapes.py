"""Labels, types and directions against the schema: what is unknown, what is the wrong way round, what can never be."""

from collections.abc import Iterable, Iterator, Mapping

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.check.scope import Joined, Scopes, Thing, names_of, walk
from broadsheet.ask.cypher.nodes import (
    AnyLabel,
    Binary,
    Expression,
    HasLabels,
    Label,
    Labels,
    Labels_,
    NodePattern,
    NoLabel,
    Place,
    RelationPattern,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, labels_text
from broadsheet.ask.schema import Schema, nearest

# Relations in a row that are followed to see whether a path can be.
FURTHEST = 8


class Shapes:
    """Narrows what each node and relation of a query may be, and tells where nothing is left."""

    def __init__(self, scopes: Scopes, schema: Schema, text: str) -> None:
        self._scopes, self._schema, self._text = scopes, schema, text
        self.findings: list[Finding] = []
        self._unknown: set[int] = set()
        for matched in scopes.matches:
            if matched.clause.where is not None and not matched.clause.optional:
                for thing, labels in self._tested(matched.clause.where):
                    thing.stated += [labels] if id(thing) not in matched.known else []
        for thing in scopes.things:
            thing.possible = self._stated(thing)

    def check(self) -> list[Finding]:
        """Return what is wrong with labels, types and directions."""
        for thing in self._scopes.things:
            for labels in thing.stated:
                self._names(labels, thing)
        self._joins()
        self._labelled_tests()
        self._unlabelled()
        return self.findings

    # Names.

    def _names(self, labels: Labels, thing: Thing) -> None:
        is_node = thing.kind == "node"
        known = self._schema.labels if is_node else self._schema.types
        for label in names_of(labels):
            if label.name not in known:
                self._unknown.add(id(thing))
                self._unknown_name(label, known, is_node=is_node)

    def _unknown_name(self, label: Label, known: Mapping[str, object], *, is_node: bool) -> None:
        what, code = ("label", Code.UNKNOWN_LABEL) if is_node else ("type of relation", Code.UNKNOWN_RELATION)
        near = nearest(label.name, list(known))
        other = self._schema.types if is_node else self._schema.labels
        hint = f" {label.name!r} is a {'type of relation' if is_node else 'label'} there." if label.name in other else ""
        said = f"{label.name!r} is no {what} of this graph; it has {_listed(known)}.{hint}"
        fix = (Splice(label.place, label_name(near)),) if near else ()
        self.findings.append(Finding(code, Severity.ERROR, label.place, said, fix, hopeless=not fix))

    def _labelled_tests(self) -> None:
        for expression in self._scopes.expressions:
            for node in walk(expression):
                if isinstance(node, HasLabels):
                    thing = self._scopes.of(node.of) if isinstance(node.of, Variable) else None
                    is_node = thing is None or thing.kind != "relation"
                    known = self._schema.labels if is_node else self._schema.types
                    either = {*known, *self._schema.types} if thing is None or thing.kind == "value" else set(known)
                    for label in names_of(node.labels):
                        if label.name not in either:
                            self._unknown_name(label, known, is_node=is_node)

    def _tested(self, node: Expression) -> Iterator[tuple[Thing, Labels]]:
        """Yield the labels and types that a condition says something has."""
        match node:
            case Binary(sign="AND"):
                yield from self._tested(node.left)
                yield from self._tested(node.right)
            case Binary(sign="OR"):
                left, right = list(self._tested(node.left)), list(self._tested(node.right))
                if len(left) == len(right) == 1 and left[0][0] is right[0][0]:
                    yield left[0][0], Labels_("|", (left[0][1], right[0][1]))
            case HasLabels(of=Variable()) if (thing := self._scopes.of(node.of)) is not None:
                yield thing, node.labels

    def _stated(self, thing: Thing) -> frozenset[str]:
        """Return the labels or types that a thing may have by what is said of it; one that is unknown says nothing."""
        if thing.kind not in {"node", "relation", "relations"}:
            return frozenset()
        everything = self._schema.all_labels if thing.kind == "node" else self._schema.all_types
        possible = everything
        for labels in thing.stated:
            said = _among(labels, everything)
            possible = (possible & said) or said or everything
        return possible

    # Relations.

    def _joins(self) -> None:
        """Check relations, those whose ends are known best first, for what they tell narrows the others."""
        left = sorted(self._scopes.joined, key=lambda one: (-_known(one), one.relation.place.start))
        for one in left:
            hops = one.relation.hops
            if self._is_known(one) and not (hops and hops.least is not None and hops.most is not None and hops.most < hops.least):
                self._join(one)

    def _is_known(self, one: Joined) -> bool:
        return not {id(one.left), id(one.right), id(one.thing)} & self._unknown

    def _join(self, one: Joined) -> None:
        starts, ends = (one.left.possible, one.right.possible) if one.relation.towards != "left" else (one.right.possible, one.left.possible)
        forth, back = self._ends(starts, one, ends), self._ends(ends, one, starts)
        if one.relation.towards == "either":
            if not forth and not back:
                self._impossible(one)
            else:
                self._narrow(one, one.left, one.right, [*forth, *((end, start) for start, end in back)])
            return
        start, end = (one.left, one.right) if one.relation.towards == "right" else (one.right, one.left)
        if forth:
            if back and one.left.possible == one.right.possible and len(one.left.possible) == 1:
                self._ambiguous(one)
            self._narrow(one, start, end, forth)
        elif back:
            self._wrong_way(one, back)
            self._narrow(one, end, start, back)
        else:
            self._impossible(one)

    def _ends(self, starts: frozenset[str], one: Joined, ends: frozenset[str]) -> list[tuple[str, str]]:
        """Return the pairs of labels between which the relation, or a row of them, can be."""
        hops = one.relation.hops
        if hops is None:
            return [(triple.start, triple.end) for triple in self._schema.joins(starts, one.thing.possible, ends)]
        least = 1 if hops.least is None else hops.least
        most = min(FURTHEST, hops.most) if hops.most is not None else max(FURTHEST, least)
        steps: dict[str, set[str]] = {}
        for triple in self._schema.triples:
            if triple.type in one.thing.possible:
                steps.setdefault(triple.start, set()).add(triple.end)
                if one.relation.towards == "either":
                    steps.setdefault(triple.end, set()).add(triple.start)
        found = []
        for start in sorted(starts):
            at, reached = {start}, set(ends & {start}) if least == 0 else set()
            for count in range(1, most + 1):
                at = {end for label in at for end in steps.get(label, ())}
                if count >= least:
                    reached |= at & ends
            found += [(start, end) for end in sorted(reached)]
        return found

    def _narrow(self, one: Joined, start: Thing, end: Thing, pairs: list[tuple[str, str]]) -> None:
        starts, ends = frozenset(pair[0] for pair in pairs), frozenset(pair[1] for pair in pairs)
        start.possible, end.possible = start.possible & starts or start.possible, end.possible & ends or end.possible
        if one.relation.hops is None:
            joined = {
                *self._schema.joins(start.possible, one.thing.possible, end.possible),
                *self._schema.joins(end.possible, one.thing.possible, start.possible),
            }
            one.thing.possible = frozenset(triple.type for triple in joined) or one.thing.possible

    def _wrong_way(self, one: Joined, back: list[tuple[str, str]]) -> None:
        start, end = back[0]
        kind = " or ".join(sorted(one.thing.possible)[:3])
        said = f"Relations of type {kind} go from {start} to {end}, not from {end} to {start}: ({start})-[{kind}]->({end}) is in the schema."
        self.findings.append(Finding(Code.WRONG_DIRECTION, Severity.ERROR, one.relation.place, said, (turned(one.relation, self._text),)))

    def _impossible(self, one: Joined) -> None:
        kind = f"of type {labels_text(one.relation.types)}" if one.relation.types is not None else "of any type"
        left, right = (_said(thing) for thing in (one.left, one.right))
        if one.relation.types is not None and len(one.thing.possible) <= 3:
            known = [f"({t.start})-[:{t.type}]->({t.end})" for t in self._schema.triples if t.type in one.thing.possible]
            told = f" Such relations join {', '.join(known[:4])}." if known else ""
        else:
            known = [f"({t.start})-[:{t.type}]->({t.end})" for t in self._schema.triples if {t.start, t.end} & (one.left.possible | one.right.possible)]
            told = f" There are {', '.join(known[:4])}." if known else ""
        said = f"No relation {kind} joins {left} and {right} in this graph, either way round.{told}"
        severity = Severity.ERROR if one.relation.hops is None else Severity.WARNING
        self.findings.append(Finding(Code.IMPOSSIBLE_PATH, severity, one.relation.place, said, hopeless=True))

    def _ambiguous(self, one: Joined) -> None:
        label = next(iter(one.left.possible))
        kind = " or ".join(sorted(one.thing.possible)[:3])
        said = f"{kind} joins {label} to {label}: the schema cannot tell which of the two is meant to come first."
        self.findings.append(Finding(Code.DIRECTION_AMBIGUOUS, Severity.INFO, one.relation.place, said))

    # Nodes without a label.

    def _unlabelled(self) -> None:
        read = {id(thing) for thing, _, _ in self._scopes.maps}
        for thing in self._scopes.things:
            if thing.kind != "node" or thing.stated or not thing.matched or not thing.name:
                continue
            first = thing.matched[0]
            assert isinstance(first, NodePattern)
            told = f"by its relations it is {_listed_short(thing.possible)}" if thing.possible < self._schema.all_labels else "it may be anything"
            fix = ()
            if len(thing.possible) == 1 and id(thing) in read:
                place = first.place.start + 1 + self._named(first)
                fix = (Splice(Place(place, place), f":{label_name(next(iter(thing.possible)))}"),)
            # A name that is another label's misleads.
            misled = any(label.lower() == thing.name.lower().replace("_", "") for label in self._schema.all_labels - thing.possible)
            severity = Severity.WARNING if id(thing) in read or misled else Severity.INFO
            said = f"{thing.name!r} has no label: {told}, and its name is no evidence."
            self.findings.append(Finding(Code.UNLABELLED_NODE, severity, first.place, said, fix))

    def _named(self, node: NodePattern) -> int:
        """Return how many characters the name takes up behind the bracket, white space and backticks with it."""
        inner = self._text[node.place.start + 1 : node.place.end]
        blank = len(inner) - len(inner.lstrip())
        rest = inner.lstrip()
        return blank + (rest.index("`", 1) + 1 if rest.startswith("`") else len(node.name))


def turned(relation: RelationPattern, text: str) -> Splice:
    """Return the relation the other way round, all within it as it was written."""
    said = text[relation.place.start : relation.place.end]
    inner = said[1:] if relation.towards == "left" else said[:-1]
    return Splice(relation.place, f"{inner}>" if relation.towards == "left" else f"<{inner}")


def _known(one: Joined) -> int:
    return bool(one.left.stated) + bool(one.right.stated) + bool(one.thing.stated)


def _among(labels: Labels, everything: frozenset[str]) -> frozenset[str]:
    """Return the labels that something may have of which this is said; of several that it must have, any tells of it."""
    match labels:
        case Label():
            return frozenset({labels.name}) & everything
        case AnyLabel():
            return everything
        case NoLabel():
            return everything - _among(labels.of, everything)
        case Labels_():
            return frozenset().union(*(_among(part, everything) for part in labels.parts))


def _said(thing: Thing) -> str:
    return f"{thing.name or 'a node'} ({_listed_short(thing.possible)})"


def _listed_short(names: frozenset[str]) -> str:
    shown = sorted(names)
    return " or ".join(shown[:3]) + (" or another" if len(shown) > 3 else "")


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "") if shown else "none"
