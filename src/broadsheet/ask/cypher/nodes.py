"""The tree of a query. Each node has its place in the text, which is no part of what makes two nodes equal."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Place(NamedTuple):
    """Where something stands, in code points of the text."""

    start: int
    end: int


NOWHERE = Place(0, 0)


def within(one: Place, other: Place) -> bool:
    """Whether a place lies in another."""
    return other.start <= one.start and one.end <= other.end


def meet(one: Place, other: Place) -> bool:
    """Whether two places have something in common."""
    return one.start < other.end and other.start < one.end


@dataclass(frozen=True, kw_only=True)
class Node:
    """Anything with a place."""

    place: Place = field(default=NOWHERE, compare=False)


# Expressions.


@dataclass(frozen=True)
class Literal_(Node):  # noqa: N801 - Literal is typing's
    """A number, string, truth value or null; `written` is a number as it was written."""

    value: int | float | str | bool | None
    written: str = field(default="", compare=False)


@dataclass(frozen=True)
class Parameter(Node):
    """A value that is given from outside."""

    name: str


@dataclass(frozen=True)
class Variable(Node):
    """A name that a pattern or a projection has bound."""

    name: str


@dataclass(frozen=True)
class Property(Node):
    """A property of something; `key_place` is where its name stands."""

    of: "Expression"
    key: str
    key_place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class ListOf(Node):
    """A list."""

    items: tuple["Expression", ...]


@dataclass(frozen=True)
class MapOf(Node):
    """A map; `key_places` are where the names of its entries stand."""

    entries: tuple[tuple[str, "Expression"], ...]
    key_places: tuple[Place, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class MapProjection(Node):
    """Properties picked from something: `.key`, `.*`, a variable, or `key: expression`."""

    of: "Expression"
    items: tuple[tuple[Literal["key", "all", "variable", "entry"], str, "Expression | None"], ...]


@dataclass(frozen=True)
class At(Node):
    """An element of a list or map."""

    of: "Expression"
    index: "Expression"


@dataclass(frozen=True)
class Slice(Node):
    """A part of a list."""

    of: "Expression"
    low: "Expression | None"
    high: "Expression | None"


@dataclass(frozen=True)
class Unary(Node):
    """NOT, or a sign."""

    sign: Literal["NOT", "-", "+"]
    of: "Expression"


@dataclass(frozen=True)
class Binary(Node):
    """Two expressions with an operator between, its name in capitals."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class IsNull(Node):
    """IS NULL or IS NOT NULL."""

    of: "Expression"
    negated: bool


@dataclass(frozen=True)
class HasLabels(Node):
    """Whether something has labels."""

    of: "Expression"
    labels: "Labels"


@dataclass(frozen=True)
class Function(Node):
    """A call of a function, its name as it was written; `count(*)` has a star."""

    name: str
    arguments: tuple["Expression", ...]
    distinct: bool = False
    star: bool = False


@dataclass(frozen=True)
class Case(Node):
    """CASE, of a subject or of none."""

    subject: "Expression | None"
    whens: tuple[tuple["Expression", "Expression"], ...]
    otherwise: "Expression | None"


@dataclass(frozen=True)
class Comprehension(Node):
    """A list made of another."""

    variable: str
    source: "Expression"
    where: "Expression | None"
    make: "Expression | None"


@dataclass(frozen=True)
class PatternComprehension(Node):
    """A list made of every match of a pattern."""

    variable: str
    path: "Path"
    where: "Expression | None"
    make: "Expression"


@dataclass(frozen=True)
class Quantified(Node):
    """ALL, ANY, NONE or SINGLE of a list."""

    which: Literal["ALL", "ANY", "NONE", "SINGLE"]
    variable: str
    source: "Expression"
    where: "Expression"


@dataclass(frozen=True)
class Reduce(Node):
    """A list folded into one value."""

    total: str
    start: "Expression"
    variable: str
    source: "Expression"
    make: "Expression"


