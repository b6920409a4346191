"""Posts as counts of words: each text of a person once, personal data replaced, no word that few people use."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.errors import EmptySourceError
from broadsheet.needs.posts import Written
from broadsheet.needs.privacy import scrub

# A word of two letters or more, without digits; an apostrophe or a hyphen may stand inside.
WORD = r"(?u)\b[^\W\d_][\w'-]*[^\W\d_]\b"
# What replaces personal data is no word of anybody's, and a word of more than this share of posts tells nothing apart.
_PLACEHOLDER = re.compile(r"\[[A-Z_]+\]")
MOST_POSTS = 0.5


class Words(NamedTuple):
    """Posts by their names, the person `[N]` of each by number, counts of words `[N, V]`, and the words; each word is used by k people or more, in half of the posts at most."""

    posts: tuple[str, ...]
    person: np.ndarray
    counts: sparse.csr_array
    words: tuple[str, ...]

    @property
    def most(self) -> int:
        """How many themes there can be at most."""
        return min(len(self.posts), len(self.words)) - 1

    def some(self, rows: np.ndarray, person: np.ndarray) -> "Words":
        """Return some posts, any as often as its row is named, as those of other people."""
        return Words(tuple(self.posts[row] for row in rows.tolist()), person, sparse.csr_array(self.counts[rows]), self.words)

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self.person.max()) + 1 if len(self.person) else 0


def words_of(written: Iterable[Written], k: int) -> Words:
    """Count the words of posts; a text that a person says again is one post, under the name it had first. Raises EmptySourceError where no such word is used by k people."""
    from sklearn.feature_extraction.text import CountVectorizer

    first: dict[tuple[str, str], str] = {}
    for one in sorted(written, key=lambda one: (one.author, one.at, one.post)):
        text = " ".join(_PLACEHOLDER.sub(" ", scrub(one.text).text).split())
        first.setdefault((one.author, text), one.post)
    numbers = {author: number for number, author in enumerate(sorted({author for author, _ in first}))}
    person = np.array([numbers[author] for author, _ in first], dtype=int)
    try:
        vectorizer = CountVectorizer(stop_words="english", token_pattern=WORD)
        counts = sparse.csr_array(vectorizer.fit_transform([text for _, text in first]))
        names = vectorizer.get_feature_names_out()
    except ValueError:
        counts, names = sparse.csr_array((len(first), 0)), np.array([], dtype=str)
    users = (sparse.csr_array((np.ones(len(person)), (person, np.arange(len(person))))) @ (counts > 0) > 0).sum(axis=0)
    users = np.asarray(users).ravel()
    common = np.asarray((counts > 0).sum(axis=0)).ravel() > MOST_POSTS * len(first)
    kept = np.flatnonzero((users >= k) & ~common)
    if not len(kept):
        raise EmptySourceError(f"No word that tells posts apart is used by {k} people or more.", "Give more posts, of more people.")
    return Words(tuple(first.values()), person, sparse.csr_array(counts[:, kept]), tuple(names[kept].tolist()))
