"""An agent that explores: slates drawn by the Plackett-Luce law of the scores, with a log of how likely each candidate was."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.seeds import generator
from broadsheet.plan.material import Material
from broadsheet.plan.offline.log import SlateLog
from broadsheet.plan.offline.plackett import draw, inclusion
from broadsheet.plan.session import Observation, Sessions


class _Round(NamedTuple):
    """A round as it was drawn: the sessions that were under way, and for them logits `[L, I]` and slates `[L, k]`."""

    step: int
    which: NDArray[np.int64]
    logits: NDArray[np.float32]
    slates: NDArray[np.int64]


class DrawingAgent:
    """Fills slates of what is on offer and was not shown in the session, each place by a softmax of the agent's scores over `temperature`.

    The first `rounds` are kept for `log`. Raises ConfigError for a temperature that is not above 0.
    """

    def __init__(self, material: Material, *, slate: int, temperature: float = 1.0, rounds: int = 1) -> None:
        if not temperature > 0:
            raise ConfigError(f"The temperature is {temperature}.", "Give a number above 0: 1 draws by the scores, much is even over all items.")
        self.material, self.slate, self.temperature, self.rounds = material, slate, temperature, rounds
        self.name = f"drawn, temperature {temperature:g}"
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions, and what was logged of them."""
        self._sessions = Sessions(self.material.items, count, self.slate)
        self._rng = generator(seed, "plan", "drawing")
        self._round, self._kept, self._users = 0, [], np.zeros(count, dtype=np.int64)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`, -1 where nothing is left."""
        self._sessions.see(observation)
        user, step = observation["user"], observation["step"]
        every = np.broadcast_to(np.arange(len(self.material.items)), (len(user), len(self.material.items)))
        free = (self._sessions.times == 0) & self.material.items.offered(step, every)
        logits = np.where(free, self.material.scores[user] / self.temperature, -np.inf)
        slates = draw(logits, self.slate, self._rng)
        if self._round < self.rounds:
            which = np.flatnonzero(step == self._round)
            self._kept.append(_Round(self._round, which, logits[which], slates[which]))
            self._users = user.copy()
        self._round += 1
        return slates

    def log(self, observation: Observation) -> SlateLog:
        """Return the rounds kept as a log: an observation of the same sessions, later, tells what was liked. Slates with nothing to draw are left out.

        Raises RecordError where none is left.
        """
        parts: list[tuple[NDArray[Any], ...]] = []
        users: list[int] = []
        for kept in self._kept:
            propensity = inclusion(kept.logits, self.slate)
            for line, session in enumerate(kept.which.tolist()):
                rows = np.flatnonzero(np.isfinite(kept.logits[line]))
                # A reader who had left was shown nothing: the round did not move on.
                if not len(rows) or observation["step"][session] <= kept.step:
                    continue
                shown, liked = observation["shown"][session, kept.step], observation["liked"][session, kept.step]
                there = np.isin(rows, shown[shown >= 0])
                pleased = np.isin(rows, shown[(shown >= 0) & (liked > 0)])
                chance = 1 / (1 + np.exp(-self.material.scores[self._users[session], rows].astype(np.float64)))
                parts.append((np.full(len(rows), len(users)), rows, there, pleased.astype(np.float64), np.minimum(propensity[line, rows], 1.0), chance))
                users.append(int(self._users[session]))
        if not parts:
            raise RecordError("No slate was drawn for anybody, so there is nothing to log.", "Let the agent act, and give an observation of later.")
        slate, rows, shown, liked, propensity, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
        ids = np.array(self.material.items.ids, dtype=object)
        return SlateLog(np.array(users, dtype=np.int64), slate, ids[rows], shown, liked, propensity, chance)

    def facts(self) -> Mapping[str, Any]:
        """Return how slates were drawn."""
        return {"agent": self.name, "logged": len(self._kept)}
