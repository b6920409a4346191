"""A state of the loop as its page shows it: the query in pieces that know which sentence speaks of them, what differs, what may be done next."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final, NamedTuple

from broadsheet.ask.amend.chips import Chip, chips
from broadsheet.ask.answer.values import cell, is_node
from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.layout import clause_places
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.tokens import Kind, Token, tokens
from broadsheet.ask.explain.writer import sentences
from broadsheet.ask.loop.asking import is_spelling
from broadsheet.ask.loop.outcome import outcome_of
from broadsheet.ask.loop.records import Act, Found, Option, State, Transcript
from broadsheet.ask.loop.showing import in_words, rests_on
from broadsheet.ask.schema import Naming

KEYWORDS: Final = frozenset(
    "OPTIONAL MATCH WHERE WITH UNWIND RETURN UNION ALL ORDER BY SKIP LIMIT DISTINCT AS AND OR XOR NOT IN IS NULL CASE WHEN THEN ELSE END DESC ASC EXISTS COUNT "
    "CONTAINS STARTS ENDS CALL".split()
)
KINDS: Final = {Kind.STRING: "string", Kind.NUMBER: "number", Kind.QUOTED: "name", Kind.PARAMETER: "number"}
PARTS: Final = {
    "label": "Label", "direction": "Direction", "relation": "Relation", "filter": "Condition", "literal": "Value", "returned": "Column",
    "distinct": "Each row once", "order": "Order", "limit": "At most so many rows",
}  # fmt: skip
CHOICES: Final = {
    "direction": (("right", "to the right →"), ("left", "← to the left"), ("either", "either way")),
    "distinct": (("yes", "yes"), ("-", "no")),
}
"""Parts of which there are few values, and how those are called."""
DEEPEST: Final = 6
TYPED: Final = (
    ("; or: parts, edit N NEW, query CYPHER.", "; or change a part by hand, or write the query yourself: both stand below."),
    ("Write one: query MATCH ... RETURN ..., or quit and ask otherwise.", "Write one yourself, or ask otherwise: both stand below."),
)
"""What mends a step where commands are typed, and where buttons are pressed."""


class Piece(NamedTuple):
    """Some of a text, with the classes of its looks."""

    text: str
    looks: str = ""


class Line(NamedTuple):
    """A line of the query, and the number of the sentence that speaks of it (0: none does); `begins` where it is the first of those."""

    of: int
    begins: bool
    pieces: tuple[Piece, ...]


class Said(NamedTuple):
    """A sentence of the explanation, by its number, without it."""

    number: int
    text: str


class Part(NamedTuple):
    """A part of the query that can be changed by hand: its number, what it is, what stands there, and what may stand there where that is little."""

    number: int
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]


class Branch(NamedTuple):
    """A state in the list of all: what it came to in a few words, and how many steps it is from the first."""

    number: int
    parent: int | None
    depth: int
    said: str
    result: str


def shown_of(made: Transcript) -> dict[str, Any]:
    """Return what the page of a loop shows, by the names that its template has for it."""
    state, last = made.state, made.happened[-1]
    query = None if state is None or state.query is None else parse(state.query).query
    why = last.event.act is Act.WHY and not last.fault
    return {
        "made": made,
        "state": state,
        "last": last,
        "fault_lines": tuple(map(on_page, last.fault)),
        "lines": () if state is None else tuple(query_lines(state, query)),
        "sayings": () if query is None else sayings(query),
        "findings": () if state is None else tuple((number, one, fix_words(state, one)) for number, one in enumerate(state.findings, 1)),
        "parts": () if query is None else tuple(map(_part, range(1, 1000), chips(query))),
        "diff": None if state is None else _before(made, state),
        "beside": () if state is None or state.compared is None else tuple(_beside(state, made.graph.naming)),
        "rows": () if state is None or state.preview is None else tuple(_rows(state, made.graph.naming)),
        "is_misspelt": state is not None and bool(state.options) and is_spelling(state.options[0]),
        "options": () if state is None else tuple(_options(made, state)),
        "branches": branches(made),
        "why_row": max(last.event.number, 1) if why else 0,
        "is_why_not": last.event.act is Act.WHY_NOT and not last.fault,
        "kept_words": last.event.text if last.fault else "",
        # What rows are called by can be sorted by, whatever the table.
        "sortable": next((named[-1] for named in made.graph.naming.values()), ""),
        "acts": {"amend": Act.AMEND, "query": Act.WRITE, "why not": Act.WHY_NOT},
    }


def on_page(line: str) -> str:
    """Return what is told of a fault, with what can be done on the page in the place of what is typed in a terminal.

    >>> on_page("There is no query yet."), on_page("Name a value; or: parts, edit N NEW, query CYPHER.")
    ('There is no query yet.', 'Name a value; or change a part by hand, or write the query yourself: both stand below.')
    """
    for typed, pressed in TYPED:
        line = line.replace(typed, pressed)
    return line


def sayings(query: Query) -> tuple[Said, ...]:
    """Return the sentences of an explanation.

    >>> [one.text for one in sayings(parse("MATCH (f:Film) RETURN f.title").query)]
    ['Find a Film called f.', 'Give back the title of f.']
    """
    return tuple(Said(number, one.text.partition(" ")[2]) for number, one in enumerate(sentences(query), 1))


def query_lines(state: State, query: Query | None) -> Iterator[Line]:
    """Yield the lines of a state's query, each clause on its own, in pieces: what a word is, and which finding is about it."""
    text, speaks = state.text, []
    if query is not None and state.text == state.query:
        speaks = [(one.clause.place, number) for number, one in enumerate(sentences(query), 1) if one.clause is not None]
    looks = [*_token_looks(text), *((*one.span, f"found {one.severity}") for one in state.findings)]
    begun: set[int] = set()
    for start, end in clause_places(text):
        of = next((number for place, number in speaks if place[0] <= start < place[1]), 0)
        yield Line(of, of > 0 and of not in begun, tuple(_pieces(text, start, end, looks)))
        begun.add(of)


