"""The query language of arXiv's API: fields, dates, AND, OR, ANDNOT, brackets."""

import re
from collections.abc import Callable, Iterator

from broadsheet.sample.arxiv.archive import Known

Holds = Callable[[Known], bool]
_TOKEN = re.compile(r'\s*(\(|\)|(?:[a-zA-Z]+:)?(?:"[^"]*"|\[[^\]]*\])|[^\s()]+)')
_WORDS = {"AND", "OR", "ANDNOT"}


def matcher(query: str) -> Holds:
    """Return which papers fit a query. Raises ValueError for one that cannot be read."""
    tokens = [token for token in _TOKEN.findall(query) if token]
    if not tokens:
        raise ValueError("the query is empty")
    reader = iter([*tokens, ""])
    holds, rest = _read(reader, next(reader))
    if rest:
        raise ValueError(f"{rest!r} is not expected")
    return holds


def _read(tokens: Iterator[str], token: str) -> tuple[Holds, str]:
    """Read a chain of terms, left to right as the API does; return it with the token behind it."""
    holds, token = _term(tokens, token)
    while token not in {"", ")"}:
        word = token if token in _WORDS else "OR"
        right, token = _term(tokens, next(tokens, "") if token in _WORDS else token)
        holds = _joined(word, holds, right)
    return holds, token


def _term(tokens: Iterator[str], token: str) -> tuple[Holds, str]:
    if token == "(":  # noqa: S105 - a token of the query
        holds, end = _read(tokens, next(tokens, ""))
        if end != ")":
            raise ValueError("a bracket is not closed")
        return holds, next(tokens, "")
    if not token or token in {")", *_WORDS}:
        raise ValueError("a term is missing")
    return _field(token), next(tokens, "")


def _joined(word: str, left: Holds, right: Holds) -> Holds:
    if word == "AND":
        return lambda paper: left(paper) and right(paper)
    return (lambda paper: left(paper) and not right(paper)) if word == "ANDNOT" else (lambda paper: left(paper) or right(paper))


def _field(token: str) -> Holds:
    name, colon, value = token.partition(":")
    name, value = (name, value.strip('"')) if colon else ("all", token.strip('"'))
    if name in {"submittedDate", "lastUpdatedDate"}:
        place = 0 if name == "submittedDate" else -1
        low, high = _span(value)
        return lambda paper: low <= paper.versions[place].submitted.strftime("%Y%m%d%H%M") <= high
    if name == "cat":
        return lambda paper: any(one == value or (value.endswith("*") and one.startswith(value.rstrip("*"))) for one in paper.categories)
    texts: dict[str, Callable[[Known], str]] = {
        "ti": lambda paper: paper.versions[-1].title,
        "abs": lambda paper: paper.versions[-1].text,
        "au": lambda paper: " ".join(paper.newest.creators),
        "co": lambda paper: paper.versions[-1].comment,
        "id": lambda paper: paper.id,
    }
    texts["all"] = lambda paper: " ".join(text(paper) for key, text in texts.items() if key != "all")
    if name not in texts:
        raise ValueError(f"{name!r} is no field")
    said = value.lower().replace("_", " ")
    return lambda paper: said in texts[name](paper).lower()


def _span(value: str) -> tuple[str, str]:
    bounds = re.fullmatch(r"\[\s*(\d{8,14}|\*)\s*(?:TO|\+TO\+)\s*(\d{8,14}|\*)\s*\]", value)
    if not bounds:
        raise ValueError(f"{value!r} is no span of dates")
    low, high = bounds.groups()
    return low[:12].ljust(12, "0").replace("*", "0"), "9" * 12 if high == "*" else high[:12].ljust(12, "9")
