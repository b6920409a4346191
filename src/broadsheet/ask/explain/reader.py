"""Reads an explanation back into the query that it explains."""

from collections.abc import Sequence
from typing import Any

from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import (
    At,
    Binary,
    Case,
    Clause,
    Expression,
    Function,
    HasLabels,
    Hops,
    IsNull,
    Label,
    Labels,
    ListOf,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    Other,
    Parameter,
    Path,
    PatternTest,
    Projected,
    Projection,
    Property,
    Quantified,
    Query,
    RelationPattern,
    Single,
    Sorted,
    SubCall,
    Subquery,
    Unary,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.patterns import Patterns
from broadsheet.ask.cypher.tokens import Kind
from broadsheet.ask.explain import phrases as p


def read_explanation(text: str) -> Query:
    """Return the query of which a text is the explanation. Raises SyntaxFault for any other text.

    >>> from broadsheet.ask.cypher.printer import canonical
    >>> canonical(read_explanation("1. Find a Film called f, where the year of f is at least 2000. 2. Give back the title of f; at most 3 rows."))
    'MATCH (f:Film) WHERE f.year >= 2000 RETURN f.title LIMIT 3'
    """
    reader = _Reader(text)
    query = reader.query()
    if reader.token.kind is not Kind.END:
        reader.fail(f"{reader.shown()} stands behind the last step")
    return query


class _Reader(Patterns):
    """Reads the words of the writer."""

    def query(self) -> Query:
        """Read steps, one after the other."""
        parts: list[list[Clause]] = [[]]
        all_: list[bool] = []
        while self.token.kind is Kind.NUMBER:
            self.at += 1
            self.needs(".")
            if self._words("add what the following steps give"):
                self.needs(",")
                all_.append(self._words("all rows"))
                if not all_[-1]:
                    self._need("each row once")
                parts.append([])
            else:
                parts[-1].append(self._clause())
            self.needs(".")
        return Query(tuple(Single(tuple(part)) for part in parts), tuple(all_))

    def _words(self, phrase: str) -> bool:
        return self.takes_word(*phrase.upper().split())

    def _need(self, phrase: str) -> None:
        if not self._words(phrase):
            self.fail(f"{phrase!r} is missing before {self.shown()}")

    def _inner(self) -> Query:
        self.needs("{")
        with self.deeper():
            query = self.query()
        self.needs("}")
        return query

    # Clauses.

    def _clause(self) -> Clause:
        if self._words("find"):
            return self._found(optional=False)
        if self._words("if there is one"):
            self.needs(",")
            self._need("find")
            return self._found(optional=True)
        if self._words("take each element of"):
            source = self.expression()
            self._need("as")
            return Unwind(source, self.name("a name").text)
        if self._words("for each row"):
            imports = None
            if self._words("knowing"):
                self.needs("(")
                imports = ("*",) if self.takes("*", ")") else self.listed(lambda: self.name("a name").text, ")")
            self._need("do")
            return SubCall(self._inner(), imports)
        if self._words("do"):
            words = self.name("a clause").text
            return _clause_of(words)
        return self._projection()

    def _found(self, *, optional: bool) -> Match:
        paths = [self._path()]
        while self.is_sign(";") and self.is_word("AND", "ALSO", ahead=1):
            self.at += 3
            paths.append(self._path())
        where = None
        if self.is_sign(",") and self.is_word("WHERE", ahead=1):
            self.at += 2
            where = self.expression()
        return Match(tuple(paths), optional, where)

    def _projection(self) -> Projection:
        which = "RETURN" if self._words("give back") else "WITH"
        if which == "WITH":
            self._need("go on with")
        distinct = self._words("each row once")
        if distinct:
            self.needs(":")
        star, items = self._words("everything"), []
        if not star or self.takes(","):
            items.append(self._item())
            while self.takes(","):
                items.append(self._item())
        order: list[Sorted] = []
        if self._after("sorted by"):
            order.append(self._sorted())
            while self.is_sign(",") and self.is_word("THEN", "BY", ahead=1):
                self.at += 3
                order.append(self._sorted())
        skip = self.expression() if self._after("without the first") else None
        limit = self.expression() if self._after("at most") else None
        if limit is not None and not self._words("row"):
            self._need("rows")
        where = self.expression() if self._after("only where") else None
        return Projection(which, tuple(items), star, distinct, tuple(order), skip, limit, where)

    def _after(self, phrase: str) -> bool:
        words = phrase.upper().split()
        if not (self.is_sign(";") and self.is_word(*words, ahead=1)):
            return False
        self.at += 1 + len(words)
        return True

    def _item(self) -> Projected:
        found = self.expression()
        return Projected(found, self.name("a name").text if self._words("as") else "")

    def _sorted(self) -> Sorted:
        return Sorted(self.expression(), self._words("from high to low"))

    # Patterns.

    def _path(self) -> Path:
        name, function = "", ""
        if self.is_word("THE", "PATH"):
            self.at += 2
            name = self.name("a name").text
            self.needs(":")
        for one, phrase in p.PATHS.items():
            if self._words(phrase):
                function = one
                self.needs("(")
        elements: list[NodePattern | RelationPattern] = [self._node()]
        while self.is_sign(",") and self.is_word("WITH", ahead=1):
            self.at += 1
            elements += [self._relation(), self._node()]
        if function:
            self.needs(")")
        return Path(tuple(elements), name, function)

    def _node(self) -> NodePattern:
        if not self.is_word("A") and not self.is_word("AN"):
            return NodePattern(self.name("a node").text)
        self.at += 1
        labels = None if self._words("node") else self._labels()
        return NodePattern(self._called_so(), labels, self._properties_told(), self._such())

    def _called_so(self) -> str:
        return self.name("a name").text if self._words("called") else ""

    def _properties_told(self) -> MapOf | Parameter | None:
        if self._words("with properties"):
            if self.is_sign("{"):
                self.at += 1
                self.needs("}")
                return MapOf(())
            token = self.token
            self.at += 1
            return Parameter(token.text)
        entries: list[tuple[str, Expression]] = []
        while self._words("whose"):
            key = self.name("the name of a property").text
            self._need("is")
            entries.append((key, self._predicate()))
            if not self.is_word("AND", "WHOSE"):
                break
            self.at += 1
        return MapOf(tuple(entries)) if entries else None

    def _such(self) -> Expression | None:
        if not self._words("such that"):
            return None
        self.needs("(")
        found = self.expression()
        self.needs(")")
        return found

    def _relation(self) -> RelationPattern:
        self._need("with")
        hops = self._hops_told()
        types = None
        if not self._ends_types():
            types = self._labels()
        if hops is not None:
            self._need("in a row")
        name, properties, where = self._called_so(), self._properties_told(), self._such()
        towards = next(way for way in ("either", "right", "left") if self._words(p.TOWARDS[way]) or way == "left")
        return RelationPattern(name, types, towards, hops, properties, where)  # pyrefly: ignore

    def _hops_told(self) -> Hops | None:
        if self._words("a relation"):
            return None
        if self._words("any relations"):
            return Hops(None, None)
        if self._words("exactly"):
            count = self._whole()
            found = Hops(count, count)
        elif self._words("at least"):
            found = Hops(self._whole(), None)
        elif self._words("at most"):
            found = Hops(None, self._whole())
        else:
            least = self._whole()
            self._need("to")
            found = Hops(least, self._whole())
        if not self._words("relations"):
            self._need("relation")
        return found

    def _whole(self) -> int:
        token = self.token
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            self.fail(f"a number is missing before {self.shown()}")
        self.at += 1
        return int(token.text)

    def _ends_types(self) -> bool:
        return self.token.word in {"CALLED", "WHOSE", "SUCH", "TO", "FROM", "IN", "WITH"}

    def _labels(self) -> Labels:
        if self.takes("("):
            found = self.labels()
            self.needs(")")
            return found
        return Label(self.name("a label").text)

    # Expressions.

    def expression(self) -> Expression:
        with self.deeper():
            return self._or()

    def _or(self) -> Expression:
        left = self._xor()
        while self.is_word("OR") and not self.is_word("OR", "ELSE"):
            self.at += 1
            left = Binary("OR", left, self._xor())
        return left

    def _xor(self) -> Expression:
        left = self._and()
        while self._words("or else"):
            left = Binary("XOR", left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._negated()
        while self.is_word("AND") and not self.is_word("AND", "WHOSE") and not self.is_word("AND", "ALSO"):
            self.at += 1
            left = Binary("AND", left, self._negated())
        return left

    def _negated(self) -> Expression:
        count = 0
        while self._words(p.NOT):
            count += 1
        found = self._compared()
        for _ in range(count):
            found = Unary("NOT", found)
        return found

    def _compared(self) -> Expression:
        left = self._predicate()
        sign = self._sign(p.COMPARED)
        return left if sign is None else Binary(sign, left, self._predicate())

    def _sign(self, table: Sequence[tuple[str, str]]) -> str | None:
        return next((sign for sign, words in table if self._words(words)), None)

    def _predicate(self) -> Expression:
        left = self._added()
        while True:
            if self._words(p.MISSING):
                left = IsNull(left, negated=False)
            elif self._words(p.PRESENT):
                left = IsNull(left, negated=True)
            elif (self.is_word("IS", "A") or self.is_word("IS", "AN")) and (self.ahead(2).kind in {Kind.NAME, Kind.QUOTED} or self.is_sign("(", ahead=2)):
                self.at += 2
                left = HasLabels(left, self._labels())
            elif (sign := self._sign(p.TESTED)) is not None:
                left = Binary(sign, left, self._added())
            else:
                return left

    def _added(self) -> Expression:
        return self._row(p.ADDED, lambda: self._row(p.MULTIPLIED, lambda: self._row((("^", p.POWER),), self._signed)))

    def _row(self, table: Sequence[tuple[str, str]], read: Any) -> Expression:
        left = read()
        while (sign := self._sign(table)) is not None:
            left = Binary(sign, left, read())
        return left

    def _signed(self) -> Expression:
        if self._words(p.NEGATIVE):
            return Unary("-", self._signed())
        if self._words(p.POSITIVE):
            return Unary("+", self._signed())
        return self._one()

    def _one(self) -> Expression:
        token = self.token
        if self.takes("-"):
            of = self._atom()
            if not isinstance(of, Literal_) or not isinstance(of.value, int | float):
                self.fail(f"a number is missing before {self.shown()}")
            return Literal_(-of.value, f"-{of.written}")
        if token.kind in {Kind.NUMBER, Kind.STRING, Kind.PARAMETER}:
            return self._atom()
        if self.takes("["):
            return ListOf(self.listed(self.expression, "]"))
        if self.takes("("):
            return self._bracketed()
        if token.kind is Kind.QUOTED:
            return self._named()
        return self._phrase()

    def _bracketed(self) -> Expression:
        if self.is_word("IF") or self.is_word("DEPENDING", "ON"):
            return self._case()
        found = self.expression()
        self.needs(")")
        return found

    def _case(self) -> Case:
        subject = None
        if self._words("depending on"):
            subject = self.expression()
            self.needs(":")
        whens = []
        while self._words("if"):
            test = self.expression()
            self._need("then")
            whens.append((test, self.expression()))
            if not (self.is_sign(",") and (self.is_word("IF", ahead=1) or self.is_word("OTHERWISE", ahead=1))):
                break
            self.at += 1
        otherwise = self.expression() if self._words("otherwise") else None
        self._need("end")
        self.needs(")")
        return Case(subject, tuple(whens), otherwise)

    def _phrase(self) -> Expression:
        if self._words(p.NULL):
            return Literal_(None)
        for word, value in (("TRUE", True), ("FALSE", False), ("NOTHING", None)):
            if self.is_word(word):
                self.at += 1
                return Literal_(value)
        if self._words("there is"):
            self.needs("(")
            path = self._path()
            self.needs(")")
            return PatternTest(path)
        for which, phrase in p.QUANTIFIED.items():
            if self._words(phrase):
                return self._quantified(which)
        for which, phrase in p.FOUND.items():
            if self._words(phrase):
                return Subquery(which, self._inner())  # pyrefly: ignore
        if self._words("item"):
            self.needs("(")
            index = self.expression()
            self.needs(")")
            self._need("of")
            return At(self._one(), index)
        return self._the() if self.is_word("THE") else self._named()

    def _quantified(self, which: str) -> Quantified:
        variable = self.name("a name").text
        self._need("in")
        source = self._one()
        self.needs(":")
        self.needs("(")
        where = self.expression()
        self.needs(")")
        return Quantified(which, variable, source, where)  # pyrefly: ignore

    def _the(self) -> Expression:
        if self._words("the expression"):
            return _expression_of(self.name("an expression").text)
        if self._words(p.ROWS):
            return Function("count", (), star=True)
        if self._words(p.MEDIAN):
            return Function(p.MEDIAN_OF, (self._one(), Literal_(p.MIDDLE)))
        for name, phrase in p.FUNCTIONS.items():
            if self._words(phrase):
                distinct = self._words(p.DIFFERENT)
                return Function(name, (self._one(),), distinct)
        self._need("the")
        key = self.name("the name of a property").text
        self._need("of")
        with self.deeper():
            return Property(self._one(), key)

    def _named(self) -> Expression:
        name = self.name("an expression").text
        if not self.takes("("):
            return Variable(name)
        distinct = self._words(p.DIFFERENT)
        return Function(FUNCTIONS.get(name.lower(), name) if "." not in name else name, self.listed(self.expression, ")"), distinct)


def _expression_of(text: str) -> Expression:
    query = parse(f"RETURN {text}").query
    last = query.parts[0].clauses[0] if query is not None else None
    if not isinstance(last, Projection) or len(last.items) != 1:
        raise SyntaxFault(f"{text!r} is no expression", 0, len(text))
    return last.items[0].expression


def _clause_of(text: str) -> Clause:
    query = parse(text).query
    if query is None or len(query.parts[0].clauses) != 1:
        raise SyntaxFault(f"{text!r} is no clause", 0, len(text))
    found = query.parts[0].clauses[0]
    return found if isinstance(found, Other) else Other("", text)
