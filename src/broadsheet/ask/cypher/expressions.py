"""Expressions: what is compared, computed and passed on."""

from typing import Any

from broadsheet.ask.cypher.cursor import Cursor
from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import (
    At,
    Binary,
    Case,
    Comprehension,
    Expression,
    Function,
    HasLabels,
    IsNull,
    ListOf,
    Literal_,
    MapOf,
    MapProjection,
    Parameter,
    PatternComprehension,
    PatternTest,
    Place,
    Property,
    Quantified,
    Reduce,
    Slice,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.tokens import Kind

COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
# Words that no expression begins with; any other word may be a name.
RESERVED = frozenset("WHERE RETURN MATCH WITH UNWIND THEN ELSE WHEN AND OR XOR AS BY ON UNION CONTAINS STARTS ENDS IN IS".split())
QUANTIFIERS = frozenset({"ALL", "ANY", "NONE", "SINGLE"})
PATHS = frozenset({"SHORTESTPATH", "ALLSHORTESTPATHS"})


class Expressions(Cursor):
    """Reads expressions, the loosest operator first: OR, XOR, AND, NOT, comparisons, + and -, * / %, ^, signs."""

    # Whether `|` belongs to labels here: not before the body of a comprehension.
    _bar = True

    def expression(self) -> Expression:
        """Read an expression."""
        with self.deeper():
            return self._joined("OR", lambda: self._joined("XOR", lambda: self._joined("AND", self._not)))

    def _joined(self, word: str, read: Any) -> Expression:
        start, left, count = self.token.start, read(), 0
        while self.takes_word(word):
            count = self.counted(count)
            right = read()
            left = Binary(word, left, right, place=self.since(start))
        return left

    def _not(self) -> Expression:
        start, count = self.token.start, 0
        while self.is_word("NOT") and not self._is_name():
            self.at += 1
            count = self.counted(count)
        found = self._comparison()
        for _ in range(count):
            found = Unary("NOT", found, place=self.since(start))
        return found

    def _is_name(self) -> bool:
        """Whether a keyword stands here as a name: a property of it is asked for."""
        return self.is_sign(".", ahead=1)

    def _comparison(self) -> Expression:
        """Read a comparison; of `a < b < c` both `a < b` and `b < c` must hold."""
        start, left = self.token.start, self._predicate()
        parts: list[Expression] = []
        while self.token.kind is Kind.SIGN and (self.token.text in COMPARISONS or self.is_sign("!=")):
            if self.is_sign("!="):
                self.fail("unequal is written <> in Cypher")
            sign, begin = self.token.text, left.place.start
            self.counted(len(parts))
            self.at += 1
            right = self._predicate()
            parts.append(Binary(sign, left, right, place=self.since(begin)))
            left = right
        if not parts:
            return left
        whole = parts[0]
        for part in parts[1:]:
            whole = Binary("AND", whole, part, place=self.since(start))
        return whole

    def _predicate(self) -> Expression:
        """Read a sum and what is said of it: IN, STARTS WITH, IS NULL and the like."""
        start, left, count = self.token.start, self._sum(), 0
        while True:
            count = self.counted(count)
            sign = self._test()
            if sign in {"IS NULL", "IS NOT NULL"}:
                left = IsNull(left, sign == "IS NOT NULL", place=self.since(start))
            elif sign:
                right = self._sum()
                left = Binary(sign, left, right, place=self.since(start))
            elif self.takes_word("IS"):
                left = HasLabels(left, self.labels(either=self._bar), place=self.since(start))
            else:
                return left

    def _test(self) -> str:
        for words in (("IS", "NOT", "NULL"), ("IS", "NULL"), ("STARTS", "WITH"), ("ENDS", "WITH"), ("CONTAINS",), ("IN",)):
            if self.takes_word(*words):
                return " ".join(words)
        return "=~" if self.takes("=~") else ""

    def _sum(self) -> Expression:
        return self._signs(("+", "-", "||"), lambda: self._signs(("*", "/", "%"), lambda: self._signs(("^",), self._signed)))

    def _signs(self, signs: tuple[str, ...], read: Any) -> Expression:
        start, left, count = self.token.start, read(), 0
        while self.token.kind is Kind.SIGN and self.token.text in signs:
            count = self.counted(count)
            sign = self.token.text
            self.at += 1
            right = read()
            left = Binary(sign, left, right, place=self.since(start))
        return left

    def _signed(self) -> Expression:
        start = self.token.start
        for sign in ("-", "+"):
            if self.takes(sign):
                with self.deeper():
                    of = self._signed()
                number = isinstance(of, Literal_) and isinstance(of.value, int | float) and not isinstance(of.value, bool)
                if number and sign == "-" and not of.written.startswith("-"):  # pyrefly: ignore
                    return Literal_(-of.value, f"-{of.written}", place=self.since(start))  # pyrefly: ignore
                return Unary(sign, of, place=self.since(start))  # pyrefly: ignore
        return self._parts(self._atom())

    def _parts(self, found: Expression) -> Expression:
        """Read what stands behind an atom: properties, elements, labels."""
        start, count = found.place.start, 0
        while True:
            count = self.counted(count)
            if self.takes("."):
                key = self.name("the name of a property")
                found = Property(found, key.text, Place(key.start, key.end), place=self.since(start))
            elif self.takes("["):
                found = self._element(found, start)
            elif self.is_sign(":") and isinstance(found, Variable | Property) and self.ahead().kind in {Kind.NAME, Kind.QUOTED, Kind.SIGN}:
                self.at += 1
                found = HasLabels(found, self.labels(either=self._bar), place=self.since(start))
            else:
                return found

    def _element(self, of: Expression, start: int) -> Expression:
        low = None if self.is_sign("..") else self.expression()
        if not self.takes(".."):
            self.needs("]")
            assert low is not None
            return At(of, low, place=self.since(start))
        high = None if self.is_sign("]") else self.expression()
        self.needs("]")
        return Slice(of, low, high, place=self.since(start))

    def _atom(self) -> Expression:
        token = self.token
        match token.kind:
            case Kind.NUMBER:
                self.at += 1
                return Literal_(_number(token.text), token.text, place=self.since(token.start))
            case Kind.STRING:
                self.at += 1
                return Literal_(token.text, place=self.since(token.start))
            case Kind.PARAMETER:
                self.at += 1
                return Parameter(token.text, place=self.since(token.start))
            case Kind.SIGN:
                return self._bracket()
            case Kind.END:
                self.fail("an expression is missing at the end")
        return self._word()

    def _bracket(self) -> Expression:
        start = self.token.start
        if self.is_sign("("):
            if (path := self.maybe_path()) is not None:
                return PatternTest(path, place=self.since(start))
            self.at += 1
            bar, self._bar = self._bar, True
            found = self.expression()
            self._bar = bar
            self.needs(")")
            return found
        if self.is_sign("["):
            return self._list()
        if not self.is_sign("{"):
            self.fail(f"an expression is missing before {self.shown()}")
        return self.map_of()

    def maybe_path(self) -> Any:
        """Return a path with a relation in it, if one stands here."""
        if self.at in self.no_path:
            return None
        at, bar = self.at, self._bar
        try:
            found = self.path()
        except SyntaxFault:
            found, self._bar = None, bar
        if found is None or len(found.elements) < 3:
            self.no_path.add(at)
            self.at = at
            return None
        return found

    def map_of(self) -> MapOf:
        """Read a map."""
        start = self.needs("{").start

        def entry() -> tuple[str, Expression, Place]:
            key = self.name("the name of an entry")
            self.needs(":")
            return key.text, self.expression(), Place(key.start, key.end)

        entries = self.listed(entry, "}")
        return MapOf(tuple((key, value) for key, value, _ in entries), tuple(place for _, _, place in entries), place=self.since(start))

    def _list(self) -> Expression:
        start = self.needs("[").start
        if self.token.kind in {Kind.NAME, Kind.QUOTED} and self.is_word("IN", ahead=1):
            found = self._comprehension(start)
            if found is not None:
                return found
        name = ""
        at = self.at
        if self.token.kind in {Kind.NAME, Kind.QUOTED} and self.is_sign("=", ahead=1) and self.is_sign("(", ahead=2):
            name = self.name("the name of a path").text
            self.needs("=")
        if self.is_sign("(") and (path := self.maybe_path()) is not None and (self.is_sign("|") or self.is_word("WHERE")):
            where = self._where_before_bar()
            self.needs("|")
            make = self.expression()
            self.needs("]")
            return PatternComprehension(name, path, where, make, place=self.since(start))
        self.at = at
        return ListOf(self.listed(self.expression, "]"), place=self.since(start))

    def _comprehension(self, start: int) -> Expression | None:
        """Read `x IN xs WHERE ... | ...]`; None where it is a list whose first item is a test of IN."""
        at = self.at
        variable = self.name("a name").text
        self.needs_word("IN")
        source = self._before_bar()
        if self.is_sign(","):
            self.at = at
            return None
        where = self._where_before_bar()
        make = self.expression() if self.takes("|") else None
        self.needs("]")
        return Comprehension(variable, source, where, make, place=self.since(start))

    def _before_bar(self) -> Expression:
        bar, self._bar = self._bar, False
        try:
            return self.expression()
        finally:
            self._bar = bar

    def _where_before_bar(self) -> Expression | None:
        return self._before_bar() if self.takes_word("WHERE") else None

    def _word(self) -> Expression:
        token, word = self.token, self.token.word
        if word in {"TRUE", "FALSE", "NULL"} and not self.is_sign("(", ahead=1):
            self.at += 1
            return Literal_({"TRUE": True, "FALSE": False, "NULL": None}[word], place=self.since(token.start))
        if word == "CASE" and not self.is_sign(".", ahead=1) and not self.is_sign(")", ahead=1):
            return self._case()
        if word in {"EXISTS", "COUNT", "COLLECT"} and self.is_sign("{", ahead=1):
            return self._subquery(word)
        if self.is_sign("(", ahead=1):
            return self._called(word)
        if self._is_dotted_call():
            return self._function()
        if word in RESERVED and not self._is_named():
            self.fail(f"an expression is missing before {self.shown()}")
        self.at += 1
        found = Variable(token.text, place=self.since(token.start))
        return self._picked(found) if self.is_sign("{") else found

    def _is_named(self) -> bool:
        """Whether a word that begins or ends something else is a name here, by what stands behind it: nobody matches a comma."""
        if any(self.is_sign(sign, ahead=1) for sign in (".", ")", ",", "]", "}")):
            return True
        path = self.ahead().kind in {Kind.NAME, Kind.QUOTED} and self.is_sign("=", ahead=2)
        return self.is_word("MATCH") and not (self.is_sign("(", ahead=1) or path or self.ahead().word in PATHS)

    def _called(self, word: str) -> Expression:
        start = self.token.start
        if word in PATHS:
            return PatternTest(self.path(), place=self.since(start))
        if word in QUANTIFIERS and self.ahead(2).kind in {Kind.NAME, Kind.QUOTED} and self.is_word("IN", ahead=3):
            self.at += 2
            variable = self.name("a name").text
            self.needs_word("IN")
            source = self.expression()
            self.needs_word("WHERE")
            where = self.expression()
            self.needs(")")
            return Quantified(word, variable, source, where, place=self.since(start))  # pyrefly: ignore
        if word == "REDUCE":
            return self._reduce()
        if word == "EXISTS":
            at = self.at
            self.at += 1
            self.needs("(")
            if self.is_sign("(") and (path := self.maybe_path()) is not None and self.takes(")"):
                return PatternTest(path, place=self.since(start))
            self.at = at
        return self._function()

    def _is_dotted_call(self) -> bool:
        place = 0
        while self.ahead(place).kind in {Kind.NAME, Kind.QUOTED} and self.is_sign(".", ahead=place + 1):
            place += 2
        return place > 0 and self.ahead(place).kind in {Kind.NAME, Kind.QUOTED} and self.is_sign("(", ahead=place + 1)

    def _function(self) -> Function:
        start, parts = self.token.start, [self.name("the name of a function").text]
        while self.takes("."):
            parts.append(self.name("the name of a function").text)
        self.needs("(")
        name = FUNCTIONS.get(parts[0].lower(), parts[0]) if len(parts) == 1 else ".".join(parts)
        if self.takes("*"):
            self.needs(")")
            return Function(name, (), star=True, place=self.since(start))
        distinct = self.takes_word("DISTINCT")
        bar, self._bar = self._bar, True
        arguments = self.listed(self.expression, ")")
        self._bar = bar
        return Function(name, arguments, distinct, place=self.since(start))

    def _reduce(self) -> Reduce:
        start = self.token.start
        self.at += 1
        self.needs("(")
        total = self.name("a name").text
        self.needs("=")
        first = self.expression()
        self.needs(",")
        variable = self.name("a name").text
        self.needs_word("IN")
        source = self._before_bar()
        self.needs("|")
        make = self.expression()
        self.needs(")")
        return Reduce(total, first, variable, source, make, place=self.since(start))

    def _case(self) -> Case:
        start = self.token.start
        self.needs_word("CASE")
        subject = None if self.is_word("WHEN") else self.expression()
        whens = []
        while self.takes_word("WHEN"):
            tests = [self.expression()]
            while subject is not None and self.takes(","):
                tests.append(self.expression())
            self.needs_word("THEN")
            then = self.expression()
            whens += [(test, then) for test in tests]
        if not whens:
            self.fail(f"WHEN is missing before {self.shown()}")
        otherwise = self.expression() if self.takes_word("ELSE") else None
        self.needs_word("END")
        return Case(subject, tuple(whens), otherwise, place=self.since(start))

    def _picked(self, of: Variable) -> MapProjection:
        self.needs("{")

        def item() -> Any:
            if self.takes(".", "*"):
                return "all", "", None
            if self.takes("."):
                return "key", self.name("the name of a property").text, None
            name = self.name("the name of an entry").text
            return ("entry", name, self.expression()) if self.takes(":") else ("variable", name, None)

        items = self.listed(item, "}")
        return MapProjection(of, items, place=self.since(of.place.start))

    def _subquery(self, word: str) -> Subquery:
        start = self.token.start
        self.at += 1
        self.needs("{")
        with self.deeper():
            query = self.query()
        self.needs("}")
        return Subquery(word, query, place=self.since(start))  # pyrefly: ignore


def _number(text: str) -> int | float:
    plain = text.replace("_", "")
    if plain[:2].lower() in {"0x", "0o"}:
        return int(plain, 0)
    return float(plain) if any(sign in plain for sign in ".eE") else int(plain)
