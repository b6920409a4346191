"""The query in what a language model replied: thoughts, fences and talk around it are taken off, and told."""

import json
import re
from typing import NamedTuple

from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.nodes import Projection
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.tokens import Kind, tokens

# A thought that never ends takes all that follows; what stands before the end of one that never began is one too.
_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)\s*>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?P<mark>```+|~~~+)[^\n`]*\n(?P<inner>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_TICKED = re.compile(r"`(?P<inner>[^`\n]*\b(?i:MATCH|RETURN)\b[^`\n]*)`")
# Where a query may begin: the first word of a line, or what stands behind a colon on it.
_BEGINS = re.compile(r"^[ \t]*(?:[\w ]{1,40}:[ \t]*)?(?=(?:MATCH|OPTIONAL[ \t]+MATCH|UNWIND|WITH|RETURN|CALL)\b[ \t\n]*[\w(*\[{'\"])", re.MULTILINE)
# Where it may begin within a line.
_WITHIN = re.compile(r"\b(?:OPTIONAL\s+)?MATCH\s*\(", re.IGNORECASE)
_RETURN = re.compile(r"\bRETURN\b")


# Characters of a reply without a query that are told.
SHOWN = 80


class Taken(NamedTuple):
    """The query in a reply, or None; and what was taken off, or why there is none."""

    query: str | None
    notes: tuple[str, ...] = ()


def query_of(reply: str) -> Taken:
    r"""Return the one query in a reply, as it was written; what is wrong with it is for the checker to say.

    >>> query_of("<think>Films...</think>\nHere you are:\n```cypher\nMATCH (f:Film) RETURN f\n```\nIt lists films.")
    Taken(query='MATCH (f:Film) RETURN f', notes=('thoughts were taken off', 'a fence was taken off'))
    >>> query_of("MATCH (f:Film) RETURN f; MATCH (f) DELETE f").query is None
    True
    """
    notes: list[str] = []
    text = _THOUGHT_END.sub("", _THOUGHT.sub("", reply))
    if text != reply:
        notes.append("thoughts were taken off")
    blocks = [match["inner"].strip() for match in _FENCE.finditer(text) if match["inner"].strip()]
    if blocks:
        notes.append("a fence was taken off")
        blocks = [one for one in blocks if _BEGINS.search(one)] or blocks
        if len(dict.fromkeys(blocks)) > 1:
            return Taken(None, (*notes, f"the reply has {len(blocks)} queries, and only one can be run"))
        text = blocks[0]
    text = _out_of_json(text.strip())
    query, behind = (text, "") if parse(text).query is not None else _without_talk(text)
    if query is None:
        return Taken(None, (*notes, f"there is no query in the reply: {' '.join(text.split())[:SHOWN]!r}"))
    if query != text:
        notes.append("words around it were taken off")
    if (number := _statements(query) + _begun(behind)) > 1:
        return Taken(None, (*notes, f"the reply has {number} queries, and only one can be run"))
    return Taken(query, tuple(notes))


def _out_of_json(text: str) -> str:
    """Return the query in an object that has nothing else in it, for models that answer so unasked."""
    if not text.startswith("{"):
        return text
    try:
        held = json.loads(text)
    except ValueError:
        return text
    return next((held[key] for key in ("query", "cypher") if isinstance(held, dict) and isinstance(held.get(key), str)), text)


def _without_talk(text: str) -> tuple[str | None, str]:
    """Return what is left from the first clause on, without lines behind it that make it none; and those lines."""
    begins = _BEGINS.search(text)
    ticked = _TICKED.search(text)
    if ticked is not None and (begins is None or ticked.start() <= begins.start()):
        return ticked["inner"].strip(), text[ticked.end() :]
    within = _WITHIN.search(text)
    if begins is None and within is None:
        return None, ""
    start = min(one for one in (begins and begins.end(), within and within.start()) if one is not None)
    if text[:start].rstrip().endswith(";"):
        # What ends before it with a semicolon is a statement too, whatever it is.
        return text, ""
    query = text[start:].strip()
    if parse(query).query is None:
        ends = (match.start() for match in reversed(list(re.finditer("\n", query))))
        end = next((end for end in ends if parse(query[:end]).query is not None), None)
        if end is not None:
            return query[:end].strip(), query[end:]
    return query, ""


def _begun(text: str) -> int:
    """Return how many more queries stand in the lines behind one."""
    return len(_BEGINS.findall(text)) if _RETURN.search(text) else 0


def _statements(text: str) -> int:
    """Return how many queries stand in a text: between semicolons that are no part of a string, a name or a comment, and behind a RETURN."""
    count, inside = 0, False
    try:
        read = tokens(text)
    except SyntaxFault:
        return 1
    for token in read:
        if token.kind is Kind.END or (token.kind is Kind.SIGN and token.text == ";"):
            count, inside = count + inside, False
        else:
            inside = True
    query = parse(text).query
    if query is not None:
        count += sum(isinstance(one, Projection) and one.which == "RETURN" for part in query.parts for one in part.clauses[:-1])
    return count
