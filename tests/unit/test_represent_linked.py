"""The projection from links: what belongs together comes together, for groups never seen too."""

import math

import numpy as np
import pytest
from scipy import sparse

from broadsheet.represent.linked import LinkedConfig, LinkedProjection, _info_nce

torch = pytest.importorskip("torch")
CONFIG = LinkedConfig(size="tiny", latent=12, rarest=1, batch=64, epochs=20, lexical=0.2)


def planted(seed: int = 0):
    """Two hundred groups of four rows that share a faint direction; every row has loud noise in others."""
    rng = np.random.default_rng(seed)
    hidden = np.repeat(rng.normal(size=(200, 6)), 4, axis=0)
    dense = np.hstack([0.7 * hidden, 1.5 * rng.normal(size=(800, 26))])
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    lexical = sparse.csr_array(rng.random((800, 30)) * (rng.random((800, 30)) > 0.7))
    return lexical, dense, [list(range(4 * g, 4 * g + 4)) for g in range(200)]


def within(rows: np.ndarray, groups) -> float:
    """Return how much nearer rows of a group are to each other than to the rest."""
    cosines = rows @ rows.T
    inside = np.mean([cosines[np.ix_(g, g)][~np.eye(len(g), dtype=bool)].mean() for g in groups])
    held = [row for g in groups for row in g]
    return float(inside - cosines[np.ix_(held, held)].mean()) / float(cosines[np.ix_(held, held)].std())


def test_groups_never_seen_come_together():
    lexical, dense, groups = planted()
    projection = LinkedProjection.fit(lexical, dense, groups[:150], CONFIG)
    rows = projection(lexical, dense)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert within(rows, groups[150:]) > within(dense, groups[150:]) + 0.2


def test_the_same_seed_gives_the_same_projection():
    lexical, dense, groups = planted()
    first, second = (LinkedProjection.fit(lexical, dense, groups, CONFIG, seed=3) for _ in range(2))
    assert np.array_equal(first.matrix, second.matrix)


@pytest.mark.parametrize("groups", [[], [[0, 1]]])
def test_too_few_groups_teach_nothing_and_break_nothing(groups):
    lexical, dense, _ = planted()
    projection = LinkedProjection.fit(lexical, dense, groups, CONFIG)
    assert np.isfinite(projection(lexical, dense)).all()
    assert np.array_equal(projection.matrix, LinkedProjection.fit(lexical, dense, [[4], [5]], CONFIG).matrix)


def test_items_of_one_group_are_never_each_others_negatives():
    left = torch.eye(3)
    right = torch.eye(3)
    alone = float(_info_nce(left, right, torch.zeros(3, 3, dtype=torch.bool), 1.0))
    shared = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    e = math.e
    assert alone == pytest.approx(2 * math.log((e + 2) / e), rel=1e-5)
    by_hand = (2 * math.log((e + 1) / e) + math.log((e + 2) / e)) / 3
    assert float(_info_nce(left, right, shared, 1.0)) == pytest.approx(2 * by_hand, rel=1e-5)
