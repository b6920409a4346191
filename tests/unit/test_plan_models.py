"""What an agent believes and what is true: fitted apart, and neither bends to test users."""

import numpy as np
import pytest

from broadsheet.core.errors import RecordError
from broadsheet.core.progress import silent
from broadsheet.core.seeds import generator
from broadsheet.plan.calibration import log_loss, logistic
from broadsheet.plan.datasets.assemble import Catalogue, fitted_pair, split_users
from broadsheet.plan.datasets.compare import auc, compared, variance_shares
from broadsheet.plan.environment.fitted import FARTHEST, _folded, fit_truth
from broadsheet.plan.environment.neighbours import NAMES, columns, said_by
from broadsheet.plan.environment.saturation import NEIGHBOURS, saturation_kernel
from broadsheet.plan.events import Events, halves, shared
from broadsheet.plan.material import Split
from broadsheet.plan.models.belief import believe
from broadsheet.plan.models.factors import Ridge, expected_values, fit_factors, fold_in

USERS, ITEMS, CATEGORIES = 120, 50, 4
FEW = (Ridge(3, 4, 5), Ridge(3, 8, 15))


def ratings(seed: int = 0, each: int = 30) -> tuple[Events, np.ndarray, np.ndarray]:
    """Ratings by users who like categories, the items' shares of categories, and the chance of a rating of 4."""
    rng = generator(seed, "test")
    shares = np.eye(CATEGORIES, dtype=np.float32)[np.arange(ITEMS) % CATEGORIES]
    true = rng.normal(0, 1.2, size=(USERS, CATEGORIES)) @ shares.T + rng.normal(0, 0.6, size=ITEMS) + rng.normal(0, 0.5, size=(USERS, 1))
    item = np.concatenate([rng.permutation(ITEMS)[:each] for _ in range(USERS)])
    user = np.repeat(np.arange(USERS), each)
    value = np.clip(np.round(3.3 + true[user, item] + rng.normal(0, 0.7, size=len(user))), 1, 5)
    return Events(user, item, value, (value >= 4).astype(np.int8)), shares, true


@pytest.fixture(scope="module")
def told() -> tuple[Events, np.ndarray, np.ndarray, np.ndarray]:
    events, shares, true = ratings()
    return events, shares, true, split_users(USERS, 0)


def test_a_user_is_folded_in_by_ridge_on_the_users_own_events(told):
    events, shares, _, _ = told
    factors = fit_factors(events, shares, Ridge(3, 8, 5), 0, width=6, sweeps=2)
    found = fold_in(factors, events, USERS + 1)
    own = events.where(events.user == 7)
    design = np.column_stack([np.ones(len(own.item)), factors.items[own.item, 1:]])
    penalty = np.diag([3.0, *[8.0] * 6])
    expected = np.linalg.solve(design.T @ design + penalty, design.T @ (own.value - factors.mean - factors.items[own.item, 0]))
    assert np.allclose(found[7], expected)
    assert not found[USERS].any()
    assert np.allclose(expected_values(factors, found)[7], factors.mean + factors.items[:, 0] + expected[0] + factors.items[:, 1:] @ expected[1:], atol=1e-5)


def test_items_that_nobody_had_are_what_their_categories_share(told):
    events, shares, _, _ = told
    factors = fit_factors(events.where(events.item != 8), shares, Ridge(3, 4, 5), 0)
    alike = factors.items[:, 1:] @ factors.items[8, 1:]
    assert alike[4::4].mean() > alike[5::4].mean()
    assert factors.items[8, 1:].any()


def test_data_of_test_users_change_no_bit_of_what_is_trained_and_of_others_scores(told):
    events, shares, _, split = told
    plain = believe(events, split, shares, grid=FEW)
    test = split[events.user] == Split.TEST
    rng = generator(0, "other")
    other = events._replace(
        item=np.where(test, (events.item + 1 + rng.integers(5)) % ITEMS, events.item),
        value=np.where(test, 6 - events.value, events.value),
        liked=np.where(test, 1 - events.liked, events.liked).astype(np.int8),
    )
    # And their rows stand elsewhere among all.
    order = np.argsort(test, kind="stable")
    changed = believe(Events(*(part[order] for part in other)), split, shares, grid=FEW)
    others = split != Split.TEST
    assert np.array_equal(plain.scores[others], changed.scores[others])
    assert np.array_equal(plain.vectors, changed.vectors)
    assert plain.facts == changed.facts
    assert not np.array_equal(plain.scores[~others], changed.scores[~others])


def test_beliefs_are_calibrated_better_than_a_constant_and_vectors_are_of_length_1(told):
    events, shares, true, split = told
    before, after = halves(events)
    belief = believe(before, split, shares, grid=FEW)
    said = belief.scores[after.user, after.item].astype(float)
    assert log_loss(said, after.liked) < log_loss(np.full(len(said), np.log(after.liked.mean() / (1 - after.liked.mean()))), after.liked) - 0.05
    assert np.allclose(np.linalg.norm(belief.vectors, axis=1), 1, atol=1e-5)
    assert np.corrcoef(belief.scores.ravel(), true.ravel())[0, 1] > 0.6


def test_wear_is_reckoned_out_of_slates():
    events, shares, true = ratings(1, each=40)
    rng = generator(1, "wear")
    worn = rng.random(len(events.user))
    liked = (rng.random(len(worn)) < 1 / (1 + np.exp(-(true[events.user, events.item] - 3 * worn)))).astype(np.int8)
    slates = events._replace(value=liked.astype(float), liked=liked)
    split = split_users(USERS, 0)
    with_wear, without = (believe(slates, split, shares, grid=FEW, worn=given).scores.mean() for given in (worn, None))
    assert abs(with_wear - true.mean()) < abs(without - true.mean())