@dataclass(frozen=True)
class PatternTest(Node):
    """Whether a pattern has a match."""

    path: "Path"


@dataclass(frozen=True)
class Subquery(Node):
    """EXISTS, COUNT or COLLECT of a query."""

    which: Literal["EXISTS", "COUNT", "COLLECT"]
    query: "Query"


Expression = (
    Literal_ | Parameter | Variable | Property | ListOf | MapOf | MapProjection | At | Slice | Unary | Binary | IsNull | HasLabels | Function | Case
    | Comprehension | PatternComprehension | Quantified | Reduce | PatternTest | Subquery
)  # fmt: skip


# Patterns.


@dataclass(frozen=True)
class Label(Node):
    """One label or type."""

    name: str


@dataclass(frozen=True)
class AnyLabel(Node):
    """`%`: any label at all."""


@dataclass(frozen=True)
class NoLabel(Node):
    """Not such labels."""

    of: "Labels"


@dataclass(frozen=True)
class Labels_(Node):  # noqa: N801 - Labels is any of them
    """Labels of which all (`&`) or one (`|`) must be there."""

    sign: Literal["&", "|"]
    parts: tuple["Labels", ...]


Labels = Label | AnyLabel | NoLabel | Labels_


@dataclass(frozen=True)
class NodePattern(Node):
    """`(name:Label {key: value} WHERE ...)`."""

    name: str = ""
    labels: Labels | None = None
    properties: MapOf | Parameter | None = None
    where: Expression | None = None


@dataclass(frozen=True)
class Hops(Node):
    """How many relations stand in a row: from `least` to `most`, None where nothing is said."""

    least: int | None
    most: int | None


Towards = Literal["right", "left", "either"]
# The direction of a relation, seen from its other node.
OTHER_WAY: dict[Towards, Towards] = {"right": "left", "left": "right", "either": "either"}


@dataclass(frozen=True)
class RelationPattern(Node):
    """`-[name:TYPE*1..3 {key: value}]->`; `towards` is the direction from the node before it."""

    name: str = ""
    types: Labels | None = None
    towards: Towards = "right"
    hops: Hops | None = None
    properties: MapOf | Parameter | None = None
    where: Expression | None = None


@dataclass(frozen=True)
class Path(Node):
    """Nodes and relations in turn, the first and the last a node; `name` and `function` (shortestPath, allShortestPaths) where there are any."""

    elements: tuple[NodePattern | RelationPattern, ...]
    name: str = ""
    function: str = ""


# Clauses.


@dataclass(frozen=True)
class Match(Node):
    """MATCH or OPTIONAL MATCH."""

    paths: tuple[Path, ...]
    optional: bool = False
    where: Expression | None = None


@dataclass(frozen=True)
class Unwind(Node):
    """A row for each element of a list."""

    source: Expression
    name: str


@dataclass(frozen=True)
class Projected(Node):
    """An expression that is passed on; `name` is empty where none is given."""

    expression: Expression
    name: str = ""


@dataclass(frozen=True)
class Sorted(Node):
    """An expression to sort by."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True)
class Projection(Node):
    """WITH or RETURN: what is passed on, in which order, and how much of it."""

    which: Literal["WITH", "RETURN"]
    items: tuple[Projected, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[Sorted, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None
    where: Expression | None = None


@dataclass(frozen=True)
class SubCall(Node):
    """`CALL { ... }`: a query for each row; `imports` are the names in `CALL (a, b) { ... }`, a star for all, None where it has no brackets."""

    query: "Query"
    imports: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Other(Node):
    """A clause that is read over and never run: it writes, calls a procedure, or loads a file. `words` is its text."""

    which: str
    words: str
    names: tuple[str, ...] = ()


Clause = Match | Unwind | Projection | SubCall | Other


@dataclass(frozen=True)
class Single(Node):
    """Clauses in a row."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Query(Node):
    """One single query, or several with UNION between them: `all` says of each UNION whether it keeps what is there twice."""

    parts: tuple[Single, ...]
    all: tuple[bool, ...] = ()
