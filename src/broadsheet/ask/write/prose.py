"""A model's explanation held against the query: what it leaves out is found, to be appended, and what it says that the query does not."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.functions import AGGREGATES
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    HasLabels,
    IsNull,
    Label,
    Labels,
    Labels_,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    NoLabel,
    Path,
    Projection,
    Property,
    Query,
    RelationPattern,
    Unary,
)  # fmt: skip
from broadsheet.ask.cypher.printer import canonical, labels_text, written
from broadsheet.ask.explain.writer import in_words
from broadsheet.ask.question.words import parts, root

_NO = r"(?<!no )(?<!not )(?<!n't )"
_EQUAL = r"(?! or (?:equal|the same|in))"
# What says a comparison; one that is denied says another.
_SAYS = {
    sign: re.compile(said, re.IGNORECASE)
    for sign, said in {
        ">": rf"{_NO}\b(?:greater|more|larger|higher|bigger|later|newer) than\b{_EQUAL}|\b(?:above|over|after|exceed\w*|beyond)\b|(?<![-=<])>(?!=)",
        "<": rf"{_NO}\b(?:less|fewer|smaller|lower|earlier|older) than\b{_EQUAL}|\b(?:below|under|before)\b|<(?![-=>])",
        ">=": r"\bat least\b|\bor (?:more|later|above|greater|higher|newer|equal|after)\b|\b(?:no|not) (?:less|fewer|earlier|lower|before)\b|\b(?:since|minimum|onwards?)\b|>=|≥",
        "<=": r"\bat most\b|\bor (?:less|fewer|earlier|below|lower|older|equal|before)\b|\b(?:no|not) (?:more|later|greater|higher|after)\b|\b(?:up to|until|maximum)\b|<=|≤",
        "<>": r"\bnot\b|n't\b|\b(?:other than|different|differs?|except|exclud\w*|unequal|without)\b|<>|!=|≠",
        "CONTAINS": r"\bcontain|\binclud|\bhas\b|\bhaving\b", "STARTS WITH": r"\b(?:start|begin)", "ENDS WITH": r"\bend", "=~": r"\bmatch|\bpattern|\bregular",
        "IN": r"\bone of\b|\bamong\b|\beither\b|\bany of\b|\bin\b|\bor\b|\blist\b",
    }.items()
}  # fmt: skip
_AGGREGATE = {
    "count": r"\bcount|\bnumber of\b|\bhow many\b", "sum": r"\bsum|\btotal|\badd", "avg": r"\baverage|\bmean\b", "min": r"\bmin|\bleast\b|\blowest|\bsmallest|\bearliest|\bfirst",
    "max": r"\bmax|\bgreatest|\bhighest|\blargest|\blatest|\bmost\b|\blast\b", "collect": r"\bcollect|\blist|\bgather",
}  # fmt: skip
_ONCE = re.compile(r"\bdistinct|\bunique|\bdifferent|\bonce\b|\bduplicat", re.IGNORECASE)
_OPTIONAL = re.compile(r"\boptional|\bif (?:any|there|it|they|one|available)|\bwhere (?:there|available)|\beven (?:if|when)|\bwhether or not\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot\b|n't\b|\bno\b|\bnever\b|\bwithout\b|\bexclud|\bexcept|\bneither\b|\black", re.IGNORECASE)
_MISSING = re.compile(r"\bmissing|\bnull\b|\bno\b|\bempty|\bunknown|\bnot\b|n't\b|\bwithout\b|\black", re.IGNORECASE)
_PRESENT = re.compile(r"\bexist|\bknown|\bnot null\b|\bpresent|\bis there\b|\bhas\b|\bhave\b|\bset\b|\bnon-null", re.IGNORECASE)
_SORTED = re.compile(
    r"\bsort|\border|\brank|\barrang|\bhighest|\blowest|\btop\b|\blargest|\bsmallest|\bnewest|\boldest|\blatest|\bearliest|\bmost\b|\bleast\b", re.IGNORECASE
)
_DOWN = re.compile(r"\bdesc|\bhigh(?:est)? (?:to|first)|\bhighest|\btop\b|\blargest|\bmost\b|\bnewest|\blatest|\bbiggest|\bgreatest|\breverse", re.IGNORECASE)
_LIMITED = re.compile(r"\blimit|\bfirst\b|\btop\b|\bat most\b|\bonly\b|\bup to\b|\bmaximum|\bno more than\b|\bat maximum\b|\bone\b|\bsingle\b", re.IGNORECASE)
_SKIPPED = re.compile(r"\bskip|\bwithout the first|\bleav|\bafter the first|\boffset|\bpass", re.IGNORECASE)
_EITHER = re.compile(r"\b(?:either|any|both) (?:way|direction)|\bundirected|\bregardless|\bto or from\b|\bwhichever", re.IGNORECASE)
# What says for certain that there is an order, and that nothing is there twice.
_ORDERED = re.compile(r"\bsort(?:s|ed|ing)?\b|\bdescending|\bascending|\bordered by|\b(?:highest|lowest|newest|oldest) first", re.IGNORECASE)
_TWICE = re.compile(r"\bdistinct\b|\bduplicates?\b|\beach (?:row )?once\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)['\"\u201c\u2018`](?=\w)([^'\"\u201c\u201d\u2018\u2019`\n]{2,80})['\"\u201d\u2019`](?!\w)")
_SENTENCE = re.compile(r"[.!?](?=\s|\Z)|\n|;")
_NUMBERED = re.compile(r"^\s*(?:[-*#]+\s*)?(?:step\s+)?\d+\s*[.):]\s", re.MULTILINE | re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])(?P<minus>[-\u2212]|(?:minus|negative)\s+)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)", re.IGNORECASE)
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class _Sentence(NamedTuple):
    text: str
    roots: tuple[str, ...]


def left_out(query: Query, prose: str) -> tuple[str, ...]:
    """Return what a query says and its explanation does not, in words, each once.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> query = parse("MATCH (p:Person)-[:DIRECTED]->(f:Film) WHERE f.year > 2020 RETURN DISTINCT p.name LIMIT 3").query
    >>> left_out(query, "The name of each person who directed a film after that year. At most 3 rows.")
    ('the year of f is greater than 2020', 'each row once')
    """
    found = list(dict.fromkeys(_Held(query, prose).missing()))
    # What stands within something else that is appended is said by it.
    return tuple(one for one in found if not any(one != other and one.removeprefix("the value ").removeprefix("of the kind ") in other for other in found))


def made_up(query: Query, prose: str) -> tuple[str, ...]:
    """Return what an explanation says and the query does not: numbers and quoted texts that stand nowhere in it, an order, rows once.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> made_up(parse("MATCH (f:Film) WHERE f.year > 2020 RETURN f.title").query, "Films after 2019, sorted by title.")
    ('2019', 'an order')
    """
    prose = _NUMBERED.sub("", prose)
    nodes = list(walk(query))
    own = {part.replace("_", " ") for part in re.split(r"[^\w.-]+", canonical(query))}
    held = [one.value for one in nodes if isinstance(one, Literal_)]
    numbers = [match[0] for match in _NUMBER.finditer(prose) if not _is_held(match, held) and match["digits"] not in own]
    # Small numbers count steps, nodes and the like.
    found = [one for one in numbers if float(one.strip("-\u2212").split()[-1].replace(",", "")) > len(_SMALL)]
    texts = " ".join(str(one) for one in held if isinstance(one, str)).lower()
    names = canonical(query).lower()
    found += [match[0] for match in _QUOTED.finditer(prose) if match[1].lower() not in texts and match[1].lower() not in names]
    projections = [one for one in nodes if isinstance(one, Projection)]
    if _ORDERED.search(prose) and not any(one.order for one in projections):
        found.append("an order")
    if _TWICE.search(prose) and not any(one.distinct for one in nodes if isinstance(one, Projection | Function)):
        found.append("that something is there once")
    return tuple(dict.fromkeys(found))


def _is_held(match: re.Match[str], held: Iterable[object]) -> bool:
    number = float(match["digits"].replace(",", ""))
    return any(match["digits"] in one if isinstance(one, str) else isinstance(one, int | float) and abs(one) == number for one in held)


class _Held:
    """A query and what was said of it, sentence by sentence."""

    def __init__(self, query: Query, prose: str) -> None:
        # The number of a step is no number of the query.
        prose = _NUMBERED.sub("", prose)
        self._query, self._prose = query, " ".join(prose.split())
        self._sentences = [_Sentence(one, tuple(map(root, parts(one)))) for one in _SENTENCE.split(prose) if one and one.strip()]
        self._all = frozenset(one for sentence in self._sentences for one in sentence.roots)
        self._labels = {node.name: node.labels for node in walk(query) if isinstance(node, NodePattern) and node.name and node.labels is not None}

    def missing(self) -> Iterator[str]:
        """Yield what is not said, in the order of the tree."""
        for node in walk(self._query):
            match node:
                case Path():
                    yield from self._of_path(node)
                case Match(optional=True) if not _OPTIONAL.search(self._prose):
                    yield f"if there is one: {', '.join(map(written, node.paths))}"
                case NodePattern() | RelationPattern():
                    yield from self._of_labels(node.labels if isinstance(node, NodePattern) else node.types)
                    if isinstance(node.properties, MapOf):
                        yield from (f"the {key} is {in_words(value)}" for key, value in node.properties.entries if not self._has_value(key, value))
                case HasLabels():
                    yield from self._of_labels(node.labels)
                case Projection():
                    yield from self._of_projection(node)
                case Binary() | Unary(sign="NOT") | IsNull() | Function() | Property() | Literal_():
                    yield from self._of_expression(node)

    def _of_path(self, path: Path) -> Iterator[str]:
        for place in range(1, len(path.elements), 2):
            before, relation, after = path.elements[place - 1 : place + 2]
            if isinstance(relation, RelationPattern) and isinstance(before, NodePattern) and isinstance(after, NodePattern):
                if not self._tells(before, relation, after):
                    yield f"the relation goes so: {written(before)}{written(relation)}{written(after)}"
                hops = relation.hops
                counts = [] if hops is None else [count for count in (hops.least, hops.most) if count is not None]
                yield from (f"relations in a row: {count}" for count in counts if not self._has_number(count))

    def _of_labels(self, labels: Labels | None) -> Iterator[str]:
        if labels is not None and any(not self._has_words(name) for name in _names(labels)):
            yield f"of the kind {labels_text(labels)}"

    def _tells(self, before: NodePattern, relation: RelationPattern, after: NodePattern) -> bool:
        """Whether a sentence says which way a relation goes."""
        if relation.towards == "either":
            return bool(_EITHER.search(self._prose)) and all(map(self._has_words, _names(relation.types)))
        start, end = (before, after) if relation.towards == "right" else (after, before)
        names = _names(relation.types) or ([relation.name] if relation.name else [])
        pairs = self._pairs(start, end)
        return bool(names) and all(any(_goes(one.roots, first, _roots(name), last) for one in self._sentences for first, last in pairs) for name in names)

    def _pairs(self, start: NodePattern, end: NodePattern) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return the words by which the ends may be known: their names, and their labels where these tell them apart."""
        kinds = [node.labels or self._labels.get(node.name) for node in (start, end)]
        sides = [[_roots(node.name)] if node.name else [] for node in (start, end)]
        if kinds[0] != kinds[1]:
            sides = [[*side, *([] if kind is None else [_roots(labels_text(kind))])] for side, kind in zip(sides, kinds, strict=True)]
        return [(first, last) for first in sides[0] for last in sides[1]]

    def _of_projection(self, node: Projection) -> Iterator[str]:
        if node.distinct and not _ONCE.search(self._prose):
            yield "each row once"
        for one in node.order:
            if not _SORTED.search(self._prose):
                yield f"sorted by {in_words(one.expression)}{' from high to low' if one.descending else ''}"
            elif one.descending and not _DOWN.search(self._prose):
                yield f"{in_words(one.expression)} from high to low"
        for bound, says, said in ((node.limit, _LIMITED, "at most {} rows"), (node.skip, _SKIPPED, "without the first {} rows")):
            if bound is not None and not self._has_bound(bound, says):
                yield said.format(in_words(bound))

    def _has_bound(self, bound: Expression, says: re.Pattern[str]) -> bool:
        number = bound.value if isinstance(bound, Literal_) else None
        return any(says.search(one.text) and (number is None or _has_number(one.text, number)) for one in self._sentences)

    def _of_expression(self, node: Expression) -> Iterator[str]:
        match node:
            case Binary() if (says := _SAYS.get(node.sign)) is not None:
                if not any(says.search(one.text) and all(_says(one, side) for side in (node.left, node.right)) for one in self._sentences):
                    yield in_words(node)
            case Binary(sign="=") if not all(any(_says(one, side) for one in self._sentences) for side in (node.left, node.right)):
                yield in_words(node)
            case Unary() if not _NOT.search(self._prose):
                yield in_words(node)
            case IsNull() if not (_PRESENT if node.negated else _MISSING).search(self._prose):
                yield in_words(node)
            case Function() if node.name in AGGREGATES and not re.search(_AGGREGATE.get(node.name, re.escape(node.name)), self._prose, re.IGNORECASE):
                yield in_words(node)
            case Function(distinct=True) if not _ONCE.search(self._prose):
                yield in_words(node)
            case Property() if not self._has_words(node.key):
                yield in_words(node)
            case Literal_() if not any(_says(one, node) for one in self._sentences):
                yield f"the value {in_words(node)}"

    def _has_value(self, key: str, value: Expression) -> bool:
        return self._has_words(key) and any(_says(one, value) for one in self._sentences)

    def _has_words(self, name: str) -> bool:
        return self._all.issuperset(_roots(name)) and bool(_roots(name) or name in self._prose)

    def _has_number(self, number: float) -> bool:
        return _has_number(self._prose, number)


