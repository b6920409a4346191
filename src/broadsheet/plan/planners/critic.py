"""The language critic: what a model makes of sessions that have ended, and the pool from which other readers' plans are told of it."""

import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError
from broadsheet.core.files import json_lines, write_file
from broadsheet.core.llm import Client, Request
from broadsheet.core.seeds import generator
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material, Split

HELD, DRAWN, ALPHA = 200, 3, 0.5
"""Reflections of a pool, how many of them a plan is told, and how much likelier one of a session that went a deviation better is (logits)."""
WORDS: Final = 20
"""Words asked for; what is longer is cut at twice as many."""
LISTED: Final = 3
"""Categories of a slate that the critic is told."""
SYSTEM: Final = "You look back on a session in which a reader was shown categories, a slate a step, and left or stayed to the end."
_LEAD = re.compile(r"^\s*(?:reflection|lesson|answer)\s*:\s*", re.IGNORECASE)
_REFUSED = re.compile(r"^\s*(?:i['’]m sorry|i (?:cannot|can['’]t|am unable)|as an ai)\b", re.IGNORECASE)


class Ended(NamedTuple):
    """A session that ended: the user's row, the categories of each slate with how many items stood under each and how many of those were liked, and the sum of rewards."""

    user: int
    slates: tuple[tuple[tuple[int, int, int], ...], ...]
    reward: float


class Reflection(NamedTuple):
    """What the critic said of a session, the reward of that session, and the third by activity of its user."""

    text: str
    reward: float
    third: int


def ended(items: ItemTable, user: int, shown: NDArray[np.int32], liked: NDArray[np.int8], steps: int) -> Ended:
    """Return a session from the observation at its end: `shown` and `liked` `[T, k]`, of which `steps` rounds were."""
    slates = []
    for rows, how in zip(shown[:steps], liked[:steps], strict=True):
        there = rows >= 0
        member = items.member[rows[there]]
        count, well = member.sum(axis=0), (member & (how[there] > 0)[:, None]).sum(axis=0)
        order = [row for row in np.argsort(-count, kind="stable").tolist() if count[row]]
        slates.append(tuple((row, int(count[row]), int(well[row])) for row in order))
    return Ended(user, tuple(slates), float((liked[:steps] > 0).sum() / shown.shape[1]))


def critic_request(session: Ended, names: Sequence[str], seed: int = 0) -> Request:
    """Return the request for a reflection on a session: what was shown by name, how long it lasted and what it came to."""
    lines = []
    for number, slate in enumerate(session.slates, 1):
        said = ", ".join(f"{names[row]} ({well} of {count} liked)" for row, count, well in slate[:LISTED])
        lines.append(f"Step {number}: {said or 'nothing'}")
    end = f"Steps: {len(session.slates)}. Cumulative reward: {session.reward:.1f}."
    task = f"In fewer than {WORDS} words, say what repetition did and what to do for other readers."
    return Request.ask("\n".join([*lines, end, task]), system=SYSTEM, max_tokens=4 * WORDS, seed=seed, purpose="plan critic")


def read_reflection(text: str) -> str:
    """Return what a model said as one line of at most twice the words that were asked for, or an empty text for a refusal or nothing. Never raises.

    >>> read_reflection("Reflection: Let a category  rest.")
    'Let a category rest.'
    >>> read_reflection("I'm sorry, but no.")
    ''
    """
    said = "".join(letter if letter.isprintable() else " " for letter in _LEAD.sub("", text[:10_000]))
    return "" if _REFUSED.match(said) else " ".join(said.split()[: 2 * WORDS]).strip('"')


class Pool:
    """The last `most` reflections on TRAIN users' sessions, from which plans are told some.

    Rewards count as deviations from the mean within the user's third by activity: else the pool chooses users who are easy to please, not plans that are good.
    """

    def __init__(self, material: Material, most: int = HELD) -> None:
        self._material = material
        self.held: deque[Reflection] = deque(maxlen=most)
        self.failures: Counter[str] = Counter()
        self.frozen = False

    def __len__(self) -> int:
        return len(self.held)

    def add(self, user: int, text: str, reward: float) -> bool:
        """Add what was said of a session; tell whether there was something. Raises RecordError for a user who is not of TRAIN, and once it is frozen."""
        if self.frozen or self._material.split[user] != Split.TRAIN:
            what = "The pool of reflections is frozen." if self.frozen else f"The user {self._material.users[user]!r} is not of the split TRAIN."
            raise RecordError(what, "Reflect on sessions of TRAIN users, before anything is evaluated.")
        said = read_reflection(text)
        if said:
            self.held.append(Reflection(said, float(reward), int(self._material.activity_third[user])))
        return bool(said)

    def reflect(self, client: Client, sessions: Sequence[Ended], names: Sequence[str]) -> int:
        """Ask the critic about sessions and add what it says; return how many reflections came of it. What failed is counted by reason in `failures`."""
        results = client.run([critic_request(session, names) for session in sessions])
        added = 0
        for session, result in zip(sessions, results, strict=True):
            if result.failure is not None or result.reply is None:
                self.failures[str(result.failure.reason) if result.failure else "no reply"] += 1
            elif self.add(session.user, result.reply.text, session.reward):
                added += 1
            else:
                self.failures["nothing said"] += 1
        return added

    def draw(self, seed: int, count: int = DRAWN, alpha: float = ALPHA) -> tuple[str, ...]:
        """Draw reflections without replacement, each with a chance as exp(alpha z), z the reward's deviation in its third."""
        if not self.held:
            return ()
        score = alpha * standing([one.reward for one in self.held], [one.third for one in self.held])
        # Gumbel's keys in descending order are such a draw.
        keys = score + generator(seed, "plan", "reflections").gumbel(size=len(score))
        return tuple(self.held[place].text for place in np.argsort(-keys, kind="stable")[:count].tolist())

    def freeze(self) -> None:
        """Take no more: what is told to plans of users who are evaluated stays as it is."""
        self.frozen = True

    def save(self, path: Path) -> None:
        """Write the pool, a reflection a line."""
        write_file(path, "".join(json.dumps(one._asdict(), ensure_ascii=False) + "\n" for one in self.held).encode())

    def load(self, path: Path) -> None:
        """Read what `save` wrote, and freeze. Raises RecordError for a line that is no reflection."""
        for place, line in json_lines(path):
            try:
                held = dict(line or {})
                self.held.append(Reflection(str(held["text"]), float(held["reward"]), int(held["third"])))
            except (KeyError, TypeError, ValueError):
                raise RecordError(f"{place} is no reflection.", "Take the line out, or make the pool anew.") from None
        self.freeze()


def standing(rewards: Iterable[float], thirds: Iterable[int]) -> NDArray[np.float64]:
    """Return rewards as deviations from the mean of their third, in deviations of that third.

    >>> standing([1.0, 3.0, 10.0, 30.0], [0, 0, 2, 2]).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    values, of = np.array(list(rewards), dtype=np.float64), np.array(list(thirds))
    made = np.zeros_like(values)
    for third in np.unique(of):
        own = of == third
        spread = values[own].std()
        made[own] = (values[own] - values[own].mean()) / (spread if spread > 1e-12 else 1.0)
    return made
