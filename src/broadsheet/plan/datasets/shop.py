"""A folder of one's own sequences as a pair: positives only, categories by their names."""

from pathlib import Path

import numpy as np

from broadsheet.core.errors import RecordError
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.assemble import Catalogue
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.datasets.positives import Sequences, positives_pair
from broadsheet.sources.interactions import Interactions, read_interactions, read_items

OTHER = "Other"
"""The category of an item of which none is told."""
MOST = 512
"""Categories of a pair; rarer ones are taken for `OTHER`."""
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
    facts: dict[str, object] = {"items without a category": int(bare.sum()), "rare categories taken for other": len(told.names) - len(named)}
    names = tuple(told.names[place] for place in named.tolist())
    if bare.any():
        # A shop may have a category of that name already.
        member, names = (member, names) if OTHER in names else (np.column_stack([member, np.zeros(len(bare), dtype=bool)]), (*names, OTHER))
        member[bare, names.index(OTHER)] = True
    return Catalogue(read.items, titles, names, member), facts
