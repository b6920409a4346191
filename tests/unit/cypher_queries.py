"""Random graphs, and random queries over them: patterns and conditions, and rows that are sorted and cut, grouped, unwound and joined."""

import itertools
import random

import polars as pl

from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.core.schema import Columns


def random_graph(chance: random.Random, size: int) -> Graph:
    """Return a small graph: one key of two types, relations with loops, several between the same nodes, one type between several labels."""
    counts = {"A": size, "B": size - 1, "C": 3}

    def some(values, share=0.25):
        return None if chance.random() < share else chance.choice(values)

    nodes = {
        label: pl.DataFrame(
            {
                "x": pl.Series([some([0, 1, 2, 3]) for _ in range(count)], dtype=pl.Int64),
                "s": pl.Series([some(["ab", "abc", "b", "c2", "7"]) for _ in range(count)], dtype=pl.String),
                "y": pl.Series([some([0, 1, 2]) for _ in range(count)], dtype=pl.Int64)
                if label == "A"
                else pl.Series([some(["0", "p", "q"]) for _ in range(count)], dtype=pl.String),
                "l": pl.Series([some([[], [1], [1, 2, 3]]) for _ in range(count)], dtype=pl.List(pl.Int64)),
                **({"f": pl.Series([some([0.5, 1.5, 2.0]) for _ in range(count)], dtype=pl.Float64)} if label == "C" else {}),
            }
        )
        for label, count in counts.items()
    }

    def joined(kind, start, end, count):
        ends = {column: [chance.randrange(counts[label]) for _ in range(count)] for column, label in ((Columns.GRAPH_START, start), (Columns.GRAPH_END, end))}
        return Joined(kind, start, end, pl.DataFrame(ends | {"w": pl.Series([some([0, 1, 2]) for _ in range(count)], dtype=pl.Int64)}))

    pairs = [("R", "A", "B"), ("S", "A", "A"), ("T", "B", "C"), ("R", "A", "C"), ("U", "C", "A")]
    return Graph(nodes, tuple(joined(*pair, chance.randint(size, 2 * size)) for pair in pairs))


