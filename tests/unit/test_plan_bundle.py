"""Bundles: what was trained acts as it did, for whom it knows and for whom it does not; logs are done again to the byte."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from broadsheet.core.artifacts import Artifact, write_artifact
from broadsheet.core.errors import ArtifactError, BroadsheetError, RecordError, RecordingError
from broadsheet.core.schema import ArtifactKind
from broadsheet.plan.bundle import Ask, PlanBundle, fit_bundle, open_bundle
from broadsheet.plan.datasets.made import made
from broadsheet.plan.folding import Folding
from broadsheet.plan.material import Split
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.replay import Request, record, replay
from broadsheet.plan.run import Shown, believed, next_slates, simulate

TINY = PolicyConfig(size="tiny", iterations=1, sessions_a_rollout=8)


@pytest.fixture(scope="module")
def pair():
    return replace(made(24, 60), horizon=6)


@pytest.fixture(scope="module")
def bundle(pair, tmp_path_factory) -> PlanBundle:
    folder = tmp_path_factory.mktemp("plan") / "bundle"
    fit_bundle(pair, "least-exposed:keep=3", TINY, folder)
    return open_bundle(folder)


def _picked(answered) -> list[list[str]]:
    return [[pick.item for pick in one.picks] for one in answered.slates]


def test_a_bundle_knows_what_the_policy_was_trained_on(bundle, pair):
    assert bundle.material.users == pair.material.users
    assert np.array_equal(bundle.material.scores, pair.material.scores)
    assert np.array_equal(bundle.material.items.member, pair.material.items.member)
    assert np.array_equal(bundle.material.liked, pair.material.liked)
    assert (bundle.slate, bundle.horizon, bundle.laws, bundle.planner) == (pair.slate, pair.horizon, pair.laws, "least-exposed:keep=3")
    metrics = bundle.artifact.manifest.metrics
    assert metrics["plans"] > 0
    assert metrics["fallback share"] == 0
    assert {"validation_return", "validation_return_untrained", "environment_steps"} <= set(metrics)
    assert not any(path.suffix in {".pkl", ".pt"} for path in bundle.artifact.path.iterdir())


def test_the_next_slates_are_those_of_a_session_that_goes_on(bundle):
    """Asking anew after each slate gives what the agent gives that saw them all in one session."""
    asks = (Ask("u003"), Ask("u007"))
    whole = simulate(bundle, asks, 4, seed=5)
    for user in ("u003", "u007"):
        mine = [one for one in whole.slates if one.user == user]
        shown: list[Shown] = []
        for one in mine:
            again = next_slates(bundle, [Ask(user)], shown)
            assert _picked(again) == [[pick.item for pick in one.picks]]
            assert again.slates[0].plan == one.plan
            shown.append(Shown(tuple(pick.item for pick in one.picks), frozenset(one.liked)))


def test_every_pick_is_of_its_plan_or_says_that_it_is_not(bundle):
    for one in simulate(bundle, [Ask("u001"), Ask(history=("i0003", "i0010"))], 6).slates:
        assert one.plan is not None
        for pick in one.picks:
            assert pick.outside == (not set(pick.categories) & set(one.plan.categories))
        assert len({pick.item for pick in one.picks}) == len(one.picks)
        assert set(one.liked) <= {pick.item for pick in one.picks}


def test_what_nobody_knows_is_told_and_never_dropped(bundle):
    found = next_slates(bundle, [Ask(history=("i0003", "x1", "x2"))], [Shown(("i0005", "x3"))])
    assert found.unknown == (("x1", "x2", "x3"),)
    with pytest.raises(RecordError, match="does not know the user 'nobody'"):
        next_slates(bundle, [Ask("nobody")])
    assert _picked(next_slates(bundle, [Ask()])) == _picked(next_slates(bundle, [Ask(history=("x1",))]))


def test_what_a_history_holds_is_not_shown_again_unless_asked(bundle):
    first = _picked(next_slates(bundle, [Ask(history=("i0003",))]))[0]
    had = ("i0003", *first)
    assert not set(_picked(next_slates(bundle, [Ask(history=had)]))[0]) & set(had)
    assert set(_picked(next_slates(bundle, [Ask(history=had, keep_seen=True)]))[0]) & set(had)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([Shown(tuple(f"i{row:04d}" for row in range(7)))], "at most 6"),
        ([Shown(("i0001", "i0001"))], "at most 6, each once"),
        ([Shown(("i0001",))] * 6, "a session has 6"),
    ],
)
def test_a_session_that_cannot_be_is_told(bundle, shown, said):
    with pytest.raises(RecordError, match=said):
        next_slates(bundle, [Ask("u001")], shown)
    with pytest.raises(RecordError, match="1 to 6 rounds"):
        simulate(bundle, [Ask("u001")], 7)


def test_a_drawn_slate_says_how_likely_it_was(bundle):
    """Of many draws each candidate stands first as often as its chance says, and a slate's chance is the product of its slots'."""
    asks = [Ask("u002")] * 200
    drawn = next_slates(bundle, asks, draw=True, seed=3)
    times: dict[str, int] = {}
    said: dict[str, float] = {}
    for one in drawn.slates:
        assert one.propensity == pytest.approx(np.prod([pick.propensity for pick in one.picks]), rel=1e-4)
        first = one.picks[0]
        times[first.item] = times.get(first.item, 0) + 1
        assert said.setdefault(first.item, first.propensity) == first.propensity
    for item, count in times.items():
        assert abs(count / 200 - said[item]) < 5 * np.sqrt(max(said[item] * (1 - said[item]), 1e-3) / 200)
    assert sum(said.values()) <= 1 + 1e-4
    assert next_slates(bundle, asks[:2]).slates[0].propensity is None


def test_the_same_request_and_seed_give_the_same_bytes_and_a_replay_too(bundle):
    request = Request((Ask("u003"), Ask("", ("i0001",))), (), 4, draw=True, seed=3)
    (_, first), (_, second) = record(bundle, request), record(bundle, request)
    assert first == second
    done = replay(first, bundle)
    assert (done.misses, done.differs, done.lines) == (0, 0, len(first.splitlines()))
    after = Request((Ask("u003"),), (Shown(("i0005", "i0007"), frozenset({"i0005"})),))
    assert replay(record(bundle, after)[1], bundle).differs == 0


def _without(text: str, kind: str) -> str:
    lines = text.splitlines(keepends=True)
    gone = next(number for number, line in enumerate(lines) if json.loads(line)["kind"] == kind)
    return "".join(lines[:gone] + lines[gone + 1 :])


def test_a_plan_that_was_not_recorded_is_an_error_or_counted(bundle):
    _, text = record(bundle, Request((Ask("u003"),), (), 3))
    with pytest.raises(RecordingError, match="no plan for round 1"):
        replay(_without(text, "plan"), bundle)
    found = replay(_without(text, "plan"), bundle, lenient=True)
    assert found.misses == 1
    assert found.differs > 0
    with pytest.raises(RecordingError, match="Line"):
        replay(_without(text, "slate"), bundle)


def test_a_replay_asks_no_planner_and_takes_the_plans_of_the_log(bundle, monkeypatch):
    _, text = record(bundle, Request((Ask("u003"),), (), 3))

    def never(*_: object, **__: object) -> None:
        pytest.fail("a planner was opened")

    monkeypatch.setattr("broadsheet.plan.bundle.open_planner", never)
    assert replay(text, bundle).differs == 0


@pytest.mark.parametrize("text", ["", "{", '{"kind": "slate"}', '{"kind": "run"}', '{"kind": "run", "bundle": "x", "name": "y", "request": {}}'])
def test_what_is_no_log_is_told(bundle, text):
    with pytest.raises(BroadsheetError):
        replay(text, bundle)


def test_a_log_of_another_bundle_is_told(bundle, pair, tmp_path):
    _, text = record(bundle, Request((Ask("u003"),)))
    fit_bundle(pair, "", TINY, tmp_path / "flat")
    flat = open_bundle(tmp_path / "flat")
    assert flat.planner == ""
    assert next_slates(flat, [Ask("u003")]).slates[0].plan is None
    with pytest.raises(ArtifactError, match="written with"):
        replay(text, flat)


def test_a_policy_alone_is_no_bundle(bundle, tmp_path):
    manifest = bundle.artifact.manifest.model_copy(update={"files": {}})
    write_artifact(tmp_path / "alone", manifest, {"weights": bundle.artifact.tensors("weights")})
    with pytest.raises(ArtifactError, match="without the items"):
        open_bundle(tmp_path / "alone")


def test_some_users_are_kept_and_the_others_are_folded_in(pair, tmp_path):
    made_of: Artifact = fit_bundle(pair, "all", TINY, tmp_path / "few", known=5)
    few = open_bundle(tmp_path / "few")
    assert made_of.manifest.kind is ArtifactKind.PLAN
    assert len(few.material.users) == 5
    assert set(few.material.users) < set(pair.material.users)
    user = next(name for name in pair.material.users if name not in few.material.users)
    with pytest.raises(RecordError, match="and 2 more"):
        next_slates(few, [Ask(user)])
    assert believed(few, few.material).slate == pair.slate


def _histories(material) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    begins = material.histories.begins
    for user in material.of(Split.TEST).tolist():
        span = slice(int(begins[user]), int(begins[user + 1]))
        yield user, material.histories.values[span], material.liked[span] > 0


def test_somebody_folded_in_is_scored_nearer_to_the_truth_than_the_mean_of_all():
    pair = made(200, 120, error=0.3)
    material = pair.material
    folding = Folding.of(material.scores[material.of(Split.TRAIN)])
    gains = []
    for user, rows, liked in _histories(material):
        unseen = np.setdiff1d(np.arange(120), rows)
        own = folding.scores(rows, liked)
        gains.append(np.corrcoef(own[unseen], pair.truth.logits[user, unseen])[0, 1] - np.corrcoef(folding.mean[unseen], pair.truth.logits[user, unseen])[0, 1])
    assert np.mean(gains) > 0.05
    assert np.array_equal(folding.scores(np.zeros(0, np.int64), np.zeros(0, bool)), folding.mean)
    best = int(np.argmax(folding.directions[:, 0]))
    assert folding.scores(np.array([best]), np.array([True]))[best] > folding.mean[best] > folding.scores(np.array([best]), np.array([False]))[best]
