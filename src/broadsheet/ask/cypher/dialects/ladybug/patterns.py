"""Patterns in the engine's words: it lets one relation stand in two places of a pattern, and Cypher does not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, NamedTuple

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.dialects.ladybug.kinds import BOOLEAN, INTEGER, PATH, Kind, Said, cannot
from broadsheet.ask.cypher.dialects.ladybug.operators import compare, truth
from broadsheet.ask.cypher.dialects.ladybug.words import VARIABLE, Words
from broadsheet.ask.cypher.logic import conjuncts
from broadsheet.ask.cypher.nodes import Expression, Match, NodePattern, Parameter, Path, Projection, Query, RelationPattern, Variable
from broadsheet.ask.schema import Triple

# The engine follows no more relations in a row than this; where a pattern names no end, it ends here, and the answer says so.
FARTHEST = 30
# With conditions on more relations in a row than this, in one piece, the engine loses matches, or makes some up.
FEW_RELATIONS = 2
SUBQUERY = " { MATCH "
_FUNCTIONS = {"": "TRAIL", "shortestPath": "SHORTEST", "allShortestPaths": "ALL SHORTEST"}


@dataclass
class PatternNode:
    """A node of a pattern: the engine's name, the labels that it may have, and whether the pattern makes it."""

    text: str
    names: frozenset[str]
    is_new: bool
    is_written: bool = False


@dataclass
class _Relation:
    """A relation of a pattern, with the nodes that it stands between, and the triples that it may be one of."""

    text: str
    pattern: RelationPattern
    left: PatternNode
    right: PatternNode
    types: frozenset[str]
    way: str
    towards: Literal["left", "right", "either"]
    triples: frozenset[Triple] = frozenset()

    @property
    def is_long(self) -> bool:
        """Whether it may be several relations in a row."""
        return self.pattern.hops is not None or self.way != "TRAIL"


class Step(NamedTuple):
    """A part of a MATCH: a pattern, conditions on its one node, conditions that stand behind it, and the relations for which matches may be told twice."""

    pattern: str
    own: tuple[str, ...]
    after: tuple[str, ...]
    twice: tuple[str, ...]


