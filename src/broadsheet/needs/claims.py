"""The lines of a file of mentions, as somebody's extractor wrote them; nothing in a line is trusted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.errors import SourceNotFoundError
from broadsheet.needs.normal import without_halves
from broadsheet.needs.records import NeedMention


class Quote(NamedTuple):
    """Words that are said to stand in a post, and where they are said to stand."""

    text: str | None
    start: int | None = None
    end: int | None = None


class Claim(NamedTuple):
    """A mention before it is checked: a need, by its own id or by its level, and quotations of one post."""

    id: str | int
    post: str
    need: str | None
    level: str | int | None
    evidence: tuple[Quote, ...]


class Malformed(NamedTuple):
    """A line that is no mention; its id where one can be read."""

    id: str | int | None = None


def read_claims(path: Path) -> Iterator[Claim | Malformed]:
    """Yield one claim for each line of a file of JSON lines, in their order; a blank line is a malformed one."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines):
                yield parse_claim(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line)
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --mentions.") from None


def parse_claim(line: str | bytes) -> Claim | Malformed:
    """Read one line.

    >>> parse_claim('{"id": "m1", "post_id": 7, "level": 3, "evidence": ["behind on my card"]}')
    Claim(id='m1', post='7', need=None, level=3, evidence=(Quote(text='behind on my card', start=None, end=None),))
    >>> parse_claim("{")
    Malformed(id=None)
    """
    try:
        held = json.loads(line)
    except (ValueError, RecursionError):
        return Malformed()
    if not isinstance(held, dict):
        return Malformed()
    name, post, need, level = (_named(held, *keys) for keys in (("id",), ("post_id", "post"), ("need_id", "need"), ("level",)))
    evidence = _quotes(held.get("evidence"))
    if name is None or post is None or (need is None and level is None) or evidence is None:
        return Malformed(name)
    return Claim(name, str(post), None if need is None else str(need), level, evidence)


def claim_of(mention: NeedMention) -> Claim:
    """Return a mention of our own as a claim that is still to be checked."""
    return Claim(mention.id, mention.post, mention.need, mention.level, tuple(Quote(span.text, span.start, span.end) for span in mention.evidence))


def _named(held: dict[str, Any], *keys: str) -> str | int | None:
    value = next((held[key] for key in keys if key in held), None)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _quotes(evidence: Any) -> tuple[Quote, ...] | None:
    """Return the quotations of a mention; None where one of them is neither text nor a place."""
    listed = evidence if isinstance(evidence, list) else [] if evidence is None else [evidence]
    quotes = tuple(Quote(without_halves(item)) if isinstance(item, str) else _quote(item) for item in listed)
    return None if any(quote is None for quote in quotes) else tuple(quote for quote in quotes if quote)


def _quote(item: Any) -> Quote | None:
    if not isinstance(item, dict):
        return None
    text, start, end = (item.get(key) for key in ("text", "start", "end"))
    start, end = (value if isinstance(value, int) and not isinstance(value, bool) else None for value in (start, end))
    if isinstance(text, str):
        return Quote(without_halves(text), start, end)
    return Quote(None, start, end) if text is None and start is not None and end is not None else None
