"""What goes with income and age, what people say comes first, and that nothing of few people is told of either."""

import json

import numpy as np
import polars as pl
import pytest

from broadsheet.core.errors import ColumnError, RecordError, SourceNotFoundError
from broadsheet.core.schema import Columns
from broadsheet.needs.facts import Facts, figures, read_facts
from broadsheet.needs.hierarchy import covariates
from broadsheet.needs.hierarchy.claimed import figures as claim_figures
from broadsheet.needs.hierarchy.claimed import read_order_claims, votes
from broadsheet.needs.hierarchy.covariates import shuffled
from broadsheet.needs.hierarchy.infer import Evidence, infer
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.hierarchy.told import told
from broadsheet.needs.records import PersonFact, Span

PLAN = AnalysisPlan(draws=99, resamples=200)
LEVELS = [f"level {number}" for number in range(6)]
SPAN = Span(start=0, end=4, text="Post")


def world(effects, people=300, seed=0, *, talkative=0.0, turned=False, missing=0):
    """People who write by lot and speak of levels the more, the more they earn, by `effects`; `talkative` ties writing to income."""
    draw = np.random.default_rng(seed)
    doublings = draw.normal(size=people)
    count = np.maximum(1, np.round(np.exp(draw.normal(2.3 + talkative * doublings, 0.7)))).astype(int)
    rates = count[:, None] * np.geomspace(0.12, 0.03, len(LEVELS)) * np.exp(np.outer(doublings, effects))
    posts, mentions, facts = [], [], []
    for person in range(people):
        posts += [(f"{person}-{place}", f"author {person}", 1_600_000_000 + place, f"{person} {place}") for place in range(count[person])]
        mentions += [
            (f"{person}-{draw.integers(count[person])}", LEVELS[level]) for level, times in enumerate(draw.poisson(rates[person])) for _ in range(times)
        ]
        value = 2000 * 2.0 ** (-doublings[person] if turned else doublings[person])
        if person >= missing:
            facts.append((f"{person}-0", PersonFact(kind="income", value=value, currency="EUR", period="month", span=SPAN)))
    schema = [Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH]
    frames = pl.DataFrame(posts, schema=schema, orient="row"), pl.DataFrame(mentions, schema=[*schema[:1], Columns.LEVEL], orient="row")
    return (*frames, Facts(facts, {}))


def income(made, plan=PLAN):
    posts, mentions, facts = made
    found = infer(posts, mentions, LEVELS, plan, evidence=Evidence(facts=facts))
    return found.covariates[0], found


def test_slopes_that_grow_up_the_levels_are_found_and_turn_with_income():
    effects = np.linspace(-0.5, 0.5, 6)
    one, found = income(world(effects, missing=40))
    other, again = income(world(effects, missing=40, turned=True))
    assert (one.people, one.missing, one.unit) == (260, 40, "EUR a month")
    assert one.trend_interval[0] < 0.2 < one.trend_interval[1]
    assert one.p <= 0.01
    assert one.agreement > 0.8
    assert one.levels[5].slope > 0.2 > -0.2 > one.levels[0].slope
    assert other.trend == pytest.approx(-one.trend, abs=1e-6)
    assert other.agreement == pytest.approx(-one.agreement)
    assert other.p == pytest.approx(one.p, abs=0.01)
    assert found.taxonomy_agreement["income"] == one.agreement
    # Income has no say in anything else.
    without = infer(*world(effects, missing=40)[:2], LEVELS, PLAN)
    assert without.covariates == ()
    assert without.finding == found.finding == again.finding
    assert without.order_by_frequency == found.order_by_frequency


def test_who_earns_more_and_writes_more_speaks_of_no_level_more_by_that():
    """Writing goes with income here, and levels with writing alone."""
    seen = [income(world(np.zeros(6), seed=seed, talkative=0.6))[0] for seed in range(6)]
    assert sum(one.p <= 0.05 for one in seen) <= 1
    slopes = [(level.interval[0] <= 0 <= level.interval[1]) for one in seen for level in one.levels if level.slope is not None]
    assert np.mean(slopes) > 0.85


def test_what_goes_with_income_alike_on_every_level_is_no_trend():
    one, _ = income(world(np.full(6, 0.4), seed=2))
    assert all(level.p <= 0.05 for level in one.levels)
    assert one.p > 0.05
    assert one.trend_interval[0] < 0 < one.trend_interval[1]


def test_a_level_that_one_end_alone_speaks_of_has_a_slope_that_is_a_number():
    posts, mentions, facts = world(np.zeros(6), seed=3)
    rich = {post for post, fact in facts.told if fact.value > 4000}
    kept = mentions.filter((pl.col(Columns.LEVEL) != LEVELS[5]) | pl.col(Columns.POST).is_in(list(rich)))
    more = pl.DataFrame([(post, LEVELS[5]) for post in sorted(rich)], schema=kept.schema, orient="row")
    slope = income((posts, pl.concat([kept, more]), facts))[0].levels[5]
    assert np.isfinite(slope.slope)
    assert slope.interval[0] > 0


