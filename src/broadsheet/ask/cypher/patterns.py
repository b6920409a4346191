"""Patterns: nodes, relations, and paths of both."""

from typing import Literal

from broadsheet.ask.cypher.expressions import PATHS, Expressions
from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import (
    AnyLabel,
    Hops,
    Label,
    Labels,
    Labels_,
    MapOf,
    NodePattern,
    NoLabel,
    Parameter,
    Path,
    RelationPattern,
)  # fmt: skip
from broadsheet.ask.cypher.tokens import Kind


class Patterns(Expressions):
    """Reads patterns."""

    def path(self) -> Path:
        """Read a path: `name =`, shortestPath(...), and nodes and relations in turn."""
        start, name, function = self.token.start, "", ""
        if self.token.kind in {Kind.NAME, Kind.QUOTED} and self.is_sign("=", ahead=1):
            name = self.name("the name of a path").text
            self.needs("=")
        if self.token.word in PATHS and self.is_sign("(", ahead=1):
            function = FUNCTIONS[self.name("a function").text.lower()]
            self.needs("(")
        # A path may stand in brackets of its own, which say nothing.
        bracketed = not function and self.is_sign("(", "(")
        if bracketed:
            self.needs("(")
        with self.deeper():
            elements: list[NodePattern | RelationPattern] = [self.node()]
            while self._is_relation():
                elements += [self.relation(), self.node()]
        if function or bracketed:
            self.needs(")")
        return Path(tuple(elements), name, function, place=self.since(start))

    def node(self) -> NodePattern:
        """Read `(name:Label {key: value} WHERE ...)`."""
        start = self.needs("(").start
        name, labels, properties = self._name(), self._labels(), self._properties()
        where = self.expression() if self.takes_word("WHERE") else None
        self.needs(")")
        return NodePattern(name, labels, properties, where, place=self.since(start))

    def _is_relation(self) -> bool:
        return self.is_sign("-", "[") or self.is_sign("-", "-") or self.is_sign("<", "-", "[") or self.is_sign("<", "-", "-")

    def relation(self) -> RelationPattern:
        """Read `-[name:TYPE*1..3 {key: value}]->`, either way round or none."""
        start = self.token.start
        left = self.takes("<")
        self.needs("-")
        name, types, hops, properties, where = "", None, None, None, None
        if self.takes("["):
            name, types = self._name(), self._types()
            hops, properties = self._hops(), self._properties()
            where = self.expression() if self.takes_word("WHERE") else None
            self.needs("]")
        self.needs("-")
        right = self.takes(">")
        towards: Literal["left", "right", "either"] = "either" if left == right else "left" if left else "right"
        return RelationPattern(name, types, towards, hops, properties, where, place=self.since(start))

    def labels(self, *, either: bool = True) -> Labels:
        """Read labels: `A`, `A:B`, `A&B`, `A|B`, `!A`, `%`, brackets."""
        start, parts = self.token.start, [self._all_of()]
        while either and self.takes("|"):
            self.takes(":")
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Labels_("|", tuple(parts), place=self.since(start))

    def _all_of(self) -> Labels:
        start, parts = self.token.start, [self._one_of()]
        while self.takes("&") or (self.is_sign(":") and self.takes(":")):
            parts.append(self._one_of())
        return parts[0] if len(parts) == 1 else Labels_("&", tuple(parts), place=self.since(start))

    def _one_of(self) -> Labels:
        start = self.token.start
        if self.takes("!"):
            with self.deeper():
                return NoLabel(self._one_of(), place=self.since(start))
        if self.takes("%"):
            return AnyLabel(place=self.since(start))
        if self.takes("("):
            with self.deeper():
                found = self.labels()
            self.needs(")")
            return found
        return Label(self.name("a label").text, place=self.since(start))

    def _name(self) -> str:
        if self.token.kind is Kind.QUOTED or (self.token.kind is Kind.NAME and not (self.is_word("WHERE") and not self._is_node())):
            return self.name("a name").text
        return ""

    def _is_node(self) -> bool:
        """Whether the word WHERE is itself a name."""
        return self.is_sign(":", ahead=1) or self.is_sign(")", ahead=1) or self.is_sign("]", ahead=1)

    def _labels(self) -> Labels | None:
        if self.takes(":") or self.takes_word("IS"):
            return self.labels()
        return None

    def _types(self) -> Labels | None:
        return self._labels()

    def _hops(self) -> Hops | None:
        start = self.token.start
        if not self.takes("*"):
            return None
        least = self._count()
        if not self.takes(".."):
            return Hops(least, least, place=self.since(start))
        return Hops(least, self._count(), place=self.since(start))

    def _count(self) -> int | None:
        token = self.token
        if token.kind is not Kind.NUMBER:
            return None
        if not token.text.isdigit():
            self.fail("how many relations stand in a row is a whole number")
        self.at += 1
        return int(token.text)

    def _properties(self) -> MapOf | Parameter | None:
        if self.is_sign("{"):
            return self.map_of()
        if self.token.kind is Kind.PARAMETER:
            token = self.token
            self.at += 1
            return Parameter(token.text, place=self.since(token.start))
        return None
