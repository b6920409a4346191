"""Text to the tree of a query, with every fault that is found on the way."""

import re
from typing import NamedTuple

from broadsheet.ask.cypher.cursor import CLAUSES
from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.nodes import Clause, Expression, Match, Node, Other, Projected, Projection, Query, Single, Sorted, SubCall, Unwind
from broadsheet.ask.cypher.patterns import Patterns
from broadsheet.ask.cypher.tokens import Kind

# Clauses that only stand before a query and say how it is to be run.
PREFIXES = frozenset({"EXPLAIN", "PROFILE", "CYPHER"})
# What models and spreadsheets put around a query: a fence, or a quotation mark that comes again at the end alone.
_WRAPPED = re.compile(
    r"\s*(?:```(?:cypher|sql|cql)?\s(?P<fenced>.*?)```|(?P<mark>[\"'`])(?P<quoted>(?:(?!(?P=mark)).)*)(?P=mark))\s*\Z", re.DOTALL | re.IGNORECASE
)
# Nodes around each other that a tree may have, so that whoever walks it need not fear for Python's stack.
TALLEST = 150


class Parsed(NamedTuple):
    """A query, or None where there are faults; and the faults, in the order of the text."""

    query: Query | None
    faults: tuple[SyntaxFault, ...]


def parse(text: str) -> Parsed:
    """Read one statement of Cypher.

    After a fault reading is taken up again at the next clause, so that a text with several faults has them all told. Never raises.

    >>> parse("MATCH (n:Film) RETURN n.title").faults
    ()
    >>> [(fault.what, fault.start) for fault in parse("MATCH (n:Film RETURN n.title").faults]
    [("')' is missing before 'RETURN'", 14)]
    """
    try:
        reader = Reader(_unwrapped(text))
    except SyntaxFault as fault:
        return Parsed(None, (fault,))
    return reader.statement()


def _unwrapped(text: str) -> str:
    """Return a text with blanks in the place of what is around all of it: quotation marks, or a fence of Markdown; places stay what they are."""
    match = _WRAPPED.match(text)
    if match is None:
        return text
    start, end = match.span("fenced" if match["fenced"] is not None else "quoted")
    return " " * start + text[start:end] + " " * (len(text) - end)


def is_lower(query: Query, most: int) -> bool:
    """Whether no node of a tree has more than so many around it."""
    left: list[tuple[object, int]] = [(query, 0)]
    while left:
        node, around = left.pop()
        if around > most:
            return False
        if isinstance(node, Node):
            left += [(value, around + 1) for value in vars(node).values() if isinstance(value, Node | tuple)]
        elif isinstance(node, tuple):
            left += [(value, around) for value in node if isinstance(value, Node | tuple)]
    return True


