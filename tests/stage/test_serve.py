"""The server on a real socket: looking changes nothing, posting records once, and every way back."""

import contextlib
import html
import importlib.util
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import httpx
import pytest
from tests.conftest import missing

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Announcement, Event, Item
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.report.feedback.record import SHOWN, standing
from broadsheet.report.feedback.subscription import is_unsubscribed

LABEL = date(2026, 2, 9)
NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)
ACTS = ("more", "less", "saved", "read", "not-my-field", "opened")


class Running(NamedTuple):
    """A server, and all that it works with."""

    url: str
    store: Store
    links: Links
    clock: SetClock

    def link(self, act: str = "more", item: str = "2602.1", **facts) -> str:
        return self.links.link("ana", item, LABEL, 3, act, NOON + timedelta(days=60), **facts)

    def acts(self) -> list[str]:
        return [e.kind for e in standing(self.store.events("ana")) if e.kind != SHOWN]


@pytest.fixture
def site(tmp_path):
    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        missing("the server's packages are not installed: pip install 'broadsheet[serve]'")
    from broadsheet.serve.run import listen, server

    clock = SetClock(NOON)
    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store, listen("127.0.0.1", 0) as socket:
        url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        links = Links(b"s" * 32, url, clock)
        store.record_day([Announcement(item=Item(id="2602.1", title="Soup <b>& co</b>", url="https://papers.example.org/soup", announced=LABEL))])
        store.record_events([Event(user="ana", item="2602.1", kind=SHOWN, at=datetime(2026, 2, 9, tzinfo=UTC), slot=3, propensity=0.5)])
        running = server(store, links)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]})
        thread.start()
        while not running.started:
            time.sleep(0.005)
        yield Running(url, store, links, clock)
        running.should_exit = True
        thread.join()


@pytest.fixture
def client():
    with httpx.Client(trust_env=False) as opened:
        yield opened


def button(page: str, at: str) -> str:
    """Return where the page's button posts to."""
    action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page).group(1))
    return str(httpx.URL(at).join(action)) if action else at


def test_a_prefetcher_that_visits_every_link_changes_no_event(site, client):
    everything = [site.link(act) for act in ACTS] + [site.links.unsubscribe("ana")]
    before = site.store.events("ana")
    client.post(site.link("more"))
    after_more = site.store.events("ana")
    assert len(after_more) == len(before) + 1
    seen: set[str] = set()
    while everything:
        url = everything.pop()
        seen.add(url)
        for method in ("GET", "HEAD"):
            found = client.request(method, url, headers={"Sec-Purpose": "prefetch"})
            assert found.status_code == 200
        page = client.get(url).text
        everything += [one for one in ({button(page, url)} if "<form" in page else set()) if one not in seen]
    assert len(seen) > len(ACTS) + 1
    assert site.store.events("ana") == after_more


def test_a_post_records_once_with_the_page_it_came_from(site, client):
    url = site.link()
    assert "More like this?" in client.get(url).text
    first = client.post(url)
    site.clock.sleep(3600)
    again = client.post(url)
    assert first.status_code == again.status_code == 200
    (told,) = [e for e in site.store.events("ana") if e.kind == "more"]
    assert (told.item, told.slot, told.propensity, told.at) == ("2602.1", 3, 0.5, NOON)
    assert first.text == again.text == client.get(url).text
    assert "Recorded" in first.text


def test_many_posts_of_one_link_at_once_are_one_event(site):
    url = site.link()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: httpx.post(url, trust_env=False).status_code, range(24)))
    assert found == [200] * 24
    assert site.acts() == ["more"]


def test_from_a_page_one_goes_back_and_forth(site, client):
    url = site.link()
    page = client.post(url).text
    for _ in range(3):
        site.clock.sleep(60)
        undo = button(page, url)
        page = client.post(undo).text
        assert "Undone" in page
        assert site.acts() == []
        # The first link again is the same event, which was undone.
        assert "Undone" in client.post(url).text
        assert site.acts() == []
        site.clock.sleep(60)
        url = button(page, undo)
        page = client.post(url).text
        assert site.acts() == ["more"]


def test_one_click_unsubscribes_without_a_page(site, client):
    url = site.links.unsubscribe("ana")
    assert "Unsubscribe?" in client.get(url).text
    assert not is_unsubscribed(site.store, "ana")
    # As RFC 8058 has it: the body says so, no cookie, no page before.
    assert client.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert is_unsubscribed(site.store, "ana")
    page = client.post(url, files={"List-Unsubscribe": (None, "One-Click")}).text
    assert len([e for e in site.store.events("ana") if e.kind == "unsubscribed"]) == 1
    site.clock.sleep(60)
    assert "again" in client.post(button(page, url)).text
    assert not is_unsubscribed(site.store, "ana")
    site.clock.sleep(60)
    client.post(url)
    assert is_unsubscribed(site.store, "ana")
    site.clock.sleep(10 * 365 * 86400)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_forged_and_expired_links_are_plain_pages(site, client, method):
    stranger = Links(b"x" * 32, site.url).link("ana", "2602.1", LABEL, 3, "more", NOON + timedelta(days=60))
    wrong = [stranger, site.link()[:-2] + "AA", f"{site.url}/f/x", site.links.link("ana", "2602.1", LABEL, 3, "shown"), site.link().replace("/f/", "/u/")]
    wrong.append(site.links.unsubscribe("ana").replace("/u/", "/f/"))
    found = [(client.request(method, url), 403) for url in wrong]
    expired = site.links.link("ana", "2602.1", LABEL, 3, "more", NOON)
    found.append((client.request(method, expired), 410))
    for answer, status in found:
        assert answer.status_code == status
        assert "Nothing was recorded" in answer.text
        assert "Traceback" not in answer.text
        assert "ana" not in answer.text
    assert site.acts() == []


def test_there_are_no_other_routes_and_each_answer_is_locked_down(site, client):
    for path in ("/", "/docs", "/openapi.json", "/f/", "/u/", "/f/a/b", "/events", "/healthz/x"):
        assert client.get(site.url + path).status_code == 404, path
    assert client.put(site.link()).status_code == 405
    assert client.delete(f"{site.url}/healthz").status_code == 405
    assert client.get(f"{site.url}/healthz").text == "ok\n"
    for answer in (client.get(site.link()), client.get(f"{site.url}/nowhere"), client.get(f"{site.url}/f/x"), client.get(f"{site.url}/healthz")):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_what_a_paper_is_called_is_text(site, client):
    page = client.get(site.link()).text
    assert "<b>" not in page
    assert "Soup" in page
    assert "https://papers.example.org/soup" in page
    assert not re.search(r'(?:src|href)="http(?!s://papers\.example\.org/soup")', page)


def test_a_database_that_is_gone_is_told_without_a_trace(site, client, monkeypatch):
    from broadsheet.core.errors import StoreError

    def gone(_):
        raise StoreError("The database s cannot be used: gone.", "Wait.")

    monkeypatch.setattr(site.store, "events", gone)
    answer = client.post(site.link())
    assert answer.status_code == 503
    assert "Traceback" not in answer.text
