"""The pages of a site: what each shows, what a button does, who may look, and what is refused."""

import contextlib
import importlib.util
import io
import re
from datetime import UTC, datetime

import pytest
from PIL import Image
from tests.site_run import HOSTILE, write_recipe

from broadsheet.core.clock import SetClock
from broadsheet.core.jobs import JobState
from broadsheet.core.store import Store

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

# After the run was made, whenever that is.
NOON = datetime(2200, 3, 16, 12, tzinfo=UTC)
PLACES = ["/", "/search", "/ask", "/needs", "/reader", "/runs"]
ELSEWHERE = {"host": "news.example.org"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of few papers."""
    from broadsheet.report.composed import compose
    from broadsheet.stack.recipe import read_recipe

    here = tmp_path_factory.mktemp("few")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(here / "home"))
        assert compose(read_recipe(write_recipe(here)), here / "run").error is None
    return here / "run"


@pytest.fixture
def site(tmp_path, folder):
    from tests.serve_site import parts, site_of

    from broadsheet.serve.site import Settings

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        settings = Settings(reader="Ana", reports=folder, writes=True, hosts=("news.example.org",))
        made = site_of(store, settings, SetClock(NOON), search=parts()["search"], ask=parts()["ask"], needs=parts()["needs"])
        store.create_tables()
        yield made


@pytest.fixture
def client(site):
    from tests.serve_site import pages_of

    return pages_of(site)


def token(client) -> str:
    from tests.serve_site import token_of

    return token_of(client.get("/").text)


def first_pick(client) -> str:
    return client.get("/v1/reports/2026-03-16").json()["entries"][0]["item"]["id"]


def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("place", PLACES)
def test_each_page_is_there_says_its_policy_and_loads_nothing_from_elsewhere(client, place):
    answer = client.get(place)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert 'aria-current="page"' in answer.text
    assert " style=" not in answer.text
    assert 'src="http' not in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_session_begins_by_itself_at_this_machine_and_goes_on(client):
    first = client.get("/search")
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "set-cookie" not in client.get("/search").headers


def test_a_button_records_once_with_its_place_and_again_takes_it_back(client, site):
    form = {"csrf": token(client), "item": first_pick(client), "label": "2026-03-16"}
    done = client.post("/act", data={**form, "kind": "more"})
    assert (done.status_code, done.headers["location"]) == (303, "/day/2026-03-16#p1")
    event = site.store.events("Ana")[-1]
    assert (event.kind, event.slot) == ("more", 1)
    page = client.get("/").text
    assert "The next page learns from 1 thing you told." in page
    assert page.count('aria-pressed="true"') == 1
    part = client.post("/act", data={**form, "kind": "undo"}, headers={"hx-request": "true"}).text
    assert 'aria-pressed="true"' not in part
    assert part.count("hx-swap-oob") == 6
    assert 'hx-swap-oob="true"' in part
    assert client.post("/act", data={**form, "kind": "undo"}).status_code == 409


@pytest.mark.parametrize("sent", [{}, {"csrf": "x"}, {"csrf": ""}])
def test_what_carries_no_token_of_the_session_changes_nothing(client, site, sent):
    form = {"item": first_pick(client), "label": "2026-03-16", "kind": "more", **sent}
    client.get("/")
    assert client.post("/act", data=form).status_code == 403
    assert client.post("/anew", data=sent).status_code == 403
    assert site.store.events("Ana") == []
    assert site.jobs.newest(5) == []


def test_another_sites_page_is_refused_before_its_form_is_read(client):
    form = {"csrf": token(client), "item": "x", "label": "2026-03-16", "kind": "more"}
    assert client.post("/act", data=form, headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("form", "status"), [({"item": "nobody", "kind": "more"}, 404), ({"item": "x", "kind": "love"}, 422), ({"item": "", "kind": "more"}, 422)]
)
def test_a_form_that_is_wrong_is_told_in_words(client, form, status):
    answer = client.post("/act", data={"csrf": token(client), "label": "2026-03-16", **form})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


def test_the_page_is_written_anew_once_and_what_stood_there_is_kept(client, site):
    from broadsheet.serve.pages import before

    form = {"csrf": token(client)}
    assert client.post("/anew", data=form).headers["location"] == "/"
    client.post("/anew", data=form)
    jobs = site.jobs.newest(5)
    assert [job.kind for job in jobs] == ["page"]
    assert "will be written" in client.get("/").text
    held = before.last(site.store, "Ana", datetime(2026, 3, 16, tzinfo=UTC).date())
    assert len(held.picks) == 6
    under_way = client.get("/today/run", headers={"hx-request": "true"})
    assert under_way.status_code == 200
    # The record of the run is still that of the run before, which tells how long it took, and no step of this one.
    assert re.search(r"The last time it took about \d+ s\.", under_way.text)
    assert "steps are done" not in under_way.text
    job = site.jobs.claim("w")
    site.jobs.done(job, {})
    over = client.get("/today/run", headers={"hx-request": "true"})
    assert (over.status_code, over.headers["hx-redirect"]) == (204, "/")
    assert site.jobs.get(job.id).state is JobState.DONE


def test_a_page_that_could_not_be_written_says_why_and_offers_another_try(client, site):
    client.post("/anew", data={"csrf": token(client)})
    site.jobs.failed(site.jobs.claim("w"), "The disk is full.", "Make room.", again=False)
    assert "The disk is full." in client.get("/today/run").text
    client.post("/anew", data={"csrf": token(client)})
    assert len(site.jobs.newest(5)) == 2


def test_the_job_of_the_page_runs_again_what_the_folder_holds(tmp_path, folder):
    from broadsheet.serve.work import Place, _page

    assert _page(Place("s.sqlite", folder)) == [["run", "--again", "--out", str(folder), "--feedback-from", "s.sqlite", "--json"]]
    assert _page(Place("s.sqlite", tmp_path / "none"))[0][:4] == ["run", "sample", "--reader", "ines"]


def test_words_find_page_after_page_and_the_address_keeps_them(client):
    page = client.get("/search", params={"q": "a red lamp"}).text
    assert "all of your words" in page
    assert "% of your words" in page
    assert 'value="a red lamp"' in page
    assert "A red lamp" in page
    assert HOSTILE not in page
    assert client.get("/search", params={"q": "lamp", "cursor": "bm8"}).status_code == 400
    assert "No item holds" not in page
    assert "No item holds &#39;MI-9999&#39;; these are the nearest by meaning." in client.get("/search", params={"q": "MI-9999"}).text
    hostile = client.get("/search", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in hostile


def test_a_picture_finds_alone_and_with_words_and_is_refused_in_words(client):
    held = token(client)
    found = client.post("/search", data={"csrf": held, "q": ""}, files={"image": ("lamp.png", png(), "image/png")}, headers={"hx-request": "true"})
    assert (found.status_code, "By the picture" in found.text) == (200, True)
    whole = client.post("/search", data={"csrf": held, "q": "lamp"}, files={"image": ("lamp.png", png(), "image/png")})
    assert "and “lamp”" in whole.text
    for data, words in ((b"no picture", "picture"), (b"", "nothing to look for")):
        answer = client.post("/search", data={"csrf": held}, files={"image": ("x.png", data, "image/png")})
        assert answer.status_code == 400
        assert words in answer.text
    assert client.post("/search", data={"csrf": held}, files={"image": ("x.png", b"x" * 17_000_000, "image/png")}).status_code == 413


def test_the_way_of_an_item_is_read_from_the_run(client):
    page = client.get("/why", params={"item": first_pick(client)}).text
    assert "Text and figure" in page
    assert "steps/catalogue" in page
    assert client.get("/why", params={"item": "nobody"}).status_code == 404


def test_a_day_is_there_as_files_and_no_path_leads_elsewhere(client):
    kept = client.get("/day/2026-03-16/index.html")
    assert "sandbox" in kept.headers["content-security-policy"]
    assert client.get("/day/2026-03-16/report.md").status_code == 200
    for path in (
        "/day/2026-03-16/..%2f..%2frun.json",
        "/day/2026-03-16/secret",
        "/day/2026-03-17",
        "/day/nonsense",
        "/static/..%2fapp.py",
        "/static/frame.html",
        "/nothing",
    ):
        assert client.get(path).status_code in {404, 422}, path


def test_styles_and_scripts_are_kept_by_browsers_under_the_name_of_their_content(client):
    page = client.get("/").text
    for address in {part.split('"')[0] for part in page.split('="')[1:] if part.startswith("/static/")}:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_from_elsewhere_a_key_is_asked_for_and_a_page_of_another_site_is_not_led_to(client, site):
    from broadsheet.serve.keys import Scope

    away = client.get("/runs", headers=ELSEWHERE)
    assert (away.status_code, away.headers["location"]) == (303, "/in?next=/runs")
    assert client.get("/runs", headers={**ELSEWHERE, "hx-request": "true"}).headers["hx-redirect"] == "/in?next=/runs"
    assert client.post("/in", data={"key": "bsk_no"}, headers=ELSEWHERE).status_code == 401
    made = site.keys.new("phone", [Scope.READ])
    led = client.post("/in", data={"key": made.secret, "next": "//evil.example"}, headers=ELSEWHERE)
    assert (led.status_code, led.headers["location"]) == (303, "/")
    assert client.get("/runs", headers=ELSEWHERE).status_code == 200
    form = {"csrf": token_elsewhere(client), "item": "x", "kind": "more", "label": "2026-03-16"}
    assert "may only read" in client.post("/act", data=form, headers=ELSEWHERE).text
    site.keys.revoke(made.key.id)
    assert client.get("/runs", headers=ELSEWHERE).status_code == 303


def token_elsewhere(client) -> str:
    from tests.serve_site import token_of

    return token_of(client.get("/", headers=ELSEWHERE).text)


def test_who_guesses_keys_is_not_listened_to_for_a_while(client, site):
    made = site.keys.new("phone")
    statuses = [client.post("/in", data={"key": f"bsk_{number}"}, headers=ELSEWHERE).status_code for number in range(15)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert client.post("/in", data={"key": made.secret}, headers=ELSEWHERE).status_code == 429


def test_a_cookie_that_was_changed_is_no_session_and_one_of_another_reader_is_not_gone_on_with(client, site):
    client.cookies.set("broadsheet", "e30.AAAA")
    assert "set-cookie" in client.get("/").headers
    held = token(client)
    site.settings = site.settings._replace(reader="Bo")
    assert client.post("/act", data={"csrf": held, "item": "x", "kind": "more", "label": "2026-03-16"}).status_code == 403


def test_a_site_without_a_page_says_what_makes_one(client, site, tmp_path):
    site.settings = site.settings._replace(reports=tmp_path / "none")
    assert "There is no page yet" in client.get("/").text
    site.settings = site.settings._replace(writes=False)
    assert "broadsheet report --out" in client.get("/").text
    assert client.post("/anew", data={"csrf": token(client)}).status_code == 409


def test_a_part_that_is_being_opened_is_asked_for_again_by_the_page(tmp_path, site):
    from tests.serve_site import pages_of

    from broadsheet.serve.models.holder import Holder, Opener

    site.holder = Holder({"search": Opener(lambda: "1", lambda: None)})
    answer = pages_of(site).get("/search", params={"q": "lamp"})
    assert answer.status_code == 503
    assert '<meta http-equiv="refresh" content="2">' in answer.text


def test_a_key_that_asks_too_often_is_told_when_to_come_back(client, site):
    made = site.keys.new("phone", rate=6)
    client.post("/in", data={"key": made.secret}, headers=ELSEWHERE)
    answers = [client.get("/runs", headers=ELSEWHERE) for _ in range(12)]
    assert answers[0].status_code == 200
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "10")


def test_what_a_table_says_of_an_item_beside_is_shown_where_items_are_no_papers(site, client, monkeypatch):
    from broadsheet.serve.pages import search
    from broadsheet.stack.record import RunRecord

    assert "price 24.90" not in client.get("/search?q=red lamp").text
    monkeypatch.setattr(search, "run_of", lambda _: RunRecord(recipe="shop", kind="shop"))
    assert "<span>price 24.90</span><span>stock 3</span>" in client.get("/search?q=red lamp").text