def test_few_people_or_a_level_of_few_are_not_told():
    one, _ = income(world(np.zeros(6), missing=280))
    assert one.people == 20
    assert (one.trend, one.p, one.agreement) == (None, None, None)
    posts, mentions, facts = world(np.zeros(6))
    speakers = mentions.filter(pl.col(Columns.LEVEL) == LEVELS[5]).head(3)
    some, _ = income((posts, pl.concat([mentions.filter(pl.col(Columns.LEVEL) != LEVELS[5]), speakers]), facts))
    assert some.levels[5].slope is None
    assert some.levels[4].slope is not None


def test_shuffled_within_groups_and_reckoned_is_the_same(monkeypatch):
    draw = np.random.default_rng(0)
    steps, group = draw.normal(size=400), draw.integers(4, size=400)
    scores = draw.normal(size=(400, 3)) + 0.08 * steps[:, None]
    drawn = shuffled(steps, scores, group, np.random.default_rng(1))
    monkeypatch.setattr(covariates, "_MOST", 0)
    reckoned = shuffled(steps, scores, group, np.random.default_rng(1))
    assert reckoned == pytest.approx(drawn, abs=0.015)


def fact(kind="income", value=2000.0, currency="EUR", period="month"):
    return PersonFact(kind=kind, value=value, currency=currency, period=period, span=SPAN)


def test_one_figure_a_person_a_month_in_the_currency_that_most_facts_are_in():
    told_facts = [("a", fact()), ("a", fact(value=4000)), ("b", fact(value=24_000, period="year")), ("c", fact(currency="USD"))]
    found = figures(Facts(told_facts, {}), "income", {"a": "ana", "b": "bo", "c": "cy"})
    assert found.of == {"ana": 3000.0, "bo": 2000.0}
    assert (found.unit, found.other_currency) == ("EUR a month", 1)


