"""Patterns in the engine's words: it lets one relation stand in two places of a pattern, and Cypher does not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from broadsheet.ask.cypher.dialects.ladybug.kinds import BOOLEAN, INTEGER, PATH, Kind, Said, cannot
from broadsheet.ask.cypher.dialects.ladybug.operators import compare, truth
from broadsheet.ask.cypher.dialects.ladybug.words import Words
from broadsheet.ask.cypher.nodes import Expression, Match, NodePattern, Parameter, Path, Projection, Query, RelationPattern, Variable
from broadsheet.ask.schema import Triple

# The engine follows no more relations in a row than this; where a pattern names no end, it ends here, and the answer says so.
FARTHEST = 30
_FUNCTIONS = {"": "TRAIL", "shortestPath": "SHORTEST", "allShortestPaths": "ALL SHORTEST"}


@dataclass
class _Node:
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
    left: _Node
    right: _Node
    types: frozenset[str]
    way: str
    triples: frozenset[Triple] = frozenset()


@dataclass
class Matched:
    """What a MATCH says: patterns, conditions, whether nothing can match, and whether a match may be told twice."""

    patterns: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    is_impossible: bool = False
    has_loops: bool = False

    @property
    def where(self) -> str:
        """The conditions as a WHERE."""
        held = ["false", *self.conditions] if self.is_impossible else self.conditions
        return f" WHERE {' AND '.join(held)}" if held else ""


class Patterns(Words):
    """Says patterns. `alive` are the engine's names of all that the rows hold so far."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # pyrefly: ignore[bad-argument-type]
        self.alive: list[str] = []

    def matched(self, paths: Sequence[Path], where: Expression | None) -> Matched:
        """Say the patterns and conditions of one MATCH; the names in them are in scope from then on."""
        found, nodes = Matched(), dict[int, _Node]()
        named: dict[str, _Node] = {}
        for element in (one for path in paths for one in path.elements):
            if isinstance(element, NodePattern):
                nodes[id(element)] = self._node(element, named, found)
        relations = [self._relation(path, place, nodes, found) for path in paths for place in range(1, len(path.elements), 2)]
        self._narrow(relations)
        found.is_impossible = found.is_impossible or any(not one.names for one in nodes.values()) or any(not one.types for one in relations)
        for name, node in named.items():
            if node.is_new or self.scope[name].kind.name == "node":
                held = self.scope.get(name)
                self.scope[name] = held._replace(kind=held.kind._replace(names=node.names)) if held is not None and held.kind.held else Said(node.text, Kind("node", names=node.names))
        self._write(paths, nodes, relations, found)
        self._once_each(relations, found)
        self._hold(paths, nodes, relations, found)
        if where is not None:
            self._refuse_search(paths, where)
            found.conditions.append(truth(self.said(where)))
        return found

    def _node(self, element: NodePattern, named: dict[str, _Node], found: Matched) -> _Node:
        names = self.names_of(element.labels)
        if element.name and element.name in named:
            node = named[element.name]
            node.names &= names
            return node
        held = self.scope.get(element.name) if element.name else None
        if held is None:
            node = _Node(self.new_name(), names, is_new=True)
        elif held.kind.name == "node" and not held.kind.held:
            node = _Node(held.text, held.kind.names & names, is_new=False)
            if held.kind.names - names:
                found.conditions.append(truth(self.has_labels(held, element.labels))) if element.labels is not None else None
        elif held.kind.name == "node":
            node = _Node(self.new_name(), held.kind.names & names, is_new=False)
            found.conditions.append(f"(ID({node.text}) = ID({held.text}))")
        elif held.kind.name == "null":
            node, found.is_impossible = _Node(self.new_name(), names, is_new=False), True
        else:
            cannot(f"a pattern with {element.name!r}, a {held.kind.name}")
        if element.name:
            named[element.name] = node
        return node

    def _relation(self, path: Path, place: int, nodes: dict[int, _Node], found: Matched) -> _Relation:
        element, types = path.elements[place], frozenset[str]()
        assert isinstance(element, RelationPattern)
        types = self.names_of(element.types, relation=True)
        left, right = (nodes[id(path.elements[at])] for at in (place - 1, place + 1))
        made = _Relation(self.new_name(), element, left, right, types, _FUNCTIONS[path.function])
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
                    found[id(node)] = frozenset({triple.start for triple, start, _ in able if start is node} | {triple.end for triple, _, end in able if end is node})
                if found[id(one)] != one.types or any(found[id(node)] != node.names for node in (one.left, one.right)):
                    one.types, one.left.names, one.right.names = found[id(one)], found[id(one.left)], found[id(one.right)]
                    changed = True

    def _write(self, paths: Sequence[Path], nodes: dict[int, _Node], relations: Sequence[_Relation], found: Matched) -> None:
        left = iter(relations)
        for path in paths:
            said = "".join(
                self._node_text(nodes[id(one)], found) if isinstance(one, NodePattern) else self._relation_text(next(left), found) for one in path.elements
            )
            if path.name:
                if len(path.elements) == 1:
                    cannot("a path of one node", "Name the node.")
                name = self.new_name()
                self.scope[path.name], said = Said(name, PATH), f"{name} = {said}"
                self.alive.append(name)
            found.patterns.append(said)

    def _node_text(self, node: _Node, found: Matched) -> str:
        labels = ""
        if not node.is_written and not found.is_impossible and node.names != frozenset(self.layout.nodes) and (node.is_new or node.text not in self.alive):
            labels = ":" + "|".join(f"`{self.table(name)}`" for name in sorted(node.names))
        if not node.is_written and node.text not in self.alive:
            self.alive.append(node.text)
        node.is_written = True
        return f"({node.text}{labels})"

    def _relation_text(self, one: _Relation, found: Matched) -> str:
        pattern, types = one.pattern, ""
        self.alive.append(one.text)
        if not found.is_impossible and one.types != frozenset(self.layout.relations):
            types = ":" + "|".join(f"`{self.table(name, relation=True)}`" for name in sorted(one.types))
        hops = self._hops(one, found) if pattern.hops is not None or one.way != "TRAIL" else ""
        if pattern.towards == "either":
            looped = {triple.type for triple in self.layout.triples if triple.type in self.layout.loops & one.types and triple.start == triple.end}
            if looped and hops:
                cannot(f"several hops of {', '.join(sorted(looped))} either way, of which some join a node to itself", "Give the relations a direction.")
            found.has_loops = found.has_loops or bool(looped)
        if pattern.name and not (held := self.scope.get(pattern.name)):
            kind = "relations" if hops and pattern.hops is not None else "relation"
            self.scope[pattern.name] = Said(one.text, Kind(kind, names=one.types))
            if kind == "relation" and hops:
                self.scope[pattern.name] = Said(f"LIST_EXTRACT(RELS({one.text}), 1)", Kind("relation", names=one.types, held=True))
            if pattern.towards != "either":
                ends = (one.left.text, one.right.text)
                self.ends[one.text] = ends if pattern.towards == "right" else ends[::-1]
            del held
        inner = f"[{one.text}{types}{hops}]"
        return {"right": f"-{inner}->", "left": f"<-{inner}-", "either": f"-{inner}-"}[pattern.towards]

    def _hops(self, one: _Relation, found: Matched) -> str:
        hops = one.pattern.hops
        least, most = (1, 1) if hops is None else (1 if hops.least is None else hops.least, hops.most)
        if found.is_impossible:
            return "* 1..1"
        if most is None:
            most = FARTHEST
            self.notes.append(f"Paths are followed for {FARTHEST} relations at most.")
        if most > FARTHEST:
            cannot(f"more than {FARTHEST} relations in a row", f"Write *..{FARTHEST} at most.")
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

    def _once_each(self, relations: Sequence[_Relation], found: Matched) -> None:
        """Say that no relation stands in two places of a MATCH."""
        if found.is_impossible:
            return
        for one, other in combinations(relations, 2):
            both = one.pattern.hops is None and other.pattern.hops is None and one.way == other.way == "TRAIL"
            if not one.types & other.types or (both and not one.triples & other.triples):
                continue
            ids = [self._ids(part) for part in (one, other)]
            match ids:
                case [(False, left), (False, right)]:
                    found.conditions.append(f"({left} <> {right})")
                case [(True, left), (True, right)]:
                    found.conditions.append(f"(NOT LIST_HAS_ANY({left}, {right}))")
                case _:
                    (_, several), (_, single) = sorted(ids, reverse=True)
                    found.conditions.append(f"(NOT LIST_CONTAINS({several}, {single}))")

    @staticmethod
    def _ids(one: _Relation) -> tuple[bool, str]:
        if one.pattern.hops is None and one.way == "TRAIL":
            return False, f"ID({one.text})"
        return True, f"LIST_TRANSFORM(RELS({one.text}), e -> ID(e))"

    def _hold(self, paths: Sequence[Path], nodes: dict[int, _Node], relations: Sequence[_Relation], found: Matched) -> None:
        """Say the maps and conditions within nodes and relations."""
        left = iter(relations)
        for element in (one for path in paths for one in path.elements):
            if isinstance(element, NodePattern):
                of = Said(nodes[id(element)].text, Kind("node", names=nodes[id(element)].names))
            else:
                relation = next(left)
                if relation.pattern.hops is not None or relation.way != "TRAIL":
                    continue
                of = Said(relation.text, Kind("relation", names=relation.types))
            found.conditions += self._map_tests(of, element.properties)
            if element.where is not None:
                found.conditions.append(truth(self.said(element.where)))

    def _refuse_search(self, paths: Sequence[Path], where: Expression) -> None:
        """Refuse conditions on a shortest path: Cypher looks for the shortest that meets them, the engine for the shortest of all."""
        from broadsheet.ask.check.scope import walk

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
        scope, alive, ends = dict(self.scope), list(self.alive), dict(self.ends)
        found = [self.matched(one.paths, one.where) for one in clauses]
        self.scope, self.alive, self.ends = scope, alive, ends
        if any(one.is_impossible for one in found):
            return Said("false", BOOLEAN) if which == "EXISTS" else Said("0", INTEGER)
        if which == "COUNT" and any(one.has_loops for one in found):
            cannot("COUNT { } of relations either way, of which some join a node to itself", "Give the relations a direction.")
        conditions = [test for one in found for test in one.conditions]
        patterns = ", ".join(pattern for one in found for pattern in one.patterns)
        text = f"{which} {{ MATCH {patterns}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "") + " }"
        return Said(text, BOOLEAN if which == "EXISTS" else INTEGER)
