"""Signed links: what is changed does not open, what is old neither, and nobody reads anything from one."""

import base64
import stat
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import ConfigError
from broadsheet.core.schema import Item
from broadsheet.report.feedback import links
from broadsheet.report.feedback.links import Act, ExpiredLinkError, ForgedLinkError, Links
from broadsheet.report.feedback.signing import read_secrets, rotate_secret, secret_path
from broadsheet.report.model import Entry, Report

NOW = datetime(2026, 2, 9, 12, tzinfo=UTC)
ACT = Act("ana@example.org", "2602.06393", date(2026, 2, 9), 3, "more", NOW + timedelta(days=60))
OURS = Links(b"s" * 32, "https://news.example.org/", SetClock(NOW))


def entry(slot: int | None = 1) -> Entry:
    return Entry(item=Item(id="2602.06393", title="Soup"), kind="new", section="new", slot=slot)


def report(**facts) -> Report:
    return Report(label=date(2026, 2, 9), reader="ana@example.org", source="s", ranked_by="words", counts={"new": 1}, entries=(entry(),), **facts)


@settings(max_examples=40)
@given(
    st.builds(
        Act,
        st.text(max_size=40),
        st.text(max_size=40),
        st.none() | st.dates(),
        st.none() | st.integers(1, 99),
        st.sampled_from(["more", "undo more 2026-02-09T09:00:00+00:00", "unsubscribe"]),
        st.none() | st.just(NOW + timedelta(days=1)),
        st.text(max_size=30),
    )
)
def test_what_a_link_says_is_what_it_was_made_of(act):
    token = OURS.token(act)
    assert OURS.open(token) == act
    assert OURS.token(act) == token


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_opens(place, change):
    raw = bytearray(base64.urlsafe_b64decode(OURS.token(ACT) + "=="))
    raw[place % len(raw)] ^= change
    with pytest.raises(ForgedLinkError):
        OURS.open(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "ü" * 40, "A" * 5000, "../../etc/passwd", OURS.token(ACT) + "A", OURS.token(ACT)[:-1], OURS.token(ACT) + "="]
)
def test_what_is_no_token_is_forged(token):
    with pytest.raises(ForgedLinkError):
        OURS.open(token)


def test_a_token_has_one_spelling():
    token = OURS.token(ACT._replace(item="2602.063931"))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    opened = 0
    for last in letters:
        try:
            OURS.open(token[:-1] + last)
            opened += 1
        except ForgedLinkError:
            continue
    assert opened == 1


def test_nobody_reads_the_reader_or_the_paper_from_a_link():
    url = OURS.link(*ACT[:6])
    raw = base64.urlsafe_b64decode(urlsplit(url).path.removeprefix("/f/") + "==")
    for told in (b"ana", b"example", b"2602", b"06393", b"more", b"2026"):
        assert told not in raw
        assert told.decode() not in url.removeprefix("https://news.example.org/")


def test_an_expired_link_is_told_apart_from_a_forged_one():
    clock = SetClock(NOW)
    ours = Links(b"s" * 32, "https://news.example.org", clock)
    token = ours.token(ACT)
    clock.sleep(60 * 86400 - 1)
    assert ours.open(token) == ACT
    clock.sleep(1)
    with pytest.raises(ExpiredLinkError):
        ours.open(token)
    assert ours.open(ours.token(ACT._replace(expires=None)))


def test_an_older_secret_opens_and_a_strange_one_does_not():
    older, newer = b"o" * 32, b"n" * 32
    token = Links(older, "").token(ACT)
    both = Links([newer, older], "", SetClock(NOW))
    assert both.open(token) == ACT
    assert both.token(ACT) == Links(newer, "").token(ACT) != token
    with pytest.raises(ForgedLinkError):
        Links(newer, "", SetClock(NOW)).open(token)


def test_who_asks_for_the_secrets_each_time_sees_one_that_was_made_and_none_that_was_dropped():
    running = Links(read_secrets, "", SetClock(NOW))
    old = running.token(ACT)
    rotate_secret()
    assert running.open(old) == running.open(Links(read_secrets(), "").token(ACT)) == ACT
    rotate_secret(forget=True)
    with pytest.raises(ForgedLinkError):
        running.open(old)
    assert running.open(Links(read_secrets(), "").token(ACT)) == ACT


def test_the_secret_is_made_once_for_its_owner_alone():
    first = read_secrets()
    assert stat.S_IMODE(secret_path().stat().st_mode) == 0o600
    assert read_secrets() == first
    rotate_secret()
    assert read_secrets()[1:] == first
    assert stat.S_IMODE(secret_path().stat().st_mode) == 0o600
    for _ in range(5):
        rotate_secret()
    assert len(read_secrets()) == 3
    assert first[0] not in read_secrets()
    assert [path.name for path in secret_path().parent.iterdir()] == ["secret"]
    secret_path().chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_secrets()


def test_a_secret_of_the_environment_goes_first(monkeypatch):
    kept = read_secrets()
    monkeypatch.setenv("BROADSHEET_SECRET", "n" * 20 + " " + "o" * 20)
    assert read_secrets() == (b"n" * 20, b"o" * 20, *kept)
    monkeypatch.setenv("BROADSHEET_SECRET", "short")
    with pytest.raises(ConfigError):
        read_secrets()


def test_there_are_links_only_where_an_address_is_configured(monkeypatch):
    assert links.of(report(), entry()) == ()
    assert not secret_path().exists()
    monkeypatch.setenv("BROADSHEET_LINKS", "https://news.example.org/broadsheet")
    offered = links.of(report(), entry())
    assert [offer.act for offer in offered] == ["more", "less", "saved", "read", "not-my-field"]
    assert all(offer.url.startswith("https://news.example.org/broadsheet/f/") for offer in offered)
    assert links.of(report(), entry()) == offered
    assert links.of(report(fictional=True), entry()) == ()
    ours = links.configured(SetClock(NOW))
    act = ours.open(ours.of(report(), entry())[0].url.rsplit("/", 1)[1])
    assert act == Act("ana@example.org", "2602.06393", date(2026, 2, 9), 1, "more", datetime(2026, 4, 10, tzinfo=UTC))
    monkeypatch.setenv("BROADSHEET_LINKS", "news.example.org")
    with pytest.raises(ConfigError):
        links.of(report(), entry())
