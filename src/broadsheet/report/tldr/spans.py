"""Quotations found again in the text they are of: with offsets, to the character."""

import re

from broadsheet.report.model import KeySentence
from broadsheet.report.sentences import LONGEST

# Fewer words than this rest on nothing.
LEAST_WORDS = 5


def find_span(quote: str, text: str) -> KeySentence | None:
    r"""Return where a quotation stands in a text, or None where it does not, is too short to rest on, or longer than what is shown.

    White space may differ, for models fold it; what is kept is the text's own.

    >>> find_span("a ranker that learns fast", "We show a ranker\nthat learns fast.")
    KeySentence(start=8, end=33, text='a ranker\nthat learns fast')
    """
    words = quote.split()
    if len(words) < LEAST_WORDS:
        return None
    found = re.search(r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)", text)
    if found is None or found.end() - found.start() > LONGEST:
        return None
    return KeySentence(start=found.start(), end=found.end(), text=found[0])
