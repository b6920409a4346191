"""A schema's queries as a grammar in text, for servers that hold a model to one."""

from collections.abc import Iterable, Sequence

from broadsheet.ask.cypher.printer import label_name
from broadsheet.ask.decode.figures import compared
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.world import Key, World, base, signs
from broadsheet.ask.schema import Schema

_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NAMES = {"=": "is", "<>": "not", "<": "below", "<=": "most", ">": "above", ">=": "least"}
_NUMBERS = (
    'whole ::= "0" | [1-9] figure figure figure figure figure figure figure figure',
    "figure ::= [0-9]?",
    'number ::= whole ("." [0-9] figure figure)?',
    'limit ::= " LIMIT " [1-9] [0-9]?',
)


def gbnf(schema: Schema, given: Given | None = None) -> str:
    """Return the grammar of queries on a schema in GBNF, as llama.cpp and servers like it read it; `root` is a whole query.

    It is a context-free part of what `Automaton` allows: one MATCH whose first two nodes have names, further ones on its path have none; conditions and what is
    returned speak of those two. So labels, types of relations, directions, properties and types of values are right, and no name is unknown. What no such grammar
    can keep in mind, a checker must tell afterwards: whether two conditions are against each other, and whether a number lies within the values that were seen.
    Raises ConfigError for a schema without labels.
    """
    rules = _Rules(World(schema, given))
    rules.write()
    return "\n".join((*rules.lines, *_NUMBERS)) + "\n"


