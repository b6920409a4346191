"""Texts that a query may hold: those that stand in the question, and those that were linked to it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_MARKS = {"'": "'", '"': '"', "`": "`", "“": "”", "„": "“”", "‘": "’", "«": "»"}
# An apostrophe within a word opens no quotation.
_QUOTED = re.compile("|".join(rf"(?<!\w){re.escape(start)}([^{start}{ends}]+)[{re.escape(ends)}](?!\w)" for start, ends in _MARKS.items()))
_FIGURES = re.compile(r"[^\W_]*\d(?:[\w/:.-]*\w)?")
_WORD = re.compile(r"[^\W\d_]+")
_CAPITALS = re.compile(r"(?:[A-ZÀ-ÖØ-Þ][\w'’&-]*)(?:\s+(?:of|the|and|de|von|van)?\s*[A-ZÀ-ÖØ-Þ][\w'’&-]*)*")


class Given(NamedTuple):
    """What a query's texts may be.

    `texts` may be a value of any property; `linked` has values of a property, or of any of a label's where the property is empty; `words` may be a part of a text.
    """

    texts: tuple[str, ...] = ()
    linked: Mapping[tuple[str, str], tuple[str, ...]] = {}
    words: tuple[str, ...] = ()

    @classmethod
    def of_question(cls, question: str, linked: Mapping[tuple[str, str], tuple[str, ...]] | None = None) -> "Given":
        """Return what a question quotes, its words with figures in them, and its names, words with a capital behind its first; any word may be a part of a text.

        >>> Given.of_question("Which films named 'Up' were shown to Ana Bell on 3/08/2017?").texts
        ('Up', '3/08/2017', 'Ana Bell')
        """
        quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(question)]
        rest = _QUOTED.sub(" ", question)
        named = [match[0].removesuffix("'s").removesuffix("’s") for match in _CAPITALS.finditer(rest) if rest[: match.start()].strip()]
        found = [*quoted, *(match[0] for match in _FIGURES.finditer(rest)), *named]
        return cls(tuple(dict.fromkeys(found)), linked or {}, tuple(dict.fromkeys(_WORD.findall(question))))

    def values(self, name: str, key: str) -> tuple[str, ...]:
        """Return the texts that may be a value of a property of a label or type."""
        return tuple(dict.fromkeys((*self.linked.get((name, key), ()), *self.linked.get((name, ""), ()), *self.texts)))
