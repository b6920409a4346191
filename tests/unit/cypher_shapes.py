"""Random queries of more shapes: rows that are sorted and cut, groups beside what is matched optionally, lists that are unwound, unions."""

from cypher_oracle import Asked


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
        said = [self.matches()]
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            said.append(self.chance.choice([self.cut, self.cut, self.grouped, self.unwound, self.listed, self.told_once])())
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
