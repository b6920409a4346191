"""Open coding: what several people say and no level was found for, as needs that a person may put under a level."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import numpy as np
import yaml

from broadsheet.core.catalogue import text_hash
from broadsheet.core.files import write_file
from broadsheet.core.schema import Record
from broadsheet.needs.claims import Claim, read_claims
from broadsheet.needs.extract.sentences import sentences
from broadsheet.needs.posts import written
from broadsheet.needs.privacy import scrub
from broadsheet.needs.taxonomy import Need, Taxonomy

Embed = Callable[[Sequence[str]], np.ndarray]
# More sentences are not laid beside each other: a table of all pairs of them is held.
MOST = 4_000
FEWEST_WORDS = 4
# A need has three sentences to six, a name of so many words, and so many cues.
FEWEST, LONGEST, NAMED, CUES = 3, 6, 3, 8
_WORD = re.compile(r"[^\W\d_][\w'-]*[^\W\d_]")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+\]")
INDENT = " " * 6
DEFINITION = "Say what it is to have this need, and what is not it."
HEADER = """# Needs that several people speak of and no level was found for. Nobody has judged them: take over what is a need, leave out the rest.
# To use one, put it under `needs:` of a level, and write its definition. The sentences are people's own, personal data replaced:
# write them anew in words of your own before the taxonomy is given to anybody.
"""


class Proposal(Record):
    """A need as a taxonomy holds it, and how many people say so in how many sentences."""

    need: Need
    people: int
    sentences: int


class Proposals(Record):
    """What is proposed, what most people speak of first; how many sentences no level was found for, and how many of them were looked at."""

    proposals: tuple[Proposal, ...]
    unmatched: int
    looked_at: int
    model: str


class Options(NamedTuple):
    """How near sentences of one need are, as the mean cosine of their vectors, and how many people speak of a need at least."""

    near: float = 0.5
    k: int = 5


class _Said(NamedTuple):
    author: str
    text: str


def propose(posts: Path, mentions: Path, taxonomy: Taxonomy, embed: Embed, model: str, options: Options | None = None) -> Proposals:
    """Return needs that sentences near each other make, where no mention was taken from these and `k` people or more say them.

    `embed` gives unit vectors `[N, d]`. Raises a SourceError.
    """
    options = options or Options()
    found = list(dict.fromkeys(unmatched(posts, mentions)))
    # Which sentences are left out where there are too many depends on what they are, not on where they stand.
    looked_at = sorted(found, key=lambda one: text_hash(f"{one.author}\n{one.text}"))[:MOST]
    groups = _groups(embed([one.text for one in looked_at]), options.near)
    everybody = _users(looked_at)
    made, taken = [], {node.id for level in taxonomy.levels for node in (level, *level.needs)}
    known = {_plain(sentence) for sentence in taxonomy.sentences()}
    for vectors, rows in groups:
        said = [looked_at[row] for row in rows]
        people = len({one.author for one in said})
        if people < max(options.k, FEWEST):
            continue
        central = _central(said, vectors, known)
        words = _telling(said, everybody, options.k)
        if len(central) < FEWEST or not words:
            continue
        name = _id(words, taken)
        taken.add(name)
        known |= {_plain(sentence) for sentence in central}
        need = Need(id=name, name=" ".join(words[:NAMED]).capitalize(), definition=DEFINITION, prototypes=tuple(central), cues=tuple(words[:CUES]))
        made.append(Proposal(need=need, people=people, sentences=len(said)))
    made.sort(key=lambda one: (-one.people, one.need.id))
    return Proposals(proposals=tuple(made), unmatched=len(found), looked_at=len(looked_at), model=model)


def unmatched(posts: Path, mentions: Path) -> Iterator[_Said]:
    """Yield the sentences of posts, personal data replaced, from which no mention was taken; of a post whose mention has no words, none."""
    quoted: dict[str, list[tuple[int, int] | str | None]] = {}
    for claim in read_claims(mentions):
        if isinstance(claim, Claim):
            places = [(one.start, one.end) if one.start is not None and one.end is not None else one.text for one in claim.evidence]
            quoted.setdefault(claim.post, []).extend(places or [None])
    for post in written(posts):
        held = quoted.get(post.post, [])
        if None in held:
            continue
        spans = [place for one in held if one is not None for place in ([one] if isinstance(one, tuple) else _standing(one, post.text))]
        for span in sentences(post.text):
            if any(start < span.end and span.start < end for start, end in spans):
                continue
            text = " ".join(scrub(span.text).text.split())
            if len(text.split()) >= FEWEST_WORDS:
                yield _Said(post.author, text)


def _standing(words: str, text: str) -> Iterator[tuple[int, int]]:
    place = text.find(words) if words else -1
    while place >= 0:
        yield place, place + len(words)
        place = text.find(words, place + 1)


def _groups(vectors: np.ndarray, near: float) -> Iterator[tuple[np.ndarray, list[int]]]:
    """Yield groups of rows that are near each other by the mean of all pairs, with their vectors."""
    from sklearn.cluster import AgglomerativeClustering

    if len(vectors) < 2:
        return
    labels = AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - near).fit_predict(vectors)
    for label in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels == label)
        yield vectors[rows], rows.tolist()


def _central(said: Sequence[_Said], vectors: np.ndarray, known: set[str]) -> list[str]:
    """Return sentences in the middle of a group, each of another person, none that the taxonomy has."""
    nearness = vectors @ vectors.mean(axis=0)
    found: dict[str, str] = {}
    authors: set[str] = set()
    for row in np.lexsort((np.arange(len(said)), -nearness)).tolist():
        one = said[row]
        if one.author not in authors and _plain(one.text) not in known and _plain(one.text) not in found:
            found[_plain(one.text)] = one.text
            authors.add(one.author)
    return list(found.values())[:LONGEST]


def _users(said: Sequence[_Said]) -> Mapping[str, int]:
    """Return how many people use each word."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    pairs = {(one.author, word) for one in said for word in _WORD.findall(_PLACEHOLDER.sub(" ", one.text).lower()) if word not in ENGLISH_STOP_WORDS}
    return Counter(word for _, word in pairs)


def _telling(said: Sequence[_Said], everybody: Mapping[str, int], k: int) -> list[str]:
    """Return the words of a group that tell it from others, the most telling first; none that fewer than k of its people use."""
    here = {word: count for word, count in _users(said).items() if count >= k}
    return sorted(here, key=lambda word: (-(here[word] ** 2) / everybody[word], word))


def _id(words: Sequence[str], taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", "_".join(words[:NAMED]).lower()).strip("_")
    name = plain if plain[:1].isalpha() else f"need_{plain}".rstrip("_")
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))) if one not in taken)


def _plain(sentence: str) -> str:
    return " ".join(sentence.lower().split())


def write_proposals(path: Path, found: Proposals) -> None:
    """Write the needs as YAML, indented to stand under `needs:` of a level as the package's taxonomies are. Raises OutputError."""
    parts = [HEADER, f"# By vectors of {found.model}; {found.looked_at:,} of {found.unmatched:,} sentences without a level were looked at.\n"]
    if not found.proposals:
        parts.append("# No group of sentences is said by enough people.\n[]\n")
    for one in found.proposals:
        held = yaml.safe_dump([one.need.model_dump(mode="json")], allow_unicode=True, sort_keys=False, width=160)
        parts.append(indent(f"# {one.people:,} people, {one.sentences:,} sentences\n{held}", INDENT))
    write_file(path, "".join(parts))
