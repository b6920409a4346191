"""A second reading of Cypher, by trying everything: what the engine answers is held against it on small graphs."""

import itertools
from collections import Counter
from typing import NamedTuple

from broadsheet.ask.cypher import nodes as n
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.core.schema import Columns

AGGREGATES = {"count", "sum", "avg", "min", "max", "collect"}


class Trail(NamedTuple):
    """A path."""

    nodes: tuple
    edges: tuple


class Open(Exception):
    """Several rows are as good as each other where some are left off, and the answer depends on which."""


class Oracle:
    """Answers a query over a graph of tables. `runs` are the last rows as they were sorted, those that are as good as each other together, and which are kept."""

    def __init__(self, graph: Graph) -> None:
        self.runs: list[list[tuple]] = []
        self.window = (0, 0)
        self.nodes = {NodeId(label, row): held for label, frame in graph.nodes.items() for row, held in enumerate(frame.to_dicts())}
        self.edges = {}
        for one in graph.joined:
            for row, held in enumerate(one.frame.to_dicts()):
                start, end = NodeId(one.start, held.pop(Columns.GRAPH_START)), NodeId(one.end, held.pop(Columns.GRAPH_END))
                self.edges[EdgeId(one.type, one.start, one.end, row)] = (start, end, held)

    def run(self, query: n.Query) -> list[tuple]:
        """Return the rows."""
        found = []
        for place, part in enumerate(query.parts):
            rows = self._single(part, [{}])
            found += rows
            if len(query.parts) > 1:
                self._refuse_open()
            if place and not query.all[place - 1]:
                found = list({repr(row): row for row in found}.values())
        return found

    def _single(self, part, rows):
        for clause in part.clauses:
            match clause:
                case n.Match():
                    rows = [new for row in rows for new in self._match(clause, row)]
                case n.Unwind():
                    rows = [row | {clause.name: item} for row in rows for item in self._listed(self.value(clause.source, row))]
                case n.Projection():
                    rows = self._project(clause, rows)
                    if clause.which == "RETURN":
                        return [tuple(row.values()) for row in rows]
        raise AssertionError(part)

    @staticmethod
    def _listed(value):
        return [] if value is None else value if isinstance(value, list) else [value]

    # Patterns.

    def _match(self, clause, row):
        found = [new for new, _ in self._paths(clause.paths, row, frozenset()) if clause.where is None or self.value(clause.where, new) is True]
        if found or not clause.optional:
            return found
        names = [one.name for path in clause.paths for one in path.elements if one.name] + [path.name for path in clause.paths if path.name]
        return [dict.fromkeys(names) | row]

    def _paths(self, paths, row, used):
        if not paths:
            yield row, used
            return
        path, *others = paths
        for new, taken, trail in self._from(path.elements, row, used):
            named = new | {path.name: trail} if path.name else new
            yield from self._paths(others, named, taken)

    def _from(self, elements, row, used):
        first, *others = elements
        held = row.get(first.name) if first.name in row else None
        if first.name in row and held is None:
            return
        for node in [held] if held is not None else self.nodes:
            if self._fits(first, node, self.nodes[node], {node.label}, row):
                yield from self._on(others, node, row | ({first.name: node} if first.name else {}), used, Trail((node,), ()))

    def _on(self, elements, at, row, used, trail):
        if not elements:
            yield row, used, trail
            return
        relation, end, *others = elements
        least, most = (1, 1) if relation.hops is None else (1 if relation.hops.least is None else relation.hops.least, relation.hops.most or 30)
        if relation.hops is not None and relation.hops.most == 0:
            most = 0
        for edges, nodes in self._walks(relation, at, used, least, most, row):
            reached = nodes[-1] if nodes else at
            if end.name in row and row[end.name] != reached:
                continue
            new = row | ({end.name: reached} if end.name else {})
            if relation.name:
                bound = list(edges) if relation.hops is not None else edges[0]
                if relation.name in row and row[relation.name] != bound:
                    continue
                new = new | {relation.name: bound}
            if self._fits(end, reached, self.nodes[reached], {reached.label}, new):
                yield from self._on(others, reached, new, used | set(edges), Trail(trail.nodes + nodes, trail.edges + edges))

    def _walks(self, relation, at, used, least, most, row):
        left = [((), (), at)]
        while left:
            edges, nodes, here = left.pop()
            if len(edges) >= least:
                yield edges, nodes
            if len(edges) == most:
                continue
            for edge, (start, end, held) in self.edges.items():
                if edge in used or edge in edges or not self._fits(relation, edge, held, {edge.type}, row):
                    continue
                ways = {(start, end)} if relation.towards == "right" else {(end, start)} if relation.towards == "left" else {(start, end), (end, start)}
                left += [((*edges, edge), (*nodes, there), there) for one, there in ways if one == here]

    def _fits(self, element, made, held, labels, row):
        allowed = element.types if isinstance(element, n.RelationPattern) else element.labels
        if allowed is not None and not self._labelled(allowed, labels):
            return False
        entries = element.properties.entries if element.properties is not None else ()
        if not all(self._equal(held.get(key), self.value(value, row)) is True for key, value in entries):
            return False
        return element.where is None or self.value(element.where, row | ({element.name: made} if element.name else {})) is True

    def _labelled(self, allowed, labels):
        match allowed:
            case n.Label():
                return allowed.name in labels
            case n.AnyLabel():
                return True
            case n.NoLabel():
                return not self._labelled(allowed.of, labels)
        return (any if allowed.sign == "|" else all)(self._labelled(one, labels) for one in allowed.parts)

    # Projections.

    def _project(self, clause, rows):
        items = [(one.name or written(one.expression), one.expression) for one in clause.items]
        if clause.star:
            items = [(name, n.Variable(name)) for name in sorted({name for row in rows for name in row})] + items
        grouped = any(self._aggregates(expression) for _, expression in items)
        made = [({name: self.value(of, row) for name, of in items}, row, [row]) for row in rows] if not grouped else self._grouped(items, rows)
        if clause.distinct:
            made = list({repr(new): (new, {}, group) for new, _, group in reversed(made)}.values())[::-1]
        keys = [self._key(one, items) for one in clause.order]
        for one, key in reversed(list(zip(clause.order, keys, strict=True))):
            made.sort(key=key, reverse=one.descending)
        skip = 0 if clause.skip is None else self.value(clause.skip, {})
        limit = len(made) if clause.limit is None else min(len(made), skip + self.value(clause.limit, {}))
        runs = [list(run) for _, run in itertools.groupby(made, lambda held: [key(held) for key in keys])]
        self.runs, self.window = [[tuple(new.values()) for new, _, _ in run] for run in runs], (min(skip, limit), limit)
        if clause.which == "WITH":
            self._refuse_open()
        kept = [new for new, _, _ in made[skip:limit]]
        return [new for new in kept if clause.where is None or self.value(clause.where, new) is True]

    def _key(self, one, items):
        by = next((name for name, of in items if of == one.expression), None)

        def key(held):
            new, row, group = held
            value = new[by] if by is not None else self.value(one.expression, row | new, group)
            return (value is None, value if value is not None else 0)

        return key

    def _refuse_open(self):
        """Raise Open where it is left open which rows are kept."""
        at, window = 0, self.window
        for run in self.runs:
            kept = max(0, min(at + len(run), window[1]) - max(at, window[0]))
            if 0 < kept < len(run) and len({repr(row) for row in run}) > 1:
                raise Open
            at += len(run)

    def admits(self, query: n.Query, rows: list[tuple]) -> bool:
        """Whether rows are an answer: of rows that are as good as each other any may be kept. Raises Open where that is not known."""
        expected = self.run(query)
        last = query.parts[0].clauses[-1]
        if len(query.parts) > 1 or not (last.order or last.skip or last.limit):
            return bag(rows) == bag(expected)
        if len(rows) != len(expected):
            return False
        at = 0
        for run in self.runs:
            low, high = (max(0, min(end, self.window[1]) - self.window[0]) for end in (at, at + len(run)))
            at += len(run)
            if bag(rows[low:high]) - bag(run):
                return False
        return True

    def _grouped(self, items, rows):
        groups = {}
        for row in rows:
            key = [self.value(of, row) for _, of in items if not self._aggregates(of)]
            groups.setdefault(repr(key), []).append(row)
        if not rows and all(self._aggregates(of) for _, of in items):
            groups[""] = []
        return [({name: self.value(of, group[0] if group else {}, group) for name, of in items}, group[0] if group else {}, group) for group in groups.values()]

    def _aggregates(self, of):
        if isinstance(of, n.Function) and of.name in AGGREGATES:
            return True
        inner = (
            [value for value in vars(of).values() if isinstance(value, n.Node | tuple)] if isinstance(of, n.Node) else list(of) if isinstance(of, tuple) else []
        )
        return not isinstance(of, n.Subquery) and any(self._aggregates(one) for one in inner if isinstance(one, n.Node | tuple))

    # Expressions.

    def value(self, of, row, group=None):  # noqa: C901 - a language has many kinds of nodes
        """Return the value of an expression in a row, or over a group of rows."""
        match of:
            case n.Literal_():
                return of.value
            case n.Variable():
                return row[of.name]
            case n.Property():
                return self._property(self.value(of.of, row, group), of.key)
            case n.ListOf():
                return [self.value(one, row, group) for one in of.items]
            case n.Unary(sign="NOT"):
                held = self.value(of.of, row, group)
                return None if held is None else not held
            case n.Unary():
                held = self.value(of.of, row, group)
                return None if held is None else -held if of.sign == "-" else held
            case n.Binary():
                return self._binary(of, row, group)
            case n.IsNull():
                return (self.value(of.of, row, group) is None) != of.negated
            case n.HasLabels():
                held = self.value(of.of, row, group)
                return None if held is None else self._labelled(of.labels, {held.label if isinstance(held, NodeId) else held.type})
            case n.Case():
                return self._case(of, row, group)
            case n.Function():
                return self._function(of, row, group)
            case n.At():
                held, at = self.value(of.of, row, group), self.value(of.index, row, group)
                return held[at] if held is not None and at is not None and -len(held) <= at < len(held) else None
            case n.Slice():
                low, high = (None if one is None else self.value(one, row, group) for one in (of.low, of.high))
                held = self.value(of.of, row, group)
                return None if held is None else held[slice(low, high)]
            case n.PatternTest():
                return next(self._paths([of.path], row, frozenset()), None) is not None
            case n.Subquery():
                found = [row]
                for clause in of.query.parts[0].clauses:
                    if isinstance(clause, n.Match):
                        found = [new for one in found for new in self._match(clause, one)]
                return bool(found) if of.which == "EXISTS" else len(found)
        return self._loop(of, row, group)

    def _property(self, held, key):
        if held is None:
            return None
        return self.nodes[held].get(key) if isinstance(held, NodeId) else self.edges[held][2].get(key) if isinstance(held, EdgeId) else held.get(key)

    def _loop(self, of, row, group):
        source = self.value(of.source, row, group)
        if source is None:
            return None
        rows = [row | {of.variable: item} for item in source]
        if isinstance(of, n.Quantified):
            held = [self.value(of.where, one) for one in rows]
            yes, no, all_ = held.count(True), held.count(False), len(held)
            return {
                "ANY": True if yes else False if no == all_ else None,
                "ALL": False if no else True if yes == all_ else None,
                "NONE": False if yes else True if no == all_ else None,
                "SINGLE": False if yes > 1 else yes == 1 if yes + no == all_ else None,
            }[of.which]
        kept = [one for one in rows if of.where is None or self.value(of.where, one) is True]
        return [one[of.variable] if of.make is None else self.value(of.make, one) for one in kept]

    def _case(self, of, row, group):
        for test, value in of.whens:
            held = self.value(test, row, group)
            if (held if of.subject is None else self._equal(self.value(of.subject, row, group), held)) is True:
                return self.value(value, row, group)
        return None if of.otherwise is None else self.value(of.otherwise, row, group)

    @staticmethod
    def _kind(value):
        return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__

    def _equal(self, one, other):
        if one is None or other is None:
            return None
        return self._kind(one) == self._kind(other) and one == other

    def _binary(self, of, row, group):  # noqa: C901
        one, other = self.value(of.left, row, group), self.value(of.right, row, group)
        match of.sign:
            case "AND":
                return False if one is False or other is False else None if one is None or other is None else True
            case "OR":
                return True if one is True or other is True else None if one is None or other is None else False
            case "XOR":
                return None if one is None or other is None else one != other
            case "=":
                return self._equal(one, other)
            case "<>":
                held = self._equal(one, other)
                return None if held is None else not held
            case "IN":
                if other is None:
                    return None
                held = [self._equal(one, item) for item in other]
                return True if True in held else None if None in held else False
        if one is None or other is None:
            return None
        if of.sign in {"<", "<=", ">", ">="}:
            if self._kind(one) != self._kind(other):
                return None
            return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[of.sign]
        if of.sign in {"STARTS WITH", "ENDS WITH", "CONTAINS"}:
            if not isinstance(one, str) or not isinstance(other, str):
                return None
            return one.startswith(other) if of.sign == "STARTS WITH" else one.endswith(other) if of.sign == "ENDS WITH" else other in one
        whole = isinstance(one, int) and isinstance(other, int)
        if of.sign == "+":
            return f"{one}{other}" if isinstance(one, str) != isinstance(other, str) else one + other
        if of.sign == "/":
            return int(one / other) if whole else one / other
        return {"-": one - other, "*": one * other}[of.sign] if of.sign != "%" else int(abs(one) % abs(other) * (1 if one >= 0 else -1))

    def _function(self, of, row, group):  # noqa: C901
        if of.name in AGGREGATES:
            return self._aggregate(of, group)
        held = [self.value(one, row, group) for one in of.arguments]
        if of.name == "coalesce":
            return next((one for one in held if one is not None), None)
        if held[0] is None:
            return None
        first = held[0]
        match of.name:
            case "id":
                return list(self.nodes).index(first)
            case "labels":
                return [first.label]
            case "type":
                return first.type
            case "size":
                return len(first)
            case "length":
                return len(first.edges) if isinstance(first, Trail) else len(first)
            case "nodes":
                return list(first.nodes)
            case "relationships":
                return list(first.edges)
            case "head" | "last":
                return (first[0] if of.name == "head" else first[-1]) if first else None
            case "toLower":
                return first.lower()
            case "toString":
                return str(first)
            case "toInteger":
                return int(first) if str(first).lstrip("-").isdigit() else None
            case "substring":
                return first[held[1] :]
            case "keys":
                return sorted(key for key, value in (self.nodes[first] if isinstance(first, NodeId) else self.edges[first][2]).items() if value is not None)
        raise AssertionError(of.name)

    def _aggregate(self, of, group):
        if of.star:
            return len(group)
        values = [held for row in group if (held := self.value(of.arguments[0], row)) is not None]
        if of.distinct:
            values = list({repr(value): value for value in values}.values())
        match of.name:
            case "count":
                return len(values)
            case "sum":
                return sum(values)
            case "collect":
                return values
        if not values:
            return None
        return sum(values) / len(values) if of.name == "avg" else (min if of.name == "min" else max)(values)


def plain(value):
    """Return a value as both sides write it: nodes and relations by their ids, lists of no order, fractions rounded."""
    match value:
        case GraphNode():
            return repr(value.id)
        case GraphEdge():
            return repr(value.id)
        case GraphPath():
            return repr((tuple(one.id for one in value.nodes), tuple(one.id for one in value.edges)))
        case Trail():
            return repr((value.nodes, value.edges))
        case NodeId() | EdgeId():
            return repr(value)
        case list():
            return repr(sorted(map(plain, value)))
        case float():
            return repr(round(value, 6) + 0.0) if not value.is_integer() else repr(int(value))
    return repr(value)


def bag(rows):
    """Return rows as a bag."""
    return Counter(tuple(map(plain, row)) for row in rows)
