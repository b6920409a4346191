"""Sequences of what users had, without what they did not want, as a pair: what is not there is sampled, and said so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.assemble import LEAST_USERS, Catalogue, fitted_pair, split_users
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.saturation import by_name, saturation_kernel
from broadsheet.plan.events import Events, halves
from broadsheet.plan.material import Split

LEAST_EVENTS = 4
"""Different items of a user: two for each half."""
LEAST_READERS = 3
"""How many histories of TRAIN users an item stands in, or it is left out."""
TRIES = 20
MEND = f"Give {LEAST_USERS} users or more, each with {LEAST_EVENTS} items or more that several users had."


class Sequences(NamedTuple):
    """Users with the items they had, in order; every item once a user is counted."""

    users: tuple[str, ...]
    rows: Ragged


def positives_pair(
    name: str,
    catalogue: Catalogue,
    sequences: Sequences,
    *,
    least_readers: int = LEAST_READERS,
    seed: int = 0,
    facts: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Pair:
    """Return a pair of sequences of positives.

    Items that stand in fewer than `least_readers` histories of TRAIN users are left out, and then users with fewer than two items a half. In each half a user has as many negatives
    as positives, drawn by popularity from what the user does not have there; the truth's half goes without pairs that the agent has as negatives. Categories tire together as
    readers have them together in the truth's half (`saturation_kernel`). Raises RecordError for too few users.
    """
    users, events, lost = _once(sequences)
    split = split_users(len(users), seed)
    histories, futures = halves(events)
    readers = np.bincount(histories.item[split[histories.user] == Split.TRAIN], minlength=len(catalogue.ids))
    items = readers >= least_readers
    place = np.cumsum(items) - 1
    kept = [part.where(items[part.item])._replace(item=place[part.item[items[part.item]]]) for part in (histories, futures)]
    enough = np.min([np.bincount(part.user, minlength=len(users)) for part in kept], axis=0) >= LEAST_EVENTS // 2
    if enough.sum() < LEAST_USERS:
        raise RecordError(f"{int(enough.sum())} users have {LEAST_EVENTS} items that {least_readers} others have too.", MEND)
    number = np.cumsum(enough) - 1
    histories, futures = (part.where(enough[part.user])._replace(user=number[part.user[enough[part.user]]]) for part in kept)
    users, split = tuple(user for user, stays in zip(users, enough.tolist(), strict=True) if stays), split[enough]
    smaller = _some(catalogue, items)
    before = _with_negatives(histories, users, len(smaller.ids), histories.item[split[histories.user] == Split.TRAIN], seed, "agent")
    told = before.user * len(smaller.ids) + before.item
    clear = futures.where(~np.isin(futures.user * len(smaller.ids) + futures.item, told))
    after = _with_negatives(clear, users, len(smaller.ids), clear.item, seed, "truth", told)
    kernel = saturation_kernel(clear, smaller.shares, len(users))
    dropped = {
        "repeated events": lost,
        "items of few readers": int((~items).sum()),
        "events of such items": int(len(events.item) - sum(len(part.item) for part in kept)),
        "users of few events": int((~enough).sum()) + len(sequences.users) - len(enough),
        "future events that the agent has as negatives": len(futures.item) - len(clear.item),
    }
    said = {"dropped": dropped, "negatives": "one a positive, by popularity among what the user does not have"}
    pair = fitted_pair(
        name, smaller, users, (before, after), split, kernel=kernel, shown=histories, seed=seed, facts={**(facts or {}), **said}, progress=progress
    )
    # What tires together is no agent's to know: it is said in the facts of the truth alone.
    return replace(
        pair, truth=replace(pair.truth, facts={**pair.truth.facts, "saturation": by_name(kernel, smaller.categories, smaller.shares[clear.item].sum(axis=0))})
    )


def _once(sequences: Sequences) -> tuple[tuple[str, ...], Events, int]:
    """Return users of enough different items, their events with each item once, where it stood first, and how many events were repeats."""
    users, rows, lost = [], [], 0
    for user, row in zip(sequences.users, sequences.rows, strict=True):
        first = np.sort(np.unique(row, return_index=True)[1])
        lost += len(row) - len(first)
        if len(first) >= LEAST_EVENTS:
            users.append(user)
            rows.append(row[first])
    if len(users) < LEAST_USERS:
        raise RecordError(f"{len(users)} of {len(sequences.users)} users have {LEAST_EVENTS} different items or more: too few.", MEND)
    ragged = Ragged.of(rows)
    count = len(ragged.values)
    return tuple(users), Events(np.repeat(np.arange(len(users)), ragged.lengths), ragged.values, np.ones(count), np.ones(count, dtype=np.int8)), lost


def _some(catalogue: Catalogue, items: NDArray[np.bool_]) -> Catalogue:
    """Return the catalogue of some items, without categories that none of them has."""
    rows, held = np.flatnonzero(items).tolist(), np.asarray(catalogue.member[items].any(axis=0))
    names = tuple(name for name, there in zip(catalogue.categories, held.tolist(), strict=True) if there)
    return Catalogue(tuple(catalogue.ids[row] for row in rows), tuple(catalogue.titles[row] for row in rows), names, catalogue.member[np.ix_(items, held)])


def _with_negatives(
    events: Events, users: tuple[str, ...], items: int, popular: NDArray[np.int64], seed: int, role: str, taken: NDArray[np.int64] | None = None
) -> Events:
    """Return events with as many negatives a user, each user's drawn from a stream of the user's own name; `taken` pairs are drawn for nobody.

    A user to whom almost everything belongs gets fewer. Raises RecordError where nothing is popular.
    """
    if not len(popular):
        raise RecordError("No event is left by whose popularity negatives could be drawn.", MEND)
    chance = np.bincount(popular, minlength=items).astype(np.float64)
    edges = np.cumsum(chance / chance.sum())
    events = events.sorted()
    begins = np.append(0, np.cumsum(np.bincount(events.user, minlength=len(users))))
    closed = np.sort(taken) if taken is not None else np.zeros(0, dtype=np.int64)
    parts: list[Events] = []
    for user, name in enumerate(users):
        own = events.item[begins[user] : begins[user + 1]]
        barred = closed[np.searchsorted(closed, user * items) : np.searchsorted(closed, (user + 1) * items)] - user * items
        drawn = np.searchsorted(edges, generator(seed, "plan", "negatives", role, name).random(TRIES * len(own)), side="right")
        _, first = np.unique(drawn, return_index=True)
        fresh = drawn[np.sort(first)]
        fresh = np.minimum(fresh[~np.isin(fresh, np.concatenate([own, barred]))][: len(own)], items - 1)
        count = len(fresh)
        rows = np.concatenate([np.arange(len(own)) * 2, np.arange(count) * 2 + 1])
        # A negative stands behind a positive, so that the last quarter of a history holds both.
        order = np.argsort(rows, kind="stable")
        liked = np.concatenate([np.ones(len(own)), np.zeros(count)])[order]
        parts.append(Events(np.full(len(own) + count, user), np.concatenate([own, fresh])[order], liked, liked.astype(np.int8)))
    return Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))
