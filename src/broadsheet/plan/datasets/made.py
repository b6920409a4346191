"""A catalogue of random numbers, in which everything is known: for tests, examples and the first minute."""

import numpy as np

from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable
from broadsheet.plan.laws import SESSION, Laws
from broadsheet.plan.material import Material, Split


def made(users: int = 60, items: int = 200, categories: int = 8, seed: int = 0, *, error: float = 0.7, laws: Laws = SESSION) -> Pair:
    """Return a pair of random numbers: users like categories and items, the agent's scores are the truth with errors of that deviation (logits).

    Categories are of uneven size and an item has one to three. Half of the users are of the split TRAIN, a sixth VALIDATION, the rest TEST.
    """
    rng = generator(seed, "plan", "made")
    member = np.zeros((items, categories), dtype=bool)
    sizes = rng.dirichlet(np.full(categories, 2.0))
    for row in range(items):
        member[row, rng.choice(categories, size=min(categories, int(rng.integers(1, 4))), replace=False, p=sizes)] = True
    vectors = (member / np.sqrt(member.sum(axis=1, keepdims=True))) @ rng.normal(size=(categories, 16)) + 0.5 * rng.normal(size=(items, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    names = tuple(f"i{row:04d}" for row in range(items))
    table = ItemTable(names, tuple(f"Item {row}" for row in range(items)), tuple(f"category {row}" for row in range(categories)), member, vectors)
    taste = rng.normal(0, 0.8, size=(users, categories))
    logits = rng.normal(-0.3, 0.5, size=(users, 1)) + rng.normal(0, 0.6, size=items) + taste @ table.weights.T + 0.8 * rng.normal(size=(users, 16)) @ vectors.T
    met = [rng.choice(items, size=int(rng.integers(5, min(40, items))), replace=False) for _ in range(users)]
    histories = Ragged.of(met)
    user = np.repeat(np.arange(users), histories.lengths)
    liked = (rng.random(len(user)) < 1 / (1 + np.exp(-logits[user, histories.values]))).astype(np.int8)
    split = np.full(users, Split.TEST, dtype=np.int8)
    order = rng.permutation(users)
    split[order[: users // 2]], split[order[users // 2 : users // 2 + users // 6]] = Split.TRAIN, Split.VALIDATION
    scores = (logits + rng.normal(0, error, size=logits.shape)).astype(np.float32)
    material = Material("made", table, tuple(f"u{row:03d}" for row in range(users)), histories, liked, split, scores, {"seed": seed})
    return Pair(material, Truth(logits.astype(np.float32), np.eye(categories, dtype=np.float32)), laws)
