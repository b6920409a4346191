"""Keys, limits and sessions: what is kept of a secret, what a wrong one learns, how often one may try."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import ConfigError
from broadsheet.core.store import Store

pytest.importorskip("fastapi")

from broadsheet.serve.api.problems import Problem
from broadsheet.serve.keys import KEYS, Keys, Scope
from broadsheet.serve.limits import Buckets, Limit
from broadsheet.serve.session import LASTS, Session, Sessions

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path):
    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        yield Keys(store, SetClock(NOON))


def test_a_key_opens_until_it_is_revoked_and_only_its_hash_is_kept(keys):
    made = keys.new("phone", [Scope.READ, Scope.WRITE], 60)
    assert keys.opened(made.secret) == made.key
    with keys.store.engine.connect() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.execute(sa.select(KEYS))])
    assert made.secret not in kept
    assert made.secret.rpartition("_")[2] not in kept
    assert len(made.secret.split("_", 2)[2]) == 43, "256 bits"
    assert keys.revoke(made.key.id).revoked == NOON
    assert keys.opened(made.secret) is None
    assert [key.id for key in keys.all()] == [made.key.id]


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s + "A", lambda s: s.upper(), lambda s: s.replace("bsk", "bsk_"), lambda s: s[:-1] + ("A" if s[-1] != "A" else "B")]
)
def test_what_is_nearly_a_key_is_none(keys, change):
    made = keys.new("phone")
    assert keys.opened(change(made.secret)) is None


@given(st.text())
def test_any_text_is_no_key(text):
    class Nothing(Keys):
        def _row(self, names):
            return None

    assert Nothing(None).opened(text) is None


def test_a_key_needs_a_name_and_a_scope(keys):
    for name, scopes in (("", [Scope.READ]), ("x" * 201, [Scope.READ]), ("x", [])):
        with pytest.raises(ConfigError, match="name"):
            keys.new(name, scopes)
    with pytest.raises(ConfigError, match="no key"):
        keys.revoke("nobody")


def test_a_bucket_fills_as_time_goes_and_no_further():
    clock = SetClock(NOON)
    buckets, limit = Buckets(clock), Limit(60, 3)
    assert [buckets.take("a", limit) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", limit) == pytest.approx(1.0)
    assert buckets.wait("a", limit) == pytest.approx(1.0)
    assert buckets.take("b", limit) == 0
    clock.sleep(1)
    assert buckets.take("a", limit) == 0
    clock.sleep(3600)
    assert buckets.take("a", limit, 3) == 0
    assert buckets.take("a", limit) > 0


SECRETS = (b"n" * 32, b"o" * 32)


def test_a_session_comes_back_from_its_cookie_also_from_an_older_secret():
    clock = SetClock(NOON)
    sessions = Sessions(SECRETS, clock)
    session = sessions.begin("ana", "1f2e3d4c")
    assert sessions.opened(sessions.cookie(session)) == session
    older = Sessions(SECRETS[1:], clock)
    assert sessions.opened(older.cookie(session)) == session
    assert older.opened(sessions.cookie(session)) is None
    clock.sleep(LASTS.total_seconds() + 1)
    assert sessions.opened(sessions.cookie(session)) is None
    assert sessions.begin("ana") != sessions.begin("ana")


@given(st.integers(min_value=0, max_value=10_000), st.sampled_from("Aa0-_.=\n"))
def test_a_cookie_of_which_any_letter_differs_opens_nothing(place, letter):
    sessions = Sessions(SECRETS, SetClock(NOON))
    cookie = sessions.cookie(Session("x" * 22, "ana", "", int((NOON - timedelta(days=1)).timestamp())))
    place %= len(cookie)
    changed = cookie[:place] + letter + cookie[place + 1 :]
    assert changed == cookie or sessions.opened(changed) is None


@given(st.text(max_size=200))
def test_any_text_is_no_cookie_and_no_token(text):
    sessions = Sessions(SECRETS, SetClock(NOON))
    assert sessions.opened(text) is None
    with pytest.raises(Problem) as refused:
        sessions.check(sessions.begin("ana"), text)
    assert refused.value.status == 403


def test_a_token_is_of_one_session_alone():
    sessions = Sessions(SECRETS, SetClock(NOON))
    one, other = sessions.begin("ana"), sessions.begin("ana")
    sessions.check(one, sessions.token(one))
    with pytest.raises(Problem):
        sessions.check(other, sessions.token(one))
    sessions.check(one, Sessions(SECRETS[1:], SetClock(NOON)).token(one))


def test_the_cookie_is_kept_from_scripts_and_other_sites():
    from starlette.responses import Response

    sessions, answer = Sessions(SECRETS), Response()
    sessions.set(answer, sessions.begin("ana"), secure=True)
    said = answer.headers["set-cookie"].lower()
    assert all(word in said for word in ("httponly", "samesite=strict", "secure", "path=/"))