def _says(sentence: _Sentence, side: Expression) -> bool:
    """Whether a sentence names what stands on one side of a comparison: its value, or its property."""
    match side:
        case Literal_(value=None):
            return True
        case Literal_(value=bool() as value):
            return str(value).lower() in sentence.text.lower()
        case Literal_(value=str() as value):
            return " ".join(value.split()).lower() in " ".join(sentence.text.split()).lower()
        case Literal_(value=int() | float() as value):
            return _has_number(sentence.text, value)
        case Property():
            return set(sentence.roots).issuperset(_roots(side.key))
    return True


def _has_number(text: str, number: object) -> bool:
    if not isinstance(number, int | float):
        return str(number) in text
    found = {float(one["digits"].replace(",", "")) * (-1 if one["minus"] else 1) for one in _NUMBER.finditer(text)}
    small = _SMALL[int(number)] if number in range(len(_SMALL)) else ""
    return float(number) in found or bool(small and re.search(rf"\b{small}\b", text, re.IGNORECASE))


def _goes(said: tuple[str, ...], start: tuple[str, ...], kind: tuple[str, ...], end: tuple[str, ...]) -> bool:
    """Whether words name a start, a relation and an end in this order, or, where the relation is told with `by`, the other way round."""
    for at in _places(said, kind):
        behind = said[at + len(kind) :]
        # `directed by`, and `a relation DIRECTED from`: what comes behind is where it starts.
        first, last = (end, start) if {"by", "from"} & set(behind[:2]) else (start, end)
        if list(_places(said[:at], first)) and list(_places(behind, last)):
            return True
    return False


def _places(said: tuple[str, ...], wanted: tuple[str, ...]) -> Iterator[int]:
    if wanted:
        yield from (at for at in range(len(said) - len(wanted) + 1) if said[at : at + len(wanted)] == wanted)


def _roots(name: str) -> tuple[str, ...]:
    return tuple(map(root, parts(name)))


def _names(labels: Labels | None) -> list[str]:
    match labels:
        case Label():
            return [labels.name]
        case NoLabel():
            return _names(labels.of)
        case Labels_():
            return [name for part in labels.parts for name in _names(part)]
    return []