class _Rules:
    """Rules as they come; each is called by what it is of and the number of its label."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = {label: place for place, label in enumerate(world.labels)}
        self.lines: list[str] = []
        self._done: set[str] = set()

    def write(self) -> None:
        """Write the rules of every label and of every relation between two."""
        begun = [self._one(label) for label in self._world.labels]
        begun += [self._two(label, hop.type, end, left=left) for label in self._world.labels for hop in self._world.hops(label)
                  for left, ends in ((False, hop.to), (True, hop.by)) for end in ends]  # fmt: skip
        self.lines.insert(0, f"root ::= {' | '.join(begun)}")

    def _rule(self, name: str, ways: Iterable[str]) -> str:
        """Write a rule once, and return its name."""
        if name not in self._done:
            self._done.add(name)
            self.lines.append(f"{name} ::= {' | '.join(ways)}")
        return name

    def _one(self, label: str) -> str:
        name = base(label)
        return f'"MATCH " {self._head(label, name)} {self._rest(((label, name),))}'

    def _two(self, start: str, kind: str, end: str, *, left: bool) -> str:
        first, second = base(start), base(end)
        second = f"{second}2" if first == second else second
        arrow = _said(_arrow(kind, left=left))
        return f'"MATCH " {self._head(start, first)} {arrow} {self._head(end, second)} {self._chain(end)} {self._rest(((start, first), (end, second)))}'

    def _head(self, label: str, name: str) -> str:
        return f"{_said(f'({name}:{label_name(label)}')} {self._map(label)} {_said(')')}"

    def _map(self, label: str) -> str:
        keys = [key for key in self._world.keys("node", label) if key.can_equal]
        entries = (f"{_said(f' {{{key.text}: ')} {self._value(label, key)} {_said('}')}" for key in keys)
        return self._rule(f"map-{self._number[label]}", ('""', *entries))

    def _chain(self, label: str) -> str:
        """Return the rule of further relations behind a node, their nodes without names."""
        name = f"chain-{self._number[label]}"
        if name not in self._done:
            self._done.add(name)
            ways = ['""']
            for hop in self._world.hops(label):
                for left, ends in ((False, hop.to), (True, hop.by)):
                    ways += [f"{_said(_arrow(hop.type, left=left) + f'(:{label_name(end)}')} {self._map(end)} {_said(')')} {self._chain(end)}" for end in ends]
            self.lines.append(f"{name} ::= {' | '.join(ways)}")
        return name

    def _value(self, label: str, key: Key, sign: str = "=") -> str:
        if key.is_number:
            minus = '"-"? ' if compared(key.facts, "=").low < 0 else ""
            return f"{minus}{'whole' if key.facts.type == 'integer' else 'number'}"
        place = [one.name for one in self._world.keys("node", label)].index(key.name)
        called = f"{'-'.join(_NAMES.get(one, one.lower()) for one in sign.split())}"
        return self._rule(f"value-{self._number[label]}-{place}-{called}", map(_said, key.compared(sign)))

    def _rest(self, nodes: tuple[tuple[str, str], ...]) -> str:
        """Return the rule of what follows a pattern: conditions on its nodes, and what is returned of them."""
        called = "-".join(f"{self._number[label]}-{name}" for label, name in nodes)
        tests = [way for label, name in nodes for way in self._tests(label, name)]
        test = self._rule(f"test-{called}", tests) if tests else ""
        where = f'(" WHERE " "NOT "? {test} ((" AND " {test})* | (" OR " {test})*))? ' if test else ""
        shown = [f"{name}{f'.{key.text}' if key else ''}" for label, name in nodes for key in (None, *self._world.keys("node", label))]
        ordered = [f"{name}.{key.text}" for label, name in nodes for key in self._world.keys("node", label) if key.is_ordered]
        plain, made = self._columns(called, shown), self._rule(f"made-{called}", map(_said, self._aggregates(nodes)))
        ways = [f'"DISTINCT "? {plain} limit?', f'({plain} ", ")? {made}', f'{plain} ", count(*) AS rows ORDER BY rows" " DESC"? limit?']
        if ordered:
            order = self._rule(f"order-{called}", map(_said, ordered))
            ways.append(f'{plain} " ORDER BY " {order} " DESC"? limit?')
        back = self._rule(f"return-{called}", ways)
        return self._rule(f"rest-{called}", (f'{where}" RETURN " {back}',))

    def _columns(self, called: str, shown: Sequence[str]) -> str:
        """Return the rule of some columns, none twice: those after the first come in the order of the schema."""
        after = ""
        for place in range(len(shown) - 1, -1, -1):
            own = _said(shown[place])
            after = self._rule(f"plain-{called}-{place}", [f'{own} (", " {after})?', after] if after else [own])
        return after

    def _tests(self, label: str, name: str) -> list[str]:
        found = []
        for key in self._world.keys("node", label):
            said = _said(f"{name}.{key.text}")
            found.append(f'{said} (" IS NULL" | " IS NOT NULL")')
            allowed = [sign for sign in self._signs(key) if key.is_number or (key.compared(sign) and key.facts.type != "list")]
            found += [f"{said} {_said(f' {sign} ')} {self._value(label, key, sign)}" for sign in allowed]
        return found

    def _signs(self, key: Key) -> tuple[str, ...]:
        match key.facts.type:
            case "integer" | "float":
                return signs(key)
            case "string":
                return ("=", "<>", "CONTAINS", "STARTS WITH", "ENDS WITH")
            case "date" | "datetime":
                return ("=", "<", "<=", ">", ">=")
        return ("=", "<>")

    def _aggregates(self, nodes: tuple[tuple[str, str], ...]) -> list[str]:
        found = ["count(*)"]
        for label, name in nodes:
            found += [f"count({name})", f"count(DISTINCT {name})"]
            for key in self._world.keys("node", label):
                found += [f"{function}({name}.{key.text})" for function in (("sum", "avg") if key.is_number else ())]
                found += [f"{function}({name}.{key.text})" for function in (("min", "max") if key.is_ordered else ())]
                found.append(f"collect({name}.{key.text})")
        return found


def _arrow(kind: str, *, left: bool) -> str:
    return f"<-[:{label_name(kind)}]-" if left else f"-[:{label_name(kind)}]->"


def _said(text: str) -> str:
    return f'"{text.translate(_ESCAPED)}"'
