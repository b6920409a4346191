"""A folder of one's own sequences as a pair: positives only, categories by their names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.core.errors import RecordError
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.assemble import Catalogue
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.datasets.positives import LEAST_EVENTS, LEAST_READERS, Sequences, positives_pair
from broadsheet.sources.interactions import Interactions, read_interactions, read_items

OTHER = "Other"
"""The category of an item of which none is told."""
MOST = 512
"""Categories of a pair; rarer ones are taken for `OTHER`."""
DOUBTS = "doubts"
"""The fact of what looks wrong in a folder and was read all the same."""
MEND = "Describe items in items.jsonl, one object a line: id, title, categories."


def shop(folder: Path, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair of a folder of sequences (`sources.interactions`): what users had, in order; negatives are sampled.

    Categories are those of the first description of items that is in words; of more than 512 the rarest become `Other`, and how many is in the facts. Raises the errors
    of `read_interactions`, and RecordError where no item has a category or too few users have enough items.
    """
    found = data_path(folder)
    read = read_interactions(found)
    catalogue, facts = _catalogue(found, read)
    return positives_pair(folder.resolve().name, catalogue, Sequences(read.users, read.sequences), seed=seed, facts=facts, progress=progress)


def remarks(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a reader of the facts of such a pair should know, a line each: ids that nothing is told of, what was dropped.

    >>> remarks({"items without a category": 2, "dropped": {"items of few readers": 3}})
    ("Items of which no category is told, taken for 'Other': 2", 'Items dropped as too rare, had by fewer than 3 training users: 3')
    """
    found = [f"In doubt: {one}" for one in facts.get(DOUBTS, ())]
    if bare := facts.get("items without a category"):
        found.append(f"Items of which no category is told, taken for {OTHER!r}: {bare:,}")
    dropped = facts.get("dropped", {})
    if rare := dropped.get("items of few readers"):
        found.append(f"Items dropped as too rare, had by fewer than {LEAST_READERS} training users: {rare:,}")
    if again := dropped.get("repeated events"):
        found.append(f"Events dropped as repeats, of an item that the user had before: {again:,}")
    if few := dropped.get("users of few events"):
        found.append(f"Users dropped, with fewer than {LEAST_EVENTS} items that are kept: {few:,}")
    return tuple(found)


def _catalogue(folder: Path, read: Interactions) -> tuple[Catalogue, dict[str, object]]:
    told = next((table for table in read.attributes.values() if len(table.names)), None)
    if told is None:
        raise RecordError(f"No item of {folder} has a category.", MEND)
    count = np.bincount(told.rows.values, minlength=len(told.names))
    named = np.sort(np.argsort(-count, kind="stable")[: MOST - 1])
    member = np.zeros((len(read.items), len(told.names)), dtype=bool)
    member[np.repeat(np.arange(len(read.items)), told.rows.lengths), told.rows.values] = True
    member = member[:, named]
    bare = ~np.asarray(member.any(axis=1))
    titles = tuple(item.title or item.id for item in read_items(folder, read))
    facts: dict[str, object] = {
        "items without a category": int(bare.sum()),
        "rare categories taken for other": len(told.names) - len(named),
        DOUBTS: list(read.doubts),
    }
    names = tuple(told.names[place] for place in named.tolist())
    if bare.any():
        # A shop may have a category of that name already.
        member, names = (member, names) if OTHER in names else (np.column_stack([member, np.zeros(len(bare), dtype=bool)]), (*names, OTHER))
        member[bare, names.index(OTHER)] = True
    return Catalogue(read.items, titles, names, member), facts