class Reader(Patterns):
    """Reads clauses and statements."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.faults: list[SyntaxFault] = []

    def statement(self) -> Parsed:
        """Read all of the text as one statement."""
        start, query, before = self.token.start, None, []
        try:
            while self.token.word in PREFIXES:
                before.append(self._prefix())
            query = self.query(outermost=True)
            while self.takes(";"):
                pass
            if self.token.kind is not Kind.END:
                self.fail(f"{self.shown()} stands behind the end of the query")
        except SyntaxFault as fault:
            self.faults.append(fault)
        except RecursionError:
            self.faults.append(SyntaxFault("too much stands within each other", 0, len(self.text)))
        if query is not None and not self.faults and not is_lower(query, TALLEST):
            self.faults.append(SyntaxFault("too much stands within each other", 0, len(self.text)))
        if self.faults or query is None:
            return Parsed(None, tuple(self.faults))
        if before:
            first = Single((*before, *query.parts[0].clauses), place=self.since(start))
            query = Query((first, *query.parts[1:]), query.all, place=self.since(start))
        return Parsed(query, ())

    def query(self, *, outermost: bool = False) -> Query:
        """Read single queries with UNION between them."""
        start, parts, all_ = self.token.start, [self._single(outermost=outermost)], []
        while self.takes_word("UNION"):
            kept = self.takes_word("ALL")
            if not kept:
                self.takes_word("DISTINCT")
            all_.append(kept)
            parts.append(self._single(outermost=outermost))
        return Query(tuple(parts), tuple(all_), place=self.since(start))

    def _single(self, *, outermost: bool) -> Single:
        start, clauses = self.token.start, []
        while self.token.word in CLAUSES - {"UNION"} or (not clauses and not outermost and self.is_sign("(")):
            at = self.at
            try:
                clauses.append(self._clause())
            except SyntaxFault as fault:
                if not outermost:
                    raise
                self.faults.append(fault)
                self.at = min(max(self.at, at + 1), len(self.tokens) - 1)
                self._skip()
        if not clauses and not self.faults:
            self.fail(f"a query begins with MATCH, OPTIONAL MATCH, UNWIND, WITH, RETURN or CALL, not with {self.shown()}")
        return Single(tuple(clauses), place=self.since(start))

    def _skip(self) -> None:
        """Go on to where the next clause may begin."""
        while self.token.kind is not Kind.END and not (self.token.word in CLAUSES and not self.is_sign(".", ahead=1) and not self._is_inside()):
            self.at += 1

    def _is_inside(self) -> bool:
        """Whether a word that may begin a clause stands as a name: behind a dot or a colon."""
        before = self.tokens[self.at - 1]
        return (before.kind is Kind.SIGN and before.text in {".", ":", "|"}) or (before.word in {"STARTS", "ENDS"} and self.is_word("WITH"))

    def _clause(self) -> Clause:
        start = self.token.start
        if self.is_sign("("):
            # In EXISTS { (a)-->(b) } the pattern stands alone.
            return self._match(start, optional=False)
        if self.takes_word("OPTIONAL"):
            if self.takes_word("CALL"):
                return self._call(start)
            self.needs_word("MATCH")
            return self._match(start, optional=True)
        if self.takes_word("MATCH"):
            return self._match(start, optional=False)
        if self.takes_word("UNWIND"):
            source = self.expression()
            self.needs_word("AS")
            return Unwind(source, self.name("a name").text, place=self.since(start))
        if self.takes_word("CALL"):
            return self._call(start)
        if self.is_word("WITH") or self.is_word("RETURN"):
            return self._projection(start)
        return self._other(start)

    def _match(self, start: int, *, optional: bool) -> Match:
        paths = [self.path()]
        while self.takes(","):
            paths.append(self.path())
        if self.is_word("USING"):
            self._hint()
        where = self.expression() if self.takes_word("WHERE") else None
        return Match(tuple(paths), optional, where, place=self.since(start))

    def _hint(self) -> None:
        """Read over a hint to the planner, which changes no answer."""
        while self.takes_word("USING"):
            while self.token.kind is not Kind.END and self.token.word not in CLAUSES | {"WHERE", "USING"}:
                self.at += 1

    def _projection(self, start: int) -> Projection:
        which = self.token.word
        self.at += 1
        distinct = self.takes_word("DISTINCT")
        star, items = self.takes("*"), []
        if not star or self.takes(","):
            items.append(self._projected())
            while self.takes(","):
                items.append(self._projected())
        order: list[Sorted] = []
        if self.takes_word("ORDER", "BY"):
            order.append(self._sorted())
            while self.takes(","):
                order.append(self._sorted())
        skip = self.expression() if self.takes_word("SKIP") or self.takes_word("OFFSET") else None
        limit = self.expression() if self.takes_word("LIMIT") else None
        where = self.expression() if which == "WITH" and self.takes_word("WHERE") else None
        return Projection(which, tuple(items), star, distinct, tuple(order), skip, limit, where, place=self.since(start))  # pyrefly: ignore

    def _projected(self) -> Projected:
        start, found = self.token.start, self.expression()
        name = self.name("a name").text if self.takes_word("AS") else ""
        return Projected(found, name, place=self.since(start))

    def _sorted(self) -> Sorted:
        start, found = self.token.start, self.expression()
        descending = self.takes_word("DESC") or self.takes_word("DESCENDING")
        if not descending and not self.takes_word("ASC"):
            self.takes_word("ASCENDING")
        return Sorted(found, descending, place=self.since(start))

    def _call(self, start: int) -> Clause:
        imports = None
        if self.is_sign("("):
            self.needs("(")
            imports = ("*",) if self.takes("*", ")") else self.listed(lambda: self.name("a name").text, ")")
        if imports is None and not self.is_sign("{"):
            return self._procedure(start)
        self.needs("{")
        with self.deeper():
            query = self.query()
        self.needs("}")
        if self.is_word("IN"):
            while self.token.kind is not Kind.END and self.token.word not in CLAUSES:
                self.at += 1
            return self._over("CALL IN TRANSACTIONS", start)
        return SubCall(query, imports, place=self.since(start))

    def _procedure(self, start: int) -> Other:
        self.name("the name of a procedure")
        while self.takes("."):
            self.name("the name of a procedure")
        if self.takes("("):
            self.listed(self.expression, ")")
        names = []
        if self.takes_word("YIELD") and not self.takes("*"):
            names.append(self._yielded())
            while self.takes(","):
                names.append(self._yielded())
        if self.takes_word("WHERE"):
            self.expression()
        return self._over("CALL", start, *names)

    def _yielded(self) -> str:
        name = self.name("a name").text
        return self.name("a name").text if self.takes_word("AS") else name

    def _over(self, which: str, start: int, *names: str) -> Other:
        place = self.since(start)
        return Other(which, self.text[place.start : place.end], names, place=place)

    def _prefix(self) -> Other:
        start, which = self.token.start, self.token.word
        self.at += 1
        while which == "CYPHER" and self.token.kind in {Kind.NAME, Kind.NUMBER} and self.token.word not in CLAUSES | PREFIXES:
            self.at += 1
            if self.takes("="):
                self.name("a setting")
        return self._over(which, start)

    def _other(self, start: int) -> Other:
        """Read over a clause that is never run, word by word, but with its grammar."""
        which = self.token.word
        self.at += 1
        match which:
            case "CREATE" | "INSERT" | "MERGE":
                return self._creates(which, start)
            case "DELETE" | "DETACH" | "NODETACH":
                if which != "DELETE":
                    self.needs_word("DELETE")
                self._expressions()
                return self._over("DELETE", start)
            case "SET" | "REMOVE":
                self._sets()
                return self._over(which, start)
            case "FOREACH":
                return self._foreach(start)
            case "LOAD":
                return self._load(start)
            case "USE":
                self.expression()
                return self._over("USE", start)
        if which != "FINISH":
            self.fail(f"{which} begins no clause that is read here", start, start + len(which))
        return self._over("FINISH", start)

    def _creates(self, which: str, start: int) -> Other:
        names = self._pattern_names()
        while self.takes(","):
            names += self._pattern_names()
        while which == "MERGE" and self.takes_word("ON"):
            if not self.takes_word("CREATE"):
                self.needs_word("MATCH")
            self.needs_word("SET")
            self._sets()
        return self._over(which, start, *names)

    def _pattern_names(self) -> list[str]:
        path = self.path()
        return [name for name in (path.name, *(element.name for element in path.elements)) if name]

    def _expressions(self) -> list[Expression]:
        found = [self.expression()]
        while self.takes(","):
            found.append(self.expression())
        return found

    def _sets(self) -> None:
        """Read what SET or REMOVE changes: `a.b = c`, `a += b`, `a:Label`."""
        while True:
            self._signed()
            if self.takes("=") or self.takes("+="):
                self.expression()
            if not self.takes(","):
                return

    def _foreach(self, start: int) -> Other:
        self.needs("(")
        self.name("a name")
        self.needs_word("IN")
        self._before_bar()
        self.needs("|")
        with self.deeper():
            while self.token.word in CLAUSES:
                self._clause()
        self.needs(")")
        return self._over("FOREACH", start)

    def _load(self, start: int) -> Other:
        self.needs_word("CSV")
        if self.takes_word("WITH"):
            self.needs_word("HEADERS")
        self.needs_word("FROM")
        self.expression()
        self.needs_word("AS")
        name = self.name("a name").text
        if self.takes_word("FIELDTERMINATOR"):
            self.expression()
        return self._over("LOAD CSV", start, name)