def test_too_few_users_say_so(told):
    events, shares, _, _ = told
    with pytest.raises(RecordError, match="too few"):
        believe(events, np.full(USERS, Split.TEST, dtype=np.int8), shares)
    with pytest.raises(RecordError, match="19 users are too few"):
        split_users(19, 0)
    with pytest.raises(RecordError, match="too few for a truth"):
        fit_truth(events.where(events.user < 2), shares, USERS)


def test_the_truth_is_a_chance_keeps_what_is_personal_and_is_the_same_again(told):
    events, shares, true, _ = told
    fitted = fit_truth(events, shares, USERS)
    assert np.abs(fitted.logits).max() <= FARTHEST
    assert fitted.logits.std() > 0.3
    assert variance_shares(fitted.logits)["interaction"] > 0.1
    assert auc(fitted.logits[fitted.held_out.user, fitted.held_out.item].astype(float), fitted.held_out.liked) > 0.65
    assert np.corrcoef(fitted.logits.ravel(), true.ravel())[0, 1] > 0.6
    chances = 1 / (1 + np.exp(-fitted.logits))
    assert abs(chances[events.user, events.item].mean() - events.liked.mean()) < 0.08
    few = events.where(events.user < 20)
    one, again = fit_truth(few, shares, 20), fit_truth(few, shares, 20)
    assert np.array_equal(one.logits, again.logits)
    assert one.facts == again.facts


def test_no_event_explains_itself_and_a_user_of_no_event_is_like_any(told):
    events, shares, _, _ = told
    chance = generator(0, "chance").random(len(events.user))
    noise = events._replace(value=1 + 4 * chance, liked=(chance > 0.5).astype(np.int8)).sorted()
    rows = _folded(noise, shares, USERS, 0, silent)
    assert rows.shape == (len(noise.user), len(NAMES))
    assert abs(np.corrcoef(rows[:, NAMES.index("neighbours")], noise.liked)[0, 1]) < 0.1
    rest = noise.where(noise.user > 0)
    nobody = columns(said_by(rest, shares, USERS), shares, rest, np.array([0]))[0]
    assert not nobody[:, [NAMES.index("user"), NAMES.index("neighbours"), NAMES.index("known")]].any()


def test_the_two_fits_share_no_pair_and_one_that_does_is_refused(told):
    events, shares, _, split = told
    before, after = halves(events)
    assert not shared(before, after, ITEMS)
    names = tuple(map(str, range(ITEMS)))
    catalogue = Catalogue(names, names, tuple("abcd"), shares > 0)
    users = tuple(map(str, range(USERS)))
    pair = fitted_pair("t", catalogue, users, (before, after), split)
    agent, truth = pair.material.facts["agent"], pair.truth.facts
    assert agent["data"] != truth["data"]
    assert agent["fit"] != truth["fit"]
    assert agent["family"] != truth["family"]
    assert pair.material.facts["truth"] == {key: truth[key] for key in ("family", "data", "fit")}
    assert truth["compared"]["truth"]["auc"] > 0.5
    assert not np.array_equal(pair.material.scores, pair.truth.logits)
    with pytest.raises(RecordError, match="in the agent's half and in the truth's"):
        fitted_pair("t", catalogue, users, (before, events), split)


def test_a_kernel_finds_categories_that_readers_have_together_and_is_sparse():
    rng = generator(0, "kernel")
    user = np.repeat(np.arange(200), 20)
    # Readers of an even number have categories 0 and 1 beside each other, the others anything else.
    even = rng.integers(0, 2, size=len(user))
    item = np.where(user % 2 == 0, even, rng.integers(2, 12, size=len(user)))
    ones = np.ones(len(user))
    kernel = saturation_kernel(Events(user, item, ones, ones.astype(np.int8)), np.eye(12, dtype=np.float32), 200)
    assert (np.diagonal(kernel) == 1).all()
    assert kernel.min() >= 0
    assert kernel.max() == 1
    assert ((kernel > 0).sum(axis=1) <= NEIGHBOURS + 1).all()
    assert kernel[0, 1] > 0.5
    assert not kernel[0, 2:].any()


def test_slopes_are_those_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = generator(0, "slopes")
    x = rng.normal(3, 2, size=(500, 2))
    y = (rng.random(500) < 1 / (1 + np.exp(-(x[:, 0] - 3)))).astype(np.int8)
    rival = LogisticRegression(C=1e6).fit(x, y)
    assert np.allclose(logistic(x, y), [rival.intercept_[0], *rival.coef_[0]], atol=1e-3)


def test_a_truth_is_not_turned_upside_down():
    """Chance alone: what calibrates is told worse than by chance, and a negative slope would make of it that everybody dislikes what they liked."""
    rng = np.random.default_rng(1)
    pairs, liked = rng.permutation(40 * 30)[:250], (rng.random(250) < 0.5).astype(np.int8)
    with pytest.raises(RecordError, match="better than chance"):
        fit_truth(Events(pairs // 30, pairs % 30, liked.astype(float), liked), np.eye(3, dtype=np.float32)[np.arange(30) % 3], 40, 1)


def test_a_level_that_knows_who_was_left_out_is_no_knowledge_of_likings():
    user, item, liked = np.repeat(np.arange(40), 2), np.tile([0, 1], 40), np.repeat(np.arange(40) % 2, 2).astype(np.int8)
    held_out = Events(user, item, liked.astype(float), liked)
    logits = np.repeat((np.arange(40) % 2)[:, None], 2, axis=1).astype(np.float32)
    found = compared(logits + np.array([[0, 1e-3]], dtype=np.float32), logits, held_out, held_out, np.zeros(40, dtype=np.int8))
    assert found["truth"]["auc"] == 1
    assert found["truth"]["auc_within"] == 0.5
