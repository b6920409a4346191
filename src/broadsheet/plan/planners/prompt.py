"""What a language model is asked for a plan: a situation in words, categories by their names, and the form of the answer."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from pydantic import BaseModel, Field, create_model

from broadsheet.core.llm import Request
from broadsheet.plan.planners.keys import LIKED, LITTLE, TIRED, Situation

VERSION: Final = "1"
"""Changes with every wording: plans of another are plans of another prompt."""
PURPOSE: Final = "plan"
SYSTEM: Final = (
    "You plan which categories a reader is shown next. The reader should stay content for the whole session: interest in a category, "
    "and in others of like meaning, wears off while it is shown, and comes back while it rests."
)
LIKE: Final = "Which one category is most like it?"
ASKED: Final = "Which one category should be shown next?"
_LEVELS = {LITTLE: "a little", LIKED: "much, mostly liked", TIRED: "much, seldom liked"}
STEP: Final = 5
"""Chances are told in steps of so many percent."""


def told(situation: Situation, names: Sequence[str], reflections: Sequence[str] = ()) -> str:
    """Return a situation in words; categories stand by their names.

    >>> print(told(Situation(((1, 0.62), (0, 0.31)), ((1, 3),), -1, (0, 1)), ["Poems", "Crime"], ["Let a category rest."]))
    Expected liking: Crime 60 %, Poems 30 %.
    Shown in the last slates: Crime (much, seldom liked).
    What served other readers: Let a category rest.
    """
    liked = ", ".join(f"{names[row]} {round(100 * chance / STEP) * STEP} %" for row, chance in situation.expected)
    shown = "; ".join(f"{names[row]} ({_LEVELS[level]})" for row, level in situation.shown)
    lines = [f"Expected liking: {liked or 'not known'}.", f"Shown in the last slates: {shown or 'nothing of what is liked most'}."]
    if situation.goal >= 0:
        lines.append(f"The reader has said to be after: {names[situation.goal]}.")
    if reflections:
        lines.append(f"What served other readers: {' '.join(reflections)}")
    return "\n".join(lines)


def list_request(situation: Situation, names: Sequence[str], most: int, reflections: Sequence[str] = (), seed: int = 0) -> Request:
    """Return the request for at most `most` categories by name, best first, as JSON under a schema that enumerates the names."""
    offered = tuple(names[row] for row in situation.offered)
    count = min(most, len(offered))
    task = f"Choose {count} different categories for the next slates, the best first, among these: {'; '.join(offered)}."
    longest = max(map(len, offered))
    return Request.ask(
        f"{told(situation, names, reflections)}\n{task}",
        system=SYSTEM,
        output=_schema(offered, count),
        max_tokens=32 + count * (longest + 4),
        seed=seed,
        purpose=PURPOSE,
    )


def choice_request(situation: Situation, names: Sequence[str], reflections: Sequence[str] = (), seed: int = 0) -> Request:
    """Return the request for one category of those offered, whose chances a local model tells."""
    return _one(told(situation, names, reflections), tuple(names[row] for row in situation.offered), seed)


def like_request(row: int, offered: Sequence[int], names: Sequence[str], seed: int = 0) -> Request:
    """Return the request for the category on offer that is most like another, by name."""
    return _one(f"Shown in the last slates: {names[row]}.", tuple(names[row] for row in offered), seed, LIKE)


def empty_request(names: Sequence[str], seed: int = 0) -> Request:
    """Return the request for one of all categories where nothing is said of the reader: what a model says of names as such."""
    return _one("Expected liking: not known.\nShown in the last slates: not known.", tuple(names), seed)


def _one(said: str, offered: tuple[str, ...], seed: int, asked: str = ASKED) -> Request:
    return Request.ask(f"{said}\n{asked}", system=SYSTEM, choices=offered, max_tokens=64, seed=seed, purpose=PURPOSE)


@lru_cache(maxsize=512)
def _schema(offered: tuple[str, ...], most: int) -> type[BaseModel]:
    one = Literal[offered]  # pyrefly: ignore
    return create_model("Plan", categories=(list[one], Field(min_length=1, max_length=most)))
