"""What the logs of films and of books say of tiring: the events of a data set as `Asked`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.books import book_catalogue, read_books
from broadsheet.plan.datasets.ml100k import films, read_films
from broadsheet.plan.models.fatigue import Asked, recent_share

FREQUENT = "Drama"
"""The genre of almost half of all films: sharing it says little."""


def asked_of_films(folder: Path) -> tuple[Asked, NDArray[np.bool_]]:
    """Return all ratings in the order of time, and the genres of films without the most frequent one `[I, C]`. Raises the errors of `read_films`."""
    read, ratings = read_films(folder)
    catalogue, kept = films(read)
    there = kept[read.sequences.values]
    user = np.repeat(np.arange(len(read.users)), read.sequences.lengths)[there]
    item = (np.cumsum(kept) - 1)[read.sequences.values[there]]
    times = None if read.times is None else read.times[there]
    member = catalogue.member & np.array([name != FREQUENT for name in catalogue.categories])
    return Asked(user, item, np.arange(len(item)), item, ratings[there], times), member


def asked_of_books(folder: Path, seed: int = 0) -> tuple[Asked, NDArray[np.bool_]]:
    """Return every book that a reader had, valued 1, with one that the reader never had, drawn by popularity, valued 0, at the same place; and books' categories `[I, C]`.

    Books were not shown and refused: what is asked is which of two came next. Raises the errors of `read_books`.
    """
    titles, sequences = read_books(folder)
    catalogue = book_catalogue(folder, titles)
    user = np.repeat(np.arange(len(sequences.users)), sequences.rows.lengths)
    met = sequences.rows.values
    drawn = generator(seed, "plan", "asked", "books").choice(met, size=len(met))
    had = np.isin(user * len(titles) + drawn, user * len(titles) + met)
    places = np.arange(len(met))
    at, item = np.concatenate([places, places[~had]]), np.concatenate([met, drawn[~had]])
    value = np.concatenate([np.ones(len(met)), np.zeros(int((~had).sum()))])
    return Asked(user, met, at, item, value), catalogue.member


def asked_of_plant(lost: float = 0.5, users: int = 300, seed: int = 0) -> tuple[Asked, NDArray[np.bool_]]:
    """Return made ratings from which a full recent share of the same category takes `lost`, beside lasting tastes and chance: what the regression must find."""
    rng = generator(seed, "plan", "asked", "plant")
    categories, items, length = 8, 400, 60
    category = rng.integers(categories, size=items)
    taste = rng.normal(0, 0.7, size=(users, categories))
    appeal = rng.normal(0, 0.5, size=items)
    chosen = np.exp(taste) / np.exp(taste).sum(axis=1, keepdims=True)
    wanted = (rng.random((users, length))[:, :, None] > np.cumsum(chosen, axis=1)[:, None, :]).sum(axis=2)
    members = [np.flatnonzero(category == number) for number in range(categories)]
    met = np.array([[rng.choice(members[number]) for number in row] for row in wanted.tolist()]).ravel()
    order = np.arange(len(met))
    user = np.repeat(np.arange(users), length)
    member = np.eye(categories, dtype=bool)[category]
    told = Asked(user, met, order, met, np.zeros(len(met)))
    tired = np.nan_to_num(recent_share(told, member))
    return told._replace(value=3.5 + taste[user, category[met]] + appeal[met] - lost * tired + rng.normal(0, 0.7, size=len(met))), member
