"""What is kept of each user between two requests, under a budget of bytes: events added cost one token, whatever came before."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import torch

from broadsheet.core.backbones.trunk import Memory
from broadsheet.core.errors import ConfigError
from broadsheet.rank.batches import kept
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.spae import gap_buckets

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Had(NamedTuple):
    """An event: the row of an item, and the second at which it was had (its place in the log, where times are not known)."""

    item: int
    at: float


class _State:
    """The events of a user from `begin` on that are encoded, their keys and values `[layers, 2, heads, S, HEAD]`, and the last state `[d]`."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.count = 0
        self.held: torch.Tensor | None = None
        self.last: torch.Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(part.numel() * part.element_size() for part in (self.held, self.last) if part is not None)


class UserStates:
    """States of users of a model, whose items are tokens `[N, k, d]` in `vectors`.

    Events may come out of order or be taken back: what was encoded after them is encoded anew. When a state is full its oldest half goes and the
    rest is encoded anew, so that an event costs one token in the mean. Beyond `budget` bytes the users longest not asked for lose their states, not their
    events. `encoded` counts tokens that the backbone read, `evicted` states that went.
    """

    def __init__(self, model: SequenceModel, vectors: torch.Tensor, *, budget: int = 2**30, dtype: str = "bfloat16", timed: bool = False) -> None:
        if dtype not in FORMATS:
            raise ConfigError(f"States cannot be kept as {dtype!r}.", f"Say {' or '.join(FORMATS)}.")
        self.model, self.vectors, self.budget, self.dtype, self.timed = model, vectors, budget, FORMATS[dtype], timed
        self._events: dict[str, list[Had]] = {}
        self._states: OrderedDict[str, _State] = OrderedDict()
        self.encoded = self.evicted = self.nbytes = 0

    def __contains__(self, user: str) -> bool:
        return user in self._events

    def __len__(self) -> int:
        return len(self._states)

    def history(self, user: str) -> list[int]:
        """Return the rows of all items that a user had, in time order."""
        return [event.item for event in self._events.get(user, ())]

    def append(self, user: str, item: int, at: float | None = None) -> None:
        """Add an event; without a time it is the last one. Equal times keep the order in which they came."""
        events = self._events.setdefault(user, [])
        event = Had(item, at if at is not None else max((events[-1].at if events else 0.0) + (0.0 if self.timed else 1.0), 0.0))
        place = bisect_right(events, event.at, key=lambda had: had.at)
        events.insert(place, event)
        self._changed(user, place)

    def remove(self, user: str, item: int) -> bool:
        """Take back the last event of a user with an item; tell whether there was one."""
        events = self._events.get(user, [])
        place = next((place for place in range(len(events) - 1, -1, -1) if events[place].item == item), None)
        if place is None:
            return False
        events.pop(place)
        self._changed(user, place)
        return True

    def forget(self, user: str) -> None:
        """Drop all that is known of a user."""
        self._events.pop(user, None)
        self._dropped(user)

    def _changed(self, user: str, place: int) -> None:
        """Keep of a state what came before the event at `place`."""
        state = self._states.get(user)
        if state is None or place >= state.begin + state.count:
            return
        # One event at least is left to encode: what it gives is the user's state.
        count = max(0, min(place, len(self._events[user]) - 1) - state.begin)
        before = state.nbytes
        # Times since the event before change for the one behind, which is encoded anew in any case.
        state.held = None if state.held is None or not count else state.held[:, :, :, : count * self.model.items.tokens].clone()
        state.count, state.last = count, None
        self.nbytes += state.nbytes - before

    def _dropped(self, user: str) -> None:
        state = self._states.pop(user, None)
        if state is not None:
            self.nbytes -= state.nbytes

    def read(self, users: Sequence[str]) -> torch.Tensor:
        """Return the state of each user `[U, d]`, float32; what is not encoded yet is, for all of them at once."""
        asked = [user for user in dict.fromkeys(users) if self._events.get(user)]
        due = []
        for user in asked:
            state = self._current(user)
            if state.count < len(self._events[user]) - state.begin:
                due.append(user)
        if due:
            self._encode(due)
        found = self.model.ended(self.model.nothing.detach().float()).repeat(len(users), 1)
        for row, user in enumerate(users):
            last = self._states[user].last if user in self._states and self._events.get(user) else None
            if last is not None:
                found[row] = last.float()
        for user in asked:
            self._states.move_to_end(user)
        self._evict(set(users))
        return found

    def _current(self, user: str) -> _State:
        """Return a user's state, a new one where there is none or where it has to begin later than it does."""
        total = len(self._events[user])
        begin = total - kept(total, self.model.config.longest)
        state = self._states.get(user)
        if state is None or state.begin != begin:
            self._dropped(user)
            state = self._states[user] = _State(begin)
        return state

    def _encode(self, users: Sequence[str]) -> None:
        """Encode what is new of some users, side by side; padding stands behind what is new, where nothing looks at it."""
        states = [self._states[user] for user in users]
        fresh = [self._events[user][state.begin + state.count :] for user, state in zip(users, states, strict=True)]
        wide, tokens = max(map(len, fresh)), self.model.items.tokens
        items, place, gaps = (torch.zeros(len(users), wide, dtype=torch.long) for _ in range(3))
        for row, (user, state, events) in enumerate(zip(users, states, fresh, strict=True)):
            items[row, : len(events)] = torch.tensor([event.item for event in events])
            place[row] = (state.count + torch.arange(wide)).clamp(max=self.model.config.longest - 1)
            if self.timed:
                first = max(0, state.begin + state.count - 1)
                seconds = torch.tensor([event.at for event in self._events[user][first:]], dtype=torch.float64)
                begins = torch.zeros(len(seconds), dtype=torch.bool)
                begins[0] = True
                buckets = gap_buckets(seconds, begins)
                gaps[row, : len(events)] = buckets[len(buckets) - len(events) :]
                if state.count == 0:
                    gaps[row, 0] = 0
        past = self._past(states)
        with torch.inference_mode():
            fed = self.model.inputs(self.vectors[items], place, gaps)
            at = (place[..., None] * tokens + torch.arange(tokens)).flatten(1)
            found, held = self.model.reader.extend(fed, at, past)
        for row, (state, events) in enumerate(zip(states, fresh, strict=True)):
            before, count = state.nbytes, len(events) * tokens
            own = held[:, :, row, :, :count].to(self.dtype)
            state.held = own.clone() if state.held is None else torch.cat([state.held, own], dim=3)
            state.count += len(events)
            state.last = self.model.ended(found[row, count - 1].float() + self._leaned(users[row], state))
            self.nbytes += state.nbytes - before
            self.encoded += count

    def _leaned(self, user: str, state: _State) -> torch.Tensor | float:
        """Return what the mean of all that a state holds adds to it."""
        if self.model.leaning is None:
            return 0.0
        held = [event.item for event in self._events[user][state.begin : state.begin + state.count]]
        with torch.inference_mode():
            return torch.as_tensor(self.model.leaned(self.vectors[held].sum(dim=1).mean(dim=0))).float()

    def _past(self, states: Sequence[_State]) -> Memory | None:
        """Return what is held of users side by side, padding behind."""
        longest = max(0 if state.held is None else state.held.shape[3] for state in states)
        if not longest:
            return None
        some = next(state.held for state in states if state.held is not None)
        layers, both, heads, _, head = some.shape
        held = torch.zeros(layers, both, len(states), heads, longest, head)
        there = torch.zeros(len(states), longest, dtype=torch.bool)
        for row, state in enumerate(states):
            if state.held is not None:
                size = state.held.shape[3]
                held[:, :, row, :, :size], there[row, :size] = state.held.float(), True
        return Memory(held, there)

    def _evict(self, spared: set[str]) -> None:
        """Drop the states longest not asked for until the rest fits the budget; the users just read keep theirs unless nothing else is left."""
        for user in [*(user for user in self._states if user not in spared), *(user for user in list(self._states) if user in spared)]:
            if self.nbytes <= self.budget:
                break
            self._dropped(user)
            self.evicted += 1