class Asked:
    """Writes random queries over such a graph."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names = itertools.count()

    def maybe(self, share, text):
        return text if self.chance.random() < share else ""

    def node(self, known, *, bare=0.2):
        if known and self.chance.random() < 0.25:
            return f"({self.chance.choice(known)})"
        name = f"n{next(self.names)}"
        known.append(name)
        label = self.maybe(1 - bare, ":" + self.chance.choice(["A", "A", "B", "C", "A|B", "!C", "%"]))
        held = self.maybe(0.15, f" {{x: {self.chance.randint(0, 3)}}}")
        return f"({name}{label}{held})"

    def relation(self, relations, *, long=0.12):
        name = self.maybe(0.6, f"r{next(self.names)}")
        kind = self.maybe(0.8, ":" + self.chance.choice(["R", "S", "T", "U", "R|S", "!T"]))
        hops = self.chance.choice(["*1..2", "*0..1", "*2"]) if self.chance.random() < long else ""
        if name and not hops:
            relations.append(name)
        inner = f"{name}{kind}{hops}{self.maybe(0.1, ' {w: 1}')}"
        inner = f"[{inner}]" if inner.strip() else ""
        return self.chance.choice([f"-{inner}->", f"<-{inner}-", f"-{inner}-"])

    def path(self, known, relations, most):
        said = self.node(known)
        for _ in range(self.chance.randint(0 if most < 3 else 1, most)):
            said += self.relation(relations) + self.node(known)
        return said

    def atom(self, known, relations):
        pick = self.chance.choice
        node = pick(known)
        tests = [
            f"{node}.x {pick(['=', '<>', '<', '>='])} {pick(['0', '1', '2', '1.5', repr('1')])}",
            f"{node}.s {pick(['STARTS WITH', 'CONTAINS', 'ENDS WITH', '=', '<'])} {pick([repr('a'), repr('b'), repr('ab')])}",
            f"{node}.y {pick(['=', '>', '<>'])} {pick(['1', repr('p')])}",
            f"{node}.nothing = 1",
            f"{node}.s > 3",
            f"{node}.x IN [{pick(['1, 2', '0', '1, NULL', repr('q') + ', 2'])}]",
            f"{node}.x IS {pick(['', 'NOT '])}NULL",
            f"{node}.x {pick(['=', '<', '<>'])} {pick(known)}.{pick(['x', 'y', 's'])}",
            f"{node}:{pick(['A', 'B', 'A|C'])}",
            f"{node} {pick(['=', '<>'])} {pick(known)}",
            f"size({node}.l) > 1",
            f"{node}.l[{pick(['0', '-1', '2'])}] = 1",
            f"{pick(['any', 'all', 'none', 'single'])}(i IN {node}.l WHERE i > 1)",
            f"2 IN {node}.l",
            f"({node})-[:{pick(['R', 'S', 'T'])}]-()",
            f"EXISTS {{ ({node}){pick(['-->', '<-[:R]-', '-[:U]->'])}(e:{pick(['A', 'B', 'C'])}) WHERE e.x > {pick(['0', f'{node}.x'])} }}",
            f"COUNT {{ ({node})-[:R]-() }} > 1",
            f"COUNT {{ ({node})-->()--(q) WHERE q.x = 1 }} > 1",
        ]
        if relations:
            relation = pick(relations)
            tests += [
                f"{relation}.w = {pick(['1', '2'])}",
                f"{relation}.w < {pick(known)}.x",
                f"type({relation}) = 'R'",
                f"{relation}.w <> {pick(relations)}.w",
            ]
        return pick(tests)

    def where(self, known, relations):
        said = self.atom(known, relations)
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            said = f"{said} {self.chance.choice(['AND', 'AND', 'OR', 'XOR'])} {self.maybe(0.2, 'NOT ')}{self.atom(known, relations)}"
        return said

    def query(self) -> str:
        """Return a query."""
        self.names = itertools.count()
        known, relations, said = [], [], []
        for place in range(self.chance.choice([1, 1, 2])):
            mine: list[str] = [] if place else relations
            paths = ", ".join(self.path(known, mine, self.chance.choice([1, 2, 3])) for _ in range(self.chance.choice([1, 1, 1, 2])))
            where = self.maybe(0.6, f" WHERE {self.where(known, mine)}")
            said.append(f"{'OPTIONAL ' if place and self.chance.random() < 0.6 else ''}MATCH {paths}{where}")
            relations += [name for name in mine if name not in relations]
        if self.chance.random() < 0.2:
            keep = self.chance.choice(known)
            said.append(f"WITH {keep}, count(*) AS k WHERE k > {self.chance.choice('01')}")
            known, relations = [keep], []
        return " ".join([*said, self.returned(known, relations)])

    def returned(self, known, relations):
        pick, node = self.chance.choice, self.chance.choice(known)
        if self.chance.random() < 0.3:
            return "RETURN " + pick(
                [
                    "count(*) AS c",
                    f"count(DISTINCT {node}) AS c",
                    f"{node}.s AS k, count(*) AS c, sum({node}.x) AS t, avg({node}.x) AS a",
                    f"labels({node}) AS k, collect({node}.x) AS xs, min({node}.s) AS m",
                    f"count({node}.y) AS c, max({node}.x) + 1 AS m",
                    f"{node} AS k, count(*) * 2 AS c",
                ]
            )
        items = [
            f"{node}.x AS a", f"{node} AS b", f"{node}.y AS c", f"coalesce({node}.x, 9) AS d", f"labels({node}) AS e", f"[i IN {node}.l WHERE i > 1 | i * 2] AS f",
            f"CASE WHEN {node}.x > 1 THEN 'big' WHEN {node}.x IS NULL THEN 'none' ELSE {node}.s END AS g", f"{node}.x + 1 AS h", f"{node}.x / 2 AS i",
            f"{node}.s + {node}.x AS j", f"{node}.l[1..] AS k", f"{node}.l[..-1] AS l", f"head({node}.l) AS m", f"toLower({node}.s) AS o", f"{node}.x % 2 = 1 AS p",
            f"toInteger({node}.s) AS q", f"COUNT {{ ({node})-->() }} AS t",
        ]  # fmt: skip
        if relations:
            items += [f"{pick(relations)} AS u", f"{pick(relations)}.w AS v", f"type({pick(relations)}) AS z"]
        chosen = self.chance.sample(items, self.chance.randint(1, 3))
        names = [one.rpartition(" AS ")[2] for one in chosen if one.split(" AS ")[0] not in known and "labels" not in one and one[-1] not in "cbfklu"]
        tail = (
            f" ORDER BY {', '.join(name + pick(['', ' DESC']) for name in names)}" + f" LIMIT {pick('358')}"
            if len(names) == len(chosen) and self.chance.random() < 0.4
            else ""
        )
        return f"RETURN {self.maybe(0.3, 'DISTINCT ')}{', '.join(chosen)}{tail}"


class Shaped(Asked):
    """Writes random queries whose rows are sorted, cut, grouped, collected and joined."""

    def query(self) -> str:
        """Return a query."""
        text = self.single()
        if self.chance.random() < 0.12:
            column = self.chance.choice(["{}.x AS a", "{}.s AS a", "{} AS a", "labels({}) AS a"])
            parts = [f"{self.matches()} RETURN {self.maybe(0.3, 'DISTINCT ')}{column.format(self.chance.choice(self.nodes))}" for _ in range(2)]
            return f" UNION {self.maybe(0.5, 'ALL ')}".join(parts)
        return text

    def matches(self, *, most=2) -> str:
        """Return matches; `nodes` and `relations` are the names that they bind."""
        self.nodes, self.relations, said = [], [], []
        for place in range(self.chance.choice([1, 1, 2, 2])):
            mine = [] if place else self.relations
            paths = ", ".join(self.path(self.nodes, mine, self.chance.choice([1, most])) for _ in range(self.chance.choice([1, 1, 1, 2])))
            where = self.maybe(0.35, f" WHERE {self.where(self.nodes, mine)}")
            said.append(f"{'OPTIONAL ' if place and self.chance.random() < 0.7 else ''}MATCH {paths}{where}")
            self.relations += [name for name in mine if name not in self.relations]
        return " ".join(said)

    def single(self) -> str:
        """Return a query without a union."""
        able = [self.cut, self.cut, self.grouped, self.unwound, self.listed, self.told_once]
        said = [self.matches()]
        said += [self.chance.choice(able)() for _ in range(self.chance.choice([0, 0, 1, 1, 2]))]
        if len(said) > 1 and self.nodes and self.chance.random() < 0.5:
            said.append(f"{self.maybe(0.4, 'OPTIONAL ')}MATCH ({self.chance.choice(self.nodes)}){self.relation(self.relations, long=0)}{self.node(self.nodes)}")
        return " ".join([*said, self.last()])

    def scalars(self):
        """Return expressions that rows can be sorted by."""
        node = self.chance.choice(self.nodes)
        said = [f"{node}.x", f"{node}.s", f"coalesce({node}.x, 1)", f"size({node}.l)", f"{node}.nothing"]
        return said + [f"{one}.w" for one in self.relations]

    def order(self, *, whole: bool) -> str:
        """Return an order, whole where no two rows are as good as each other if they differ in a node."""
        by = self.chance.sample(self.scalars(), self.chance.choice([0, 1, 1, 2] if whole else [1, 1, 2]))
        by += [f"id({node})" for node in self.chance.sample(self.nodes, len(self.nodes))] if whole else []
        return f" ORDER BY {', '.join(one + self.chance.choice(['', ' DESC']) for one in by)}" if by else ""

    def window(self) -> str:
        """Return SKIP and LIMIT."""
        return self.maybe(0.3, f" SKIP {self.chance.choice('0125')}") + self.maybe(0.85, f" LIMIT {self.chance.choice('0123589')}")

    def cut(self) -> str:
        """Return a WITH that sorts and cuts."""
        if not self.nodes:
            return ""
        kept = self.chance.sample(self.nodes, self.chance.randint(1, len(self.nodes)))
        order = self.order(whole=True) if self.chance.random() < 0.8 or not self.relations else self.order(whole=False)
        relations = [one for one in self.relations if self.chance.random() < 0.4]
        self.nodes, self.relations = kept, relations
        return f"WITH {', '.join([*kept, *relations])}{order}{self.window()}"

    def grouped(self) -> str:
        """Return a WITH that groups."""
        keys = [one for one in [*self.nodes, *self.relations] if self.chance.random() < 0.6]
        self.nodes, self.relations, before = [one for one in self.nodes if one in keys], [one for one in self.relations if one in keys], self.nodes
        if not self.nodes:
            self.nodes = before[:1]
            keys = [*keys, *self.nodes]
        return f"WITH {', '.join(keys)}, count({self.chance.choice(['*', before[-1], f'DISTINCT {before[-1]}'])}) AS k"

    def told_once(self) -> str:
        """Return a WITH DISTINCT."""
        self.nodes = self.chance.sample(self.nodes, self.chance.randint(1, len(self.nodes)))
        self.relations = [one for one in self.relations if self.chance.random() < 0.4]
        return f"WITH DISTINCT {', '.join([*self.nodes, *self.relations])}{self.maybe(0.3, self.order(whole=True))}"

    def unwound(self) -> str:
        """Return a collected list, a row for each of its elements."""
        key, item, node = self.chance.choice(self.nodes), f"u{next(self.names)}", self.chance.choice(self.nodes)
        of = self.chance.choice([node, node, f"{node}.x", f"{node}.s", *self.relations])
        which = self.maybe(0.3, "DISTINCT ") if of == node or "." in of else ""
        keep = self.maybe(0.6, f"{key}, ")
        said = f"WITH {keep}collect({which}{of}) AS {item}s UNWIND {item}s AS {item}"
        self.nodes, self.relations = ([key] if keep else []) + ([item] if of == node else []), []
        if not self.nodes:
            more = f"n{next(self.names)}"
            self.nodes = [more]
            return f"{said} MATCH ({more}:C)"
        return said

    def listed(self) -> str:
        """Return a row for each element of a list that is written out or a property."""
        item = f"u{next(self.names)}"
        return f"UNWIND {self.chance.choice(['[1, 2, NULL]', f'{self.chance.choice(self.nodes)}.l', '[]', repr(['a', 'b'])])} AS {item}"

    def last(self) -> str:
        """Return a RETURN."""
        things = [*self.nodes, *self.relations]
        share = self.chance.random()
        if share < 0.35:
            chosen = self.chance.sample([*things, *self.scalars()], self.chance.randint(1, min(4, len(things) + 3)))
            return f"RETURN {', '.join(chosen)}{self.order(whole=self.chance.random() < 0.4)}{self.window()}"
        if share < 0.5:
            chosen = self.chance.sample([*things, *self.scalars()], self.chance.randint(1, 3))
            able = [one for one in chosen if one not in things]
            order = f" ORDER BY {', '.join(one + self.chance.choice(['', ' DESC']) for one in able)}" if able else ""
            return f"RETURN DISTINCT {', '.join(chosen)}{order}{self.maybe(0.7, self.window())}"
        if share < 0.8:
            keys = self.chance.sample([*things, *self.scalars()], self.chance.randint(1, min(5, len(things) + 3)))
            of = self.chance.choice(["*", self.nodes[-1], f"DISTINCT {self.nodes[-1]}", f"{self.nodes[0]}.x"])
            more = self.maybe(0.4, f", {self.chance.choice(['sum', 'collect', 'max', 'avg'])}({self.nodes[0]}.x) AS m")
            order = self.maybe(0.5, f" ORDER BY k{self.chance.choice(['', ' DESC'])}{self.window()}")
            return f"RETURN {', '.join(keys)}, count({of}) AS k{more}{order}"
        return self.returned(self.nodes, self.relations)
