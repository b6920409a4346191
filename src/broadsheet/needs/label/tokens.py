"""Words of a text with their places, spans as tags of words, and tags as spans."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from broadsheet.needs.records import Span

OUTSIDE, BEGINS, GOES_ON = "O", "B-", "I-"
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")


class Tagged(NamedTuple):
    """A span and its kind."""

    kind: str
    span: Span


class Token(NamedTuple):
    """A run of letters, a run of digits, or one other sign, at its place."""

    text: str
    start: int
    end: int


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, in order.

    >>> [token.text for token in tokens_of("I paid 190€ at 3pm")]
    ['I', 'paid', '190', '€', 'at', '3', 'pm']
    """
    return tuple(Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text))


def tags_of(tokens: Sequence[Token], spans: Iterable[Tagged]) -> list[str]:
    """Return the tag of each token: `B-KIND` where a span begins, `I-KIND` where it goes on, else `O`. A token that a span cuts belongs to it.

    >>> tags_of(tokens_of("pay 20 pounds"), [Tagged("amount", Span(start=4, end=13, text="20 pounds"))])
    ['O', 'B-amount', 'I-amount']
    """
    tags = [OUTSIDE] * len(tokens)
    for kind, span in spans:
        mark = BEGINS
        for place, token in enumerate(tokens):
            if token.start < span.end and span.start < token.end:
                tags[place], mark = f"{mark}{kind}", GOES_ON
    return tags


def spans_of(text: str, tokens: Sequence[Token], tags: Sequence[str]) -> tuple[Tagged, ...]:
    """Return the spans that tags say, each from its first token's begin to its last one's end, word for word as the text has them.

    >>> spans_of("pay 20 pounds", tokens_of("pay 20 pounds"), ["O", "B-amount", "I-amount"])
    (Tagged(kind='amount', span=Span(start=4, end=13, text='20 pounds')),)
    """
    found: list[tuple[str, int, int]] = []
    before = OUTSIDE
    for token, tag in zip(tokens, tags, strict=True):
        kind = tag[len(BEGINS) :]
        if tag.startswith(GOES_ON) and before[len(BEGINS) :] == kind:
            found[-1] = (kind, found[-1][1], token.end)
        elif tag != OUTSIDE:
            found.append((kind, token.start, token.end))
        before = tag
    return tuple(Tagged(kind, Span(start=start, end=end, text=text[start:end])) for kind, start, end in found)