def test_facts_are_read_from_a_frame_and_from_lines_alike(tmp_path):
    frame = pl.DataFrame(
        [
            ("p", "ana", "income", 2000.0, "EUR", "month", 0, 4, "Post"),
            ("p", "ana", "income", 20.0, "EUR", "hour", 0, 4, "Post"),
            ("q", "bo", "age", 30.0, "", "", 0, 4, "Post"),
        ],
        schema=[Columns.POST, Columns.AUTHOR, Columns.KIND, Columns.VALUE, Columns.CURRENCY, Columns.PERIOD, Columns.START, Columns.END, Columns.TEXT],
        orient="row",
    )
    frame.write_parquet(tmp_path / "facts.parquet")
    lines = [
        {
            "post_id": row["post"],
            "span": {name: row[name] for name in ("start", "end", "text")},
            **{name: row[name] for name in ("kind", "value", "currency", "period")},
        }
        for row in frame.iter_rows(named=True)
    ]
    (tmp_path / "facts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    one, other = (read_facts(tmp_path / f"facts.{ending}", {"p"}) for ending in ("parquet", "jsonl"))
    assert one == other
    assert len(one.told) == 1
    assert one.left_out == {"fact_of_unknown_post": 1, "income_without_month": 1}
    assert read_facts(tmp_path / "facts.parquet", {"p", "q"}, {"p": "Past", "q": "Post"}).left_out == {"fact_not_verbatim": 2}
    frame.drop(Columns.VALUE).write_parquet(tmp_path / "few.parquet")
    (tmp_path / "no.parquet").write_text("no")
    for name, error in (("few.parquet", ColumnError), ("no.parquet", RecordError), ("nowhere.jsonl", SourceNotFoundError)):
        with pytest.raises(error):
            read_facts(tmp_path / name, {"p"})


def test_one_vote_a_person_and_pair_and_whoever_says_both_has_none():
    told_claims = [("ana", 0, 1)] * 5 + [("ana", 1, 0), ("bo", 1, 0), ("bo", 0, 1), ("cy", 2, 1)]
    assert votes(told_claims) == [("ana", 0, 1), ("cy", 2, 1)]
    found = claim_figures(told_claims, LEVELS, PLAN)
    assert (found.people, found.claims, found.agreement) == (2, 9, 0.0)
    assert found.wins[LEVELS[0]][LEVELS[1]] == 1


def test_claims_go_up_the_levels_and_turn_with_them_and_say_nothing_of_the_verdict():
    draw = np.random.default_rng(0)
    pairs = [tuple(sorted(draw.choice(6, 2, replace=False).tolist())) for _ in range(80)]
    up = [(f"author {number % 40}", *pair) for number, pair in enumerate(pairs)]
    made = world(np.zeros(6), people=60)[:2]
    one, other = (infer(*made, LEVELS, PLAN, evidence=Evidence(claims=claims)) for claims in (up, [(who, b, a) for who, a, b in up]))
    assert one.claims.agreement == 1.0 == -other.claims.agreement
    assert one.claims.p == other.claims.p <= 0.01
    assert one.taxonomy_agreement["claims"] > 0.7 > -0.7 > other.taxonomy_agreement["claims"]
    assert one.finding == other.finding
    # One person who says it a hundred times is one person.
    alone = infer(*made, LEVELS, PLAN, evidence=Evidence(claims=[("author 1", 0, 5)] * 100))
    assert (alone.claims.people, alone.claims.p) == (1, 1.0)
    by_lot = claim_figures([(who, *draw.permutation(pair).tolist()) for who, *pair in up], LEVELS, PLAN)
    assert by_lot.interval[0] < 0 < by_lot.interval[1]
    assert by_lot.p > 0.05


def test_claims_that_cannot_be_used_are_counted(tmp_path):
    posts = pl.DataFrame([("p", "ana", 0, "x")], schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")
    rows = [
        {"post_id": "p", "before": LEVELS[0], "after": LEVELS[1]},
        {"post_id": "q", "before": LEVELS[0], "after": LEVELS[1]},
        {"post_id": "p", "before": "nought", "after": LEVELS[1]},
        {"post_id": "p", "before": LEVELS[1], "after": LEVELS[1]},
        {"before": LEVELS[0]},
    ]
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{")
    found = read_order_claims(tmp_path / "claims.jsonl", posts, LEVELS)
    assert found.told == [("ana", 0, 1)]
    assert found.left_out == {"claim_of_unknown_level": 1, "claim_of_unknown_post": 1, "malformed_claim": 3}


def numbers(held, names=("people", "missing")):
    if isinstance(held, dict):
        for name, value in held.items():
            if name in names or name == "month_people":
                yield from value.values() if isinstance(value, dict) else [value]
            else:
                yield from numbers(value, names)
    elif isinstance(held, list):
        for one in held:
            yield from numbers(one, names)


def test_no_number_of_people_under_k_is_told_in_json():
    posts, mentions, facts = world(np.zeros(6), people=120)
    few = pl.DataFrame([("1-0", LEVELS[2]), ("2-0", LEVELS[2])], schema=mentions.schema, orient="row")
    mentions = pl.concat([mentions.filter(pl.col(Columns.LEVEL) != LEVELS[2]), few])
    claims = [(f"author {number}", 0, 1) for number in range(9)] + [("author 1", 3, 4)]
    found = infer(posts, mentions, LEVELS, PLAN, evidence=Evidence(claims=claims, facts=facts))
    held = told(found)
    counts = list(numbers({name: value for name, value in held.items() if name != "plan"}))
    assert counts
    assert all(isinstance(count, str) or count == 0 or count >= 5 for count in counts)
    rare = held["levels"][2]
    assert (rare["people"], rare["share"], rare["H"]) == ("fewer than 5", None, None)
    assert all(value is None for value in held["order_probabilities"][LEVELS[2]].values())
    assert LEVELS[2] not in held["order_by_frequency"]
    assert held["claims"]["wins"][LEVELS[0]][LEVELS[1]] == 9
    assert held["claims"]["wins"][LEVELS[3]][LEVELS[4]] is None
    for one, row in held["time"]["sooner"].items():
        for other, forth in row.items():
            back = held["time"]["sooner"][other][one]
            assert (forth is None) == (back is None)
            assert forth is None or all(value == 0 or value >= 5 for value in (forth, back))
    assert all(share is None or round(share * 120) == 0 or round(share * 120) >= 5 for month in held["months"].values() for share in month.values())
    assert held["suppressed"]["k"] == 5
    assert held["suppressed"]["cells"] > 0
    # A smaller k tells more.
    more = told(infer(posts, mentions, LEVELS, PLAN.model_copy(update={"k": 2}), evidence=Evidence(claims=claims, facts=facts)))
    assert more["levels"][2]["people"] == 2
    assert more["suppressed"]["cells"] < held["suppressed"]["cells"]


def test_of_fewer_people_than_k_nothing_is_told():
    made = world(np.zeros(6), people=4)
    held = told(infer(*made[:2], LEVELS, PLAN, evidence=Evidence(claims=[("author 1", 0, 1)], facts=made[2])))
    assert (held["people"], held["posts"], held["H"]) == ("fewer than 5", "withheld", None)
    assert "4 people" not in json.dumps(held)
    assert set(held["taxonomy_agreement"].values()) == {None}
    assert (held["time"]["p"], held["time"]["agreement"], held["claims"]["agreement"]) == (None, None, None)
    assert held["claims"]["people"] == held["covariates"][0]["people"] == "fewer than 5"
