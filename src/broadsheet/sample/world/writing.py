"""Titles and texts of papers, from a small grammar and the words of their theme."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.sample.world.casting import Cast
from broadsheet.sample.world.vocabulary import table, themes

TITLES = (
    "{A} and {b} {setting}",
    "{Method}: {deed} {a} {setting}",
    "What {a} tell about {b}",
    "{Deed} {a}: lessons {setting}",
    "{A}, {b}, and the cost of {measure}",
    "On {deed} {a} with {method}",
    "Fewer {a}, better {b}?",
    "{Measure} {setting}: a second look at {a}",
)
OPENINGS = (
    "In {case}, {a} are often blamed for what {b} do.",
    "After the {case} report, we ask how {a} change {measure} {setting}.",
    "Little is known about {deed} {a} {setting}, and what is known comes from {case}.",
    "Everyone in {case} who has worked with {a} knows that {b} decide the outcome.",
    "This note looks at {a} where {b} are scarce, as they were in {case}.",
    "{Setting}, {deed} {a} is the daily question; {case} gave one answer.",
    "Between {a} and {b} stands a habit that nobody has measured, not even in {case}.",
)
METHODS = (
    "We built {method}, a simple scheme for {deed} {a}, and tried it in {place}.",
    "In {place} we watched {count} {a} for {weeks} weeks and wrote down {measure}.",
    "{Method}, a tool made in {place}, compares {b} with {c} and needs no training.",
    "A trial in {place} put {a} against {c} on {count} occasions.",
    "In {place} we use {method} to sort {b} by {measure} before {deed} {c}.",
    "Two teams from {place} took turns at {deed} {b}, {weeks} weeks each.",
)
RESULTS = (
    "{Measure} fell by {share} per cent in the {study} data.",
    "On the {study} sample, {measure} improved in {share} of every hundred cases, mostly where {c} were at hand.",
    "Against {c}, the gain in {measure} is {share} per cent; the {study} team finds the same.",
    "{C} explain {share} per cent of the difference in {measure} at {study}.",
    "After {weeks} weeks, {measure} had moved by {share} per cent and stayed there, as at {study}.",
    "As in the {study} survey, we saw no change in {other} but {share} per cent in {measure}.",
)
LIMITS = (
    "The effect vanishes when {b} are {deed_past} first.",
    "We do not know whether it holds outside {place}.",
    "{Other} did not move at all, which surprised us.",
    "All notes and {c} are open to anyone who writes to us.",
    "A second winter will tell more about {other}.",
    "Plain counting of {a} does nearly as well.",
)
_KINDS = (TITLES, OPENINGS, METHODS, RESULTS, LIMITS)
_DRAWS = 24


class Prose(NamedTuple):
    """A title, a text, and the name of the method that the paper introduces."""

    title: str
    text: str
    method: str


def write_papers(cast: Cast, seed: int, *, copies: bool) -> list[Prose]:
    """Write every paper; where `copies`, a paper that retells another keeps its matter and changes the words around it.

    What is written depends on theme, level and the row's own draws alone: neither motif nor part shows.
    """
    draws = generator(seed, "world", "prose").integers(2**31, size=(len(cast.theme), 2, _DRAWS))
    papers = []
    for row, theme in enumerate(cast.theme.tolist()):
        source = int(cast.source[row]) if copies else row
        matter = _matter(theme, int(cast.level[row]), draws[source, 0]) | _wording(draws[row, 0])
        frame = draws[row, 1].copy()
        if source != row:
            frame[: len(_KINDS)] = [_another(draws[source, 1, k], frame[k], len(kind)) for k, kind in enumerate(_KINDS)]
        papers.append(_tell(matter, frame))
    return papers


def _another(taken: int, draw: int, n: int) -> int:
    """Pick one of `n` templates, but not the one taken."""
    return (int(taken) % n + 1 + int(draw) % (n - 1)) % n


def coin(draws: NDArray[np.int64], ends: str) -> str:
    """Coin a name from three draws.

    >>> coin(np.array([0, 0, 0]), "end")
    'Oravanne'
    """
    parts = table("names")
    return "".join(parts[key][int(draw) % len(parts[key])] for key, draw in zip(("start", "middle", ends), draws, strict=True))


def _matter(theme: int, level: int, draws: NDArray[np.int64]) -> dict[str, str]:
    """Draw what a paper is about: things, measures, a setting, three places."""
    words, qualities = table("themes")["vocabulary"][themes()[theme].vocabulary], table("themes")["quality"]
    things = _distinct(words["things"], draws[:3])
    if level:
        things[:2] = _distinct(table("needs")["level"][level - 1]["terms"], draws[:2])
    measure, other = _distinct(words["measures"], draws[3:5])
    return {
        "a": f"{qualities[int(draws[19]) % len(qualities)]} {things[0]}",
        "b": things[1],
        "c": things[2],
        "measure": measure,
        "other": other,
        "setting": words["settings"][int(draws[5]) % len(words["settings"])],
        "deed": words["deeds"][int(draws[6]) % len(words["deeds"])],
        "place": coin(draws[7:10], "end"),
        "case": coin(draws[16:19], "end"),
        "study": coin(draws[20:23], "end"),
    }


def _wording(draws: NDArray[np.int64]) -> dict[str, str]:
    """Draw what even a paper that retells another has of its own: the method's name and the numbers."""
    method = coin(draws[10:13], "method_end")
    return {"method": method, "count": str(20 + draws[13] % 480), "weeks": str(3 + draws[14] % 24), "share": str(3 + draws[15] % 60)}


def _tell(matter: dict[str, str], frame: NDArray[np.int64]) -> Prose:
    """Put the matter into one template of each kind; one paper in three says a second result, one in five no limit."""
    slots = matter | {key.capitalize(): value[0].upper() + value[1:] for key, value in matter.items()}
    slots["deed_past"] = "dealt with"
    title, opening, method, result, limit = (kind[int(frame[k]) % len(kind)].format(**slots) for k, kind in enumerate(_KINDS))
    sentences = [opening, method, result]
    if frame[6] % 3 == 0:
        sentences.append(RESULTS[(int(frame[3]) + 1) % len(RESULTS)].format(**slots))
    if frame[7] % 5:
        sentences.append(limit)
    return Prose(title, " ".join(sentences), matter["method"])


def _distinct(words: list[str], draws: NDArray[np.int64]) -> list[str]:
    """Pick a different word for each draw."""
    left = list(words)
    return [left.pop(int(draw) % len(left)) for draw in draws]
