"""Where the lines of a query begin and end when it is shown: each clause on its own."""

from collections.abc import Iterator

from broadsheet.ask.cypher.cursor import CLAUSES
from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.tokens import Kind, tokens


def clause_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each clause and each condition begins and ends, in code points; line ends as they stand. What cannot be read is one line.

    >>> text = "MATCH (f:Film) WHERE f.year > 2000 RETURN f"
    >>> [text[start:end] for start, end in clause_places(text)]
    ['MATCH (f:Film)', 'WHERE f.year > 2000', 'RETURN f']
    """
    begins = [0]
    try:
        read = tokens(text)
    except SyntaxFault:
        read = []
    depth = 0
    for place, token in enumerate(read):
        depth += (token.kind is Kind.SIGN) * ((token.text in "([{") - (token.text in ")]}"))
        before = read[place - 1] if place else None
        second = before is not None and (before.word in {"OPTIONAL", "STARTS", "ENDS"} or (before.kind is Kind.SIGN and before.text in {".", ":", "|"}))
        if place and not depth and (token.word in CLAUSES or token.word == "WHERE") and not second:
            begins.append(token.start)
    begins += [place + 1 for place, one in enumerate(text) if one == "\n"]
    begins = sorted(set(begins))
    for start, end in zip(begins, [*begins[1:], len(text)], strict=True):
        if stripped := text[start:end].rstrip():
            yield start, start + len(stripped)
