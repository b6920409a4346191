"""What holds calls back, by a clock that is turned by hand."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import ConfigError
from broadsheet.core.llm import Budget, CallError, Limits, ModelPrice, Prices, Reason
from broadsheet.core.llm.backends.endpoint import retry_after
from broadsheet.core.llm.limits import Breaker, Gate, TokenBucket
from broadsheet.core.llm.prices import Amount, Purse

SERVER = CallError(Reason.SERVER, "It failed.", "Wait.")


@given(st.integers(1, 600), st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_a_bucket_never_gives_more_than_its_rate_and_a_seconds_burst(per_minute, amounts):
    bucket, now, given_out = TokenBucket(per_minute), 0.0, 0
    for amount in amounts:
        now += bucket.take(amount, now)
        given_out += amount
        assert given_out <= now * per_minute / 60 + max(1.0, per_minute / 60) + 1e-6


def test_a_bucket_waits_for_exactly_what_is_owed_and_takes_back_what_was_not_used():
    bucket = TokenBucket(60)
    assert bucket.take(1, 0.0) == 0
    assert bucket.take(10, 0.0) == pytest.approx(10)
    bucket.give_back(9)
    assert bucket.take(1, 0.0) == pytest.approx(2)


def test_requests_and_tokens_a_minute_bind_together():
    gate = Gate(Limits(rpm=60, tpm=6000), seed=0)
    assert gate.take(50, 0.0) == 0
    assert gate.take(1000, 0.0) == pytest.approx(9.5)
    gate.settle(1000, 100)
    assert gate.take(50, 0.0) == pytest.approx(2.0)  # now requests bind


def test_a_wait_that_the_server_asks_for_holds_every_call():
    gate = Gate(Limits(), seed=0)
    gate.hold(5, 10.0)
    gate.hold(1, 10.0)
    assert gate.wait(12.0) == pytest.approx(3)
    assert gate.wait(15.0) == 0


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_backoff_doubles_up_to_its_longest_and_follows_from_the_seed(seed, tried):
    limits = Limits(backoff=0.5, longest_backoff=30)
    seconds = Gate(limits, seed).backoff(tried)
    most = min(30, 0.5 * 2**tried)
    assert most / 2 <= seconds <= most
    assert Gate(limits, seed).backoff(tried) == seconds


def test_the_circuit_opens_lets_one_call_try_and_closes():
    breaker = Breaker(Limits(failures=3, pause=10, openings=5))
    for now in (1.0, 2.0):
        breaker.failed(SERVER, now)
        assert breaker.wait(now) == 0
    breaker.failed(SERVER, 3.0)
    assert breaker.wait(4.0) == pytest.approx(9)
    assert breaker.wait(13.0) == 0, "one tries"
    assert breaker.wait(13.0) > 0, "the others wait for it"
    breaker.failed(SERVER, 13.5)
    assert breaker.wait(14.0) == pytest.approx(9.5)
    assert breaker.wait(24.0) == 0
    breaker.answered()
    assert [breaker.wait(24.0) for _ in range(3)] == [0, 0, 0]
    assert breaker.gone is None


def test_the_circuit_stays_open_in_the_end_and_says_why():
    breaker = Breaker(Limits(failures=1, pause=1, openings=2))
    breaker.failed(SERVER, 0.0)
    assert breaker.gone is None
    assert breaker.wait(1.0) == 0
    breaker.failed(SERVER, 1.0)
    assert breaker.gone.reason is Reason.CIRCUIT
    assert "It failed." in breaker.gone.what


def test_calls_that_began_before_the_circuit_opened_do_not_open_it_again():
    breaker = Breaker(Limits(failures=2, pause=10, openings=2))
    for _ in range(20):
        breaker.failed(SERVER, 1.0)
    assert breaker.gone is None


def test_a_refusal_to_serve_shows_that_the_endpoint_lives_and_no_access_ends_all():
    breaker = Breaker(Limits(failures=2))
    breaker.failed(SERVER, 0.0)
    breaker.failed(CallError(Reason.RATE_LIMITED, "Wait.", ""), 0.0)
    breaker.failed(SERVER, 0.0)
    assert breaker.wait(0.0) == 0
    breaker.failed(CallError(Reason.ACCESS, "No.", ""), 0.0)
    assert breaker.gone.reason is Reason.ACCESS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 16 Mar 2026 00:00:30 GMT", 30.0),
        ("Sun, 15 Mar 2026 00:00:00 GMT", 0.0),
        ("Mon, 16 Mar 2026 00:00:30 -0000", 30.0),
        *((odd, None) for odd in ("", "soon", "nan", "inf", "-3")),
    ],
)
def test_what_retry_after_says(text, seconds):
    assert retry_after(text, datetime(2026, 3, 16, tzinfo=UTC)) == seconds


def test_a_cost_is_exact_or_unknown():
    prices = Prices(models={"m": ModelPrice(input=0.15, output=0.6)})
    assert prices.cost(1_000_000, 500_000, "m") == 0.45
    assert prices.cost(10, 10, "m-2026", "m") == prices.cost(10, 10, "m")
    assert prices.cost(10, 10, "other") is None
    assert prices.cost(None, 10, "m") is None


def test_prices_from_a_file(tmp_path):
    (tmp_path / "prices.toml").write_text('[models."org/m"]\ninput = 1\noutput = 2.5\n')
    assert Prices.read(tmp_path / "prices.toml").cost(2, 2, "org/m") == 7e-6
    (tmp_path / "prices.toml").write_text('[models."org/m"]\ninput = -1\noutput = 2.5\n')
    with pytest.raises(ConfigError, match="input"):
        Prices.read(tmp_path / "prices.toml")


@given(st.integers(0, 200), st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), max_size=20))
def test_a_purse_never_spends_more_than_its_budget(tokens, calls):
    purse, spent = Purse(Budget(tokens=tokens, calls=7)), 0
    for most, used in calls:
        if purse.take(Amount(tokens=most)):
            assert spent + most <= tokens
            purse.settle(Amount(tokens=most), Amount(tokens=min(used, most)))
            spent += min(used, most)
        else:
            assert spent + most > tokens or spent == 0 or len(calls) > 7
    assert purse.in_flight == 0


def test_dollars_without_a_price_are_refused_before_any_call():
    with pytest.raises(ConfigError, match="no price"):
        Purse(Budget(usd=1)).check_prices(Prices(), "m")
