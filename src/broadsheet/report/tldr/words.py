"""Words of a text: plain text of TeX, sentences, stems, small words, and what a day's texts take for words and for names."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from broadsheet.report.render.maths import plain_tex
from broadsheet.report.sentences import split_sentences

# Numbers in words are no small words here.
STOP = frozenset(ENGLISH_STOP_WORDS) - set("one two three four five six eight nine ten eleven twelve fifteen twenty forty fifty sixty hundred".split())
# With what a summary often begins.
OPENERS = frozenset(
    "introduces presents proposes shows studies describes compares learns ranks trains uses finds reports measures offers gives builds adds argues asks "
    "combines explains evaluates extends improves reduces raises lowers tests models predicts releases surveys reviews unifies replaces".split()
)
_PLAIN = (
    (re.compile(r"\\(?:text|mathrm|mathbf|mathit|mathsf|texttt|emph|operatorname)\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\[,;!: ]"), ""),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\\times\b|\\cdot\b"), "×"),
    (re.compile(r"\\(?:sim|approx)\b"), "~"),
    (re.compile(r"\\leq?\b"), "≤"),
    (re.compile(r"\\geq?\b"), "≥"),
    (re.compile(r"[${}]"), ""),
    (re.compile(r"\s+"), " "),
)
_SUFFIX = re.compile(r"(?:ing|edly|ed|ies|es|ly|s|e)$")
TOKEN = re.compile(r"\w(?:[\w'’@.+/-]*\w)?\+*")


class Vocabulary(NamedTuple):
    """What the texts of a day write in small letters, and what they write only with a capital within a sentence, case-folded."""

    common: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """Read the words of texts.

        >>> Vocabulary.of(["We rank on Yelp."]).names
        frozenset({'yelp'})
        """
        common: set[str] = set()
        names: set[str] = set()
        for text in texts:
            for sentence in sentences(plain(text)):
                for place, token in enumerate(TOKEN.findall(sentence)):
                    if token == token.lower():
                        common.add(token)
                    elif place:
                        names.add(token.casefold())
        return cls(frozenset(common), frozenset(names - common))


@lru_cache(4096)
def plain(text: str) -> str:
    r"""Return a text without TeX and with single blanks, for reading what it says.

    >>> plain(r"by $12\%$ to  $1{,}000$")
    'by 12% to 1,000'
    """
    said = text
    # Once for the text, once for what stood in formulas: a model writes a letter where its source has a macro.
    for _ in range(2):
        said = plain_tex(said)
        for pattern, by in _PLAIN:
            said = pattern.sub(by, said)
    return said.strip()


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[span.start : span.end] for span in split_sentences(text)]


def stem(word: str) -> str:
    """Return a word without its ending, so that forms of one word are alike; crude on purpose, for a wrong match must be rare and a missed one costs a summary.

    >>> {stem(word) for word in ("improves", "improved", "improving", "improve")}
    {'improv'}
    """
    low = word.casefold().replace("’", "'").removesuffix("'s")
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    cut = _SUFFIX.sub("", low)
    if len(cut) < 3:
        return low
    # "planned", "cutting": the doubled letter goes too.
    return cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "lsz" and cut != low else cut