def _pieces(text: str, start: int, end: int, looks: Sequence[tuple[int, int, str]]) -> Iterator[Piece]:
    """Cut a line wherever its looks change. A finding without width is shown at the letter that it stands before."""
    wide = [(first, max(last, first + 1), name) for first, last, name in looks if first < end and max(last, first + 1) > start]
    edges = sorted({start, end, *(min(max(edge, start), end) for first, last, _ in wide for edge in (first, last))})
    for left, right in pairwise(edges):
        yield Piece(text[left:right], " ".join(dict.fromkeys(name for first, last, name in wide if first <= left < last)))


def _read(text: str) -> list[Token]:
    try:
        return [one for one in tokens(text) if one.kind is not Kind.END]
    except SyntaxFault:
        return []


def _token_looks(text: str) -> Iterator[tuple[int, int, str]]:
    before = ""
    for one in _read(text):
        if before in {":", "|"} and one.kind in {Kind.NAME, Kind.QUOTED}:
            yield one.start, one.end, "name"
        elif one.word in KEYWORDS and before != ".":
            yield one.start, one.end, "keyword"
        elif one.kind in KINDS:
            yield one.start, one.end, KINDS[one.kind]
        before = one.text


def differing(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return two queries in pieces, each clause on a line of its own, what stands in one alone marked `gone` and `come`.

    >>> old, new = differing("RETURN f LIMIT 3", "RETURN f LIMIT 5")
    >>> [one.text for one in old if one.looks], [one.text for one in new if one.looks]
    (['3'], ['5'])
    """
    old, new = (_words("\n".join(text[start:end] for start, end in clause_places(text))) for text in (before, after))
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left += [Piece("".join(old[first:last]), "" if tag == "equal" else "gone")] if first < last else []
        right += [Piece("".join(new[begin:end]), "" if tag == "equal" else "come")] if begin < end else []
    return tuple(left), tuple(right)


def _words(text: str) -> list[str]:
    """Return a text as its tokens and what is between them."""
    found, at = [], 0
    for one in _read(text):
        found += [text[at : one.start]] if one.start > at else []
        found.append(text[one.start : one.end])
        at = one.end
    return [*found, text[at:]] if at < len(text) else found


def fix_words(state: State, found: Found) -> str:
    """Return in words what the one change that mends a finding does; nothing where there is none.

    >>> fault = Found(code="OUT_OF_DOMAIN", severity="error", span=(7, 8), message="", fix=((7, 8, "3"),))
    >>> fix_words(State(number=1, parent=None, text="LIMIT -1"), fault.model_copy(update={"fix": ((6, 8, "3"),)}))
    'Write 3 in place of -1'
    """
    said = []
    for start, end, new in found.fix:
        old = state.text[start:end].strip()
        said.append(f"write {new.strip()} in place of {old}" if old and new else f"put in {new.strip()}" if new else f"take {old} away")
    words = ", and ".join(said)
    return words[:1].upper() + words[1:]


def _part(number: int, chip: Chip) -> Part:
    return Part(number, PARTS[chip.kind], chip.value, CHOICES.get(chip.kind, ()))


def _before(made: Transcript, state: State) -> tuple[tuple[Piece, ...], tuple[Piece, ...]] | None:
    """Return the query of the state before and this one's, where both have one and they differ."""
    parent = None if state.parent is None else made.states[state.parent - 1]
    if parent is None or parent.query is None or state.query is None or parent.query == state.query:
        return None
    return differing(parent.query, state.query)


def _options(made: Transcript, state: State) -> Iterator[tuple[Option, str, tuple[Piece, ...]]]:
    """Yield what words may mean: each meaning, how it is called, and of a changed query which of it is new."""
    parent = None if state.parent is None else made.states[state.parent - 1]
    for one in state.options:
        query = differing(parent.query, one.query)[1] if one.query and parent is not None and parent.query else ()
        yield one, one.meaning.removesuffix(f": {one.query}") if query else one.meaning, query


def _beside(state: State, naming: Naming) -> Iterator[tuple[str, str, str]]:
    """Yield what became of rows: how it is called, the row before, the row now."""
    assert state.compared is not None
    for before, after in state.compared.changed:
        yield "changed", _row_words(before, naming), _row_words(after, naming)
    for row in state.compared.removed:
        yield "went", _row_words(row, naming), ""
    for row in state.compared.added:
        yield "came", "", _row_words(row, naming)


def _row_words(row: Sequence[Any], naming: Naming) -> str:
    return " · ".join(cell(value, naming) for value in row)


def _rows(state: State, naming: Naming) -> Iterator[tuple[int, tuple[tuple[str, str], ...], str]]:
    """Yield the rows that are shown: the number, each cell with the label of a node, and what the row rests on beside what stands in it."""
    assert state.preview is not None
    for number, (row, told) in enumerate(zip(state.preview.rows, in_words(state, naming), strict=True), 1):
        cells = tuple((said, value["label"] if is_node(value) else "") for value, said in zip(row, told, strict=True))
        yield number, cells, "; ".join(rests_on(state.preview, number, naming))


def branches(made: Transcript) -> tuple[Branch, ...]:
    """Return all states, each with how deep it lies below the first."""
    depth: dict[int, int] = {}
    found = []
    for one in made.states:
        depth[one.number] = 0 if one.parent is None else depth[one.parent] + 1
        said = one.query or (f"Asks what {one.options[0].words!r} means" if one.options else one.text or "No query")
        rows = one.preview.total if one.preview is not None and not one.preview.fault else None
        result = outcome_of(one).value if rows is None else f"{rows:,} row{'' if rows == 1 else 's'}"
        found.append(Branch(one.number, one.parent, min(depth[one.number], DEEPEST), said, result))
    return tuple(found)