@dataclass
class Matched:
    """What a MATCH says: its parts, its conditions, whether nothing can match, and the names that rows have from before it."""

    paths: list[tuple[Path, list[PatternNode], list[_Relation], str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    is_impossible: bool = False
    known: tuple[str, ...] = ()
    # Relations either way that may join a node to itself.
    loops: list[str] = field(default_factory=list)

    @property
    def relations(self) -> list[_Relation]:
        """All relations."""
        return [one for _, _, relations, _ in self.paths for one in relations]

    @property
    def nodes(self) -> list[PatternNode]:
        """All nodes, each once."""
        return list({one.text: one for _, nodes, _, _ in self.paths for one in nodes}.values())


class Patterns(Words):
    """Says patterns. `alive` are the engine's names of all that the rows hold so far."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # pyrefly: ignore[bad-argument-type]
        self.alive: list[str] = []
        # How many queries within the query there are so far, those within them aside.
        self._subqueries = 0

    def matched(self, paths: Sequence[Path], where: Expression | None, *, optional: bool = False) -> Matched:
        """Say the parts and conditions of one MATCH; the names in them are in scope from then on."""
        found, named = Matched(known=tuple(self.alive)), dict[str, PatternNode]()
        for path in paths:
            nodes = [self._node(one, named, found) for one in path.elements if isinstance(one, NodePattern)]
            relations = [self._relation(one, nodes[place], nodes[place + 1], path, found) for place, one in enumerate(path.elements[1::2])]
            if path.name and not relations:
                cannot("a path of one node", "Name the node.")
            found.paths.append((path, nodes, relations, self.new_name() if path.name else ""))
        self._narrow(found.relations)
        found.is_impossible = found.is_impossible or not all(one.names for one in found.nodes) or not all(one.types for one in found.relations)
        self._bind(found, named, optional=optional)
        self._once_each(found)
        self._hold(found)
        if where is not None:
            self._refuse_search(paths, where)
            for one in conjuncts(where):
                before = self._subqueries
                found.conditions.append(truth(self.said(one)))
                if self._subqueries > before + 1 and "COUNT { " in found.conditions[-1]:
                    cannot("a condition with COUNT and another query in it", "Ask for one after the other, with WITH between.")
        return found

    def _bind(self, found: Matched, named: dict[str, PatternNode], *, optional: bool) -> None:
        """Have the names of a MATCH stand for what it matches."""
        for name, node in named.items():
            held = self.scope.get(name)
            # What an OPTIONAL MATCH does not find, it does not narrow either.
            if held is None or not (held.kind.held or optional):
                self.scope[name] = Said(node.text, Kind("node", names=node.names))
        for path, _, relations, name in found.paths:
            if name:
                self.scope[path.name] = Said(name, PATH)
            for one in relations:
                self._bind_relation(one)
        names = [*(one.text for one in (*found.nodes, *found.relations)), *(name for *_, name in found.paths if name)]
        self.alive += [name for name in names if name not in self.alive]

    def _bind_relation(self, one: _Relation) -> None:
        if one.towards != "either":
            ends = (one.left.text, one.right.text)
            self.ends[one.text] = ends if one.towards == "right" else ends[::-1]
        name = one.pattern.name
        if name and name not in self.scope:
            if one.pattern.hops is not None:
                self.scope[name] = Said(one.text, Kind("relations", names=one.types))
            elif one.way != "TRAIL":
                self.scope[name] = Said(f"LIST_EXTRACT(RELS({one.text}), 1)", Kind("relation", names=one.types, held=True))
            else:
                self.scope[name] = Said(one.text, Kind("relation", names=one.types))

    def _node(self, element: NodePattern, named: dict[str, PatternNode], found: Matched) -> PatternNode:
        names = self.names_of(element.labels)
        if element.name and element.name in named:
            node = named[element.name]
            node.names &= names
            return node
        held = self.scope.get(element.name) if element.name else None
        if held is None:
            node = PatternNode(self.new_name(), names, is_new=True)
        elif held.kind.name == "node" and not held.kind.held:
            node = PatternNode(held.text, held.kind.names & names, is_new=False)
            if held.kind.names - names:
                found.conditions.append(truth(self.has_labels(held, element.labels))) if element.labels is not None else None
        elif held.kind.name == "node":
            node = PatternNode(self.new_name(), held.kind.names & names, is_new=False)
            found.conditions.append(f"(ID({node.text}) = ID({held.text}))")
        elif held.kind.name == "null":
            node, found.is_impossible = PatternNode(self.new_name(), names, is_new=False), True
        else:
            cannot(f"a pattern with {element.name!r}, a {held.kind.name}")
        if element.name:
            named[element.name] = node
        return node

    def _relation(self, element: object, left: PatternNode, right: PatternNode, path: Path, found: Matched) -> _Relation:
        assert isinstance(element, RelationPattern)
        types = self.names_of(element.types, relation=True)
        made = _Relation(self.new_name(), element, left, right, types, _FUNCTIONS[path.function], element.towards)
        held = self.scope.get(element.name) if element.name else None
        if held is not None:
            if held.kind.name != "relation" or element.hops is not None:
                cannot(f"the name {element.name!r} for two relations", "Give each a name of its own.")
            made.types &= held.kind.names
            found.conditions.append(f"(ID({made.text}) = ID({held.text}))")
        return made

    def _narrow(self, relations: Sequence[_Relation]) -> None:
        """Leave of labels and types those that stand together in the graph."""
        singles = [one for one in relations if one.pattern.hops is None]
        changed = True
        while changed:
            changed = False
            for one in singles:
                ways = [(one.left, one.right)] if one.pattern.towards == "right" else [(one.right, one.left)] if one.pattern.towards == "left" else []
                ways = ways or [(one.left, one.right), (one.right, one.left)]
                able = [
                    (triple, start, end)
                    for triple in self.layout.triples
                    for start, end in ways
                    if triple.type in one.types and triple.start in start.names and triple.end in end.names and (start is not end or triple.start == triple.end)
                ]
                one.triples = frozenset(triple for triple, _, _ in able)
                found = {id(one): frozenset(triple.type for triple, _, _ in able)}
                for node in (one.left, one.right):
                    found[id(node)] = frozenset(
                        {triple.start for triple, start, _ in able if start is node} | {triple.end for triple, _, end in able if end is node}
                    )
                if found[id(one)] != one.types or any(found[id(node)] != node.names for node in (one.left, one.right)):
                    one.types, one.left.names, one.right.names = found[id(one)], found[id(one.left)], found[id(one.right)]
                    changed = True
                # Where the graph has one way only, that one is said: of both the engine loses matches.
                if able and one.left is not one.right and all(start is one.left for _, start, _ in able):
                    one.towards = "right"
                elif able and one.left is not one.right and all(start is one.right for _, start, _ in able):
                    one.towards = "left"

    def node_text(self, node: PatternNode, known: Collection[str]) -> str:
        """Return a node as it stands in a pattern: with its labels where it is met first."""
        if node.text in known or node.names == frozenset(self.layout.nodes):
            return f"({node.text})"
        return f"({node.text}:{'|'.join(f'`{self.table(name)}`' for name in sorted(node.names))})"

    def relation_text(self, one: _Relation, found: Matched) -> str:
        """Return a relation as it stands in a pattern."""
        types = ""
        if one.types != frozenset(self.layout.relations):
            types = ":" + "|".join(f"`{self.table(name, relation=True)}`" for name in sorted(one.types))
        hops = self._hops(one) if one.is_long else ""
        if one.towards == "either":
            looped = {triple.type for triple in self.layout.triples if triple.type in self.layout.loops & one.types and triple.start == triple.end}
            if looped and hops:
                cannot(f"several hops of {', '.join(sorted(looped))} either way, of which some join a node to itself", "Give the relations a direction.")
            found.loops += [one.text] if looped else []
        inner = f"[{one.text}{types}{hops}]"
        return {"right": f"-{inner}->", "left": f"<-{inner}-", "either": f"-{inner}-"}[one.towards]

    def path_text(self, nodes: Sequence[PatternNode], relations: Sequence[_Relation], found: Matched, known: Collection[str]) -> str:
        """Return nodes and relations in turn."""
        said, met = self.node_text(nodes[0], known), {*known, nodes[0].text}
        for one, node in zip(relations, nodes[1:], strict=True):
            said += self.relation_text(one, found) + self.node_text(node, met)
            met.add(node.text)
        return said

    def _hops(self, one: _Relation) -> str:
        hops = one.pattern.hops
        least, most = (1, 1) if hops is None else (1 if hops.least is None else hops.least, hops.most)
        if most is None:
            most = FARTHEST
            self.notes.append(f"Paths are followed for {FARTHEST} relations at most.")
        if most > FARTHEST:
            cannot(f"more than {FARTHEST} relations in a row", f"Write *..{FARTHEST} at most.")
        joined = {label for triple in self.layout.triples if triple.type in one.types for label in (triple.start, triple.end)}
        if not least and not one.left.names | one.right.names <= joined:
            cannot("no relation or some in a row, from nodes that have no such relation", "Write labels that have it, or at least one: *1..")
        if one.way != "TRAIL" and least > 1:
            cannot("the shortest path of at least so many relations", "Leave the least number off.")
        return f"* {one.way} {least}..{most}{self._held_by_each(one)}"

    def _held_by_each(self, one: _Relation) -> str:
        """Return the conditions that each relation of several in a row must meet."""
        properties, where = one.pattern.properties, one.pattern.where
        if where is not None:
            cannot("a WHERE within several relations in a row", "Write the condition as a map, or with all().")
        if properties is None:
            return ""
        each, node = self.new_name("e"), self.new_name("e")
        tests = self._map_tests(Said(each, Kind("relation", names=one.types)), properties)
        return f" ({each}, {node} | WHERE {' AND '.join(tests)})" if tests else ""

    def _map_tests(self, of: Said, properties: object) -> list[str]:
        if isinstance(properties, Parameter) or properties is None:
            return [] if properties is None else cannot(f"the parameter ${properties.name}, which is not given", "Give its value.")
        return [compare("=", self.property_of(of, key), self.said(value)).text for key, value in properties.entries]  # pyrefly: ignore[missing-attribute]

    def _once_each(self, found: Matched) -> None:
        """Say that no relation stands in two places of a MATCH."""
        for one, other in combinations(found.relations, 2):
            are_short = not (one.is_long or other.is_long)
            if found.is_impossible or not one.types & other.types or (are_short and not one.triples & other.triples):
                continue
            if are_short:
                found.conditions.append(f"(ID({one.text}) <> ID({other.text}))")
            elif one.is_long and other.is_long:
                found.conditions.append(f"(NOT LIST_HAS_ANY({_ids(one)}, {_ids(other)}))")
            else:
                several, single = (one, other) if one.is_long else (other, one)
                found.conditions.append(f"(NOT LIST_CONTAINS({_ids(several)}, ID({single.text})))")

    def _hold(self, found: Matched) -> None:
        """Say the maps and conditions within nodes and relations."""
        for path, nodes, relations, _ in found.paths:
            held = [(node, Kind("node", names=node.names)) for node in nodes] + [
                (one, Kind("relation", names=one.types)) for one in relations if not one.is_long
            ]
            elements = [*path.elements[::2], *(one.pattern for one in relations if not one.is_long)]
            for (made, kind), element in zip(held, elements, strict=True):
                found.conditions += self._map_tests(Said(made.text, kind), element.properties)
                if element.where is not None:
                    found.conditions += [truth(self.said(one)) for one in conjuncts(element.where)]

    def _refuse_search(self, paths: Sequence[Path], where: Expression) -> None:
        """Refuse conditions on a shortest path: Cypher looks for the shortest that meets them, the engine for the shortest of all."""
        names = {name for path in paths if path.function for name in (path.name, *(one.name for one in path.elements if isinstance(one, RelationPattern)))}
        if any(isinstance(one, Variable) and one.name in names for one in walk(where)):
            cannot("the shortest path that meets a condition of its own", "Put the condition behind a WITH.")

    # Subqueries.

    def has_match(self, path: Path) -> Said:
        """Say whether a pattern has a match."""
        return self._counted("EXISTS", [Match((path,))])

    def matches_of(self, path: Path, where: Expression | None) -> Said:
        """Say how many matches a pattern has."""
        return self._counted("COUNT", [Match((path,), where=where)])

    def subquery(self, which: str, query: Query) -> Said:
        """Say EXISTS or COUNT of a query that only matches."""
        if which == "COLLECT":
            cannot("COLLECT { }", "Match what is collected, and collect() it.")
        parts = []
        for single in query.parts:
            clauses = list(single.clauses)
            last = clauses[-1]
            if isinstance(last, Projection) and last.which == "RETURN":
                if last.skip or last.limit or last.distinct or (which == "COUNT" and len(query.parts) > 1):
                    cannot(f"{which} {{ }} of a RETURN that leaves rows off", "Leave DISTINCT, SKIP, LIMIT and UNION out of it.")
                clauses.pop()
            if not clauses or not all(isinstance(one, Match) and not one.optional for one in clauses):
                cannot(f"{which} {{ }} of more than MATCH and WHERE", "Match before it, and pass on by WITH.")
            parts.append(self._counted(which, clauses))  # pyrefly: ignore[bad-argument-type]
        if len(parts) > 1 and which == "COUNT":
            cannot("COUNT { } of a UNION")
        return parts[0] if len(parts) == 1 else Said(f"({' OR '.join(one.text for one in parts)})", BOOLEAN)

    def _counted(self, which: str, clauses: Sequence[Match]) -> Said:
        if self._lambdas:
            cannot("a pattern within the making of a list", "UNWIND the list, and match.")
        scope, alive, ends, count = dict(self.scope), list(self.alive), dict(self.ends), self._subqueries
        found = [self.matched(one.paths, one.where) for one in clauses]
        self.scope, self.alive, self.ends, self._subqueries = scope, alive, ends, count + 1
        kind = BOOLEAN if which == "EXISTS" else INTEGER
        if any(one.is_impossible for one in found):
            return Said("false" if which == "EXISTS" else "0", kind)
        if which == "EXISTS":
            steps = [step for one in found for step in self.steps(one)]
            text = ""
            for step in reversed(steps):
                conditions = [*step.own, *step.after, *([text] if text else [])]
                text = f"EXISTS {{ MATCH {step.pattern}{where_text(conditions)} }}"
            return Said(text, kind)
        return Said(f"COUNT {{ MATCH {self.whole(found, 'COUNT { }')} }}", kind)

    def whole(self, found: Sequence[Matched], what: str) -> str:
        """Return patterns and conditions in one piece. The engine gives wrong answers where conditions stand in a row of three and more relations: QueryError."""
        said, known = [], set(found[0].known)
        for one in found:
            for _, nodes, relations, name in one.paths:
                said.append((f"{name} = " if name else "") + self.path_text(nodes, relations, one, known))
                known |= {node.text for node in nodes}
        conditions = [condition for one in found for condition in one.conditions]
        if any(one.loops for one in found):
            cannot(f"{what} of relations either way, of which some join a node to itself", "Give the relations a direction.")
        relations = [relation for one in found for relation in one.relations]
        if len(relations) > 1 and any(one.is_long for one in relations):
            cannot(f"{what} of several relations in a row and others beside them", "Ask for the parts one after the other, with WITH between.")
        if conditions and len(relations) > FEW_RELATIONS:
            cannot(f"{what} of more than {FEW_RELATIONS} relations with conditions on them", "Ask for the parts one after the other, with WITH between.")
        return ", ".join(said) + where_text(conditions)

    # A MATCH in steps of one relation each: conditions stand behind each step, where the engine keeps them right.

    def steps(self, found: Matched) -> list[Step]:
        """Return a MATCH as steps, each from what is known to one relation or node more."""
        made: list[Step] = []
        known, left = set(found.known), list(found.conditions)
        every = {*(one.text for one in (*found.nodes, *found.relations)), *(name for *_, name in found.paths)}

        def take(pattern: str, new: Collection[str], *, is_node: bool = False) -> None:
            known.update(new)
            ready = [one for one in left if set(VARIABLE.findall(one)) & every <= known]
            own = [one for one in ready if is_node and set(VARIABLE.findall(one)) <= set(new)]
            left[:] = [one for one in left if one not in ready]
            made.append(Step(pattern, tuple(own), tuple(one for one in ready if one not in own), tuple(found.loops)))
            found.loops.clear()

        def take_node(node: PatternNode) -> None:
            take(self.node_text(node, known), {node.text}, is_node=True)

        hops = [([one.left, one.right], [one], "") for path, _, relations, name in found.paths for one in relations if not (name or path.function)]
        hops += [(nodes, relations, name) for path, nodes, relations, name in found.paths if name or path.function]
        alone = [nodes[0] for _, nodes, relations, _ in found.paths if not relations and nodes[0].text not in known]
        while hops:
            met = [one for one in hops if any(node.text in known for node in one[0])]
            if not met:
                take_node(min((node for nodes, _, _ in hops for node in nodes), key=lambda node: self._cost(node, left)))
                continue
            nodes, relations, name = min(met, key=lambda one: sum(node.text not in known for node in one[0]))
            hops.remove((nodes, relations, name))
            if relations[0].way != "TRAIL":
                for node in nodes:
                    if node.text not in known:
                        take_node(node)
            text = (f"{name} = " if name else "") + self.path_text(nodes, relations, found, known)
            if name and found.loops:
                cannot("a path of relations either way, of which some join a node to itself", "Give the relations a direction.")
            take(text, {*(node.text for node in nodes), *(one.text for one in relations), *([name] if name else [])})
        for node in alone:
            if node.text not in known:
                take_node(node)
        if left and made:
            made[-1] = made[-1]._replace(after=(*made[-1].after, *left))
        # Of a MATCH of what is known already only its conditions are left.
        return made or [Step("", (), tuple(left), ())]

    def _cost(self, node: PatternNode, conditions: Sequence[str]) -> tuple[int, int]:
        """Return how little is known of a node alone, and how many there may be."""
        own = sum(set(VARIABLE.findall(one)) == {node.text} for one in conditions)
        return -own, sum(self.layout.counts.get(name, 0) for name in node.names)


def _ids(one: _Relation) -> str:
    return f"LIST_TRANSFORM(RELS({one.text}), e -> ID(e))"


def where_text(conditions: Sequence[str]) -> str:
    """Return conditions as a WHERE."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
