"""The pages of needs and of a reader: what each shows in each state, what a form does, what is refused, and what never gets through."""

import contextlib
import importlib.util
import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tests.site_posts import CARELESS, LEGACY, run_with_posts
from tests.site_run import HOSTILE

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import act_event, acts, standing, undo_of
from broadsheet.report.model import Report

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

NOON = datetime(2200, 3, 16, 12, tzinfo=UTC)
LABEL = "2026-03-16"
PART = {"hx-request": "true"}
HOSTILE_WORDS = 'The rent is late. <script>alert(3)</script> "><img src=y onerror=alert(4)>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of few papers that read posts."""
    return run_with_posts(tmp_path_factory.mktemp("posts"))


@pytest.fixture
def site(tmp_path, folder):
    from tests.serve_site import parts, site_of

    from broadsheet.serve.site import Settings

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        made = site_of(store, Settings(reader="Ana", reports=folder, writes=True), SetClock(NOON), needs=parts()["needs"])
        store.create_tables()
        yield made


@pytest.fixture
def client(site):
    from tests.serve_site import pages_of

    return pages_of(site)


def token(client) -> str:
    from tests.serve_site import token_of

    return token_of(client.get("/runs").text)


def report_of(folder) -> Report:
    return Report.model_validate_json((folder / LABEL / "report.json").read_bytes())


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].partition("</section>")[0]


def elsewhere(site, folder, tmp_path, change):
    """Serve a copy of the run that was changed."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    change(copy)
    site.settings = site.settings._replace(reports=copy)


def step_is(**facts):
    def change(copy):
        run = json.loads((copy / "run.json").read_text())
        for step in run["steps"]:
            if step["name"] == "needs":
                step.update(facts)
        (copy / "run.json").write_text(json.dumps(run))

    return change


def test_each_level_has_its_people_its_needs_and_the_words_that_say_so(client):
    page = client.get("/needs").text
    assert page.count('class="step"') == 7
    assert "16 people wrote 20 posts" in page
    cash = client.get("/needs", params={"level": "cash_flow"}).text
    level = cash.split('id="level-cash_flow" open')[1].split("</details>")[0]
    assert "9 people" in level
    assert "<mark>My salary came nine days late once more.</mark>" in level
    assert level.count("<blockquote>") == 9
    assert "These posts do not tell" in section(page, "verdict")
    assert "None: it is not known what the writers of these posts were shown" in page


def test_what_few_speak_of_is_neither_counted_nor_quoted_and_personal_data_are_not_there(client):
    page = client.get("/needs", params={"level": "independence_legacy"}).text
    level = page.split('id="level-independence_legacy"')[1].split("</details>")[0]
    assert "fewer than 5 people" in level
    assert LEGACY not in page
    assert "Nothing is quoted where so few speak." in level
    every = client.get("/needs", params={"level": "survival"}).text
    assert "[EMAIL]" in every
    assert CARELESS.split()[2] not in every
    assert "eve" not in re.findall(r"\w+", section(every, "evidence"))


def test_a_need_of_a_level_has_an_address_and_one_that_is_not_there_has_none(client):
    page = client.get("/needs", params={"level": "cash_flow", "need": "cash_flow"}).text
    assert 'aria-current="true">none in particular</a>' in page
    for wrong in ({"level": "nothing"}, {"level": "cash_flow", "need": "nothing"}, {"need": "cash_flow"}, {"level": "independence_legacy", "need": "giving"}):
        assert client.get("/needs", params=wrong).status_code == 404


def test_posts_are_read_one_a_paragraph_with_their_evidence_marked_in_the_text(client):
    form = {"csrf": token(client), "posts": "Hello. The rent is late again. Bye.\n\nI saw a heron today."}
    part = client.post("/needs", data=form, headers=PART).text
    assert "<html" not in part
    assert "<mark>The rent is late again.</mark><sup>" in part
    assert "1 need in 2 posts" in part
    assert "No need was found in it." in part
    whole = client.post("/needs", data=form)
    assert whole.status_code == 200
    assert "<mark>The rent is late again.</mark><sup>" in whole.text
    assert "I saw a heron today." in whole.text.split("<textarea")[1].split("</textarea>")[0]
    assert "nothing of them is kept" in whole.text
    assert "heron" not in client.get("/needs").text


def test_personal_data_of_a_typed_post_are_replaced_before_it_is_read(client):
    part = client.post("/needs", data={"csrf": token(client), "posts": CARELESS}, headers=PART).text
    assert "[EMAIL]" in part
    assert "example.org" not in part
    assert "1 piece of personal data was replaced" in part


def test_needs_of_readers_of_papers_are_another_taxonomy(client):
    form = {"csrf": token(client), "posts": "I cannot find the code or the data of this paper to reproduce it.", "taxonomy": "papers"}
    page = client.post("/needs", data=form)
    assert page.status_code == 200
    assert '<option value="papers" selected>' in page.text


@pytest.mark.parametrize(
    ("posts", "status", "words"),
    [
        ("  \n\n ", 400, "no post to read"),
        ("x" * 8001, 400, "more than is read at once"),
        ("\n\n".join("ab" * 17), 400, "16 posts"),
        ("x" * 200_001, 422, "fit"),
    ],
)
def test_what_cannot_be_read_is_told_and_what_was_typed_stays(client, posts, status, words):
    answer = client.post("/needs", data={"csrf": token(client), "posts": posts})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert words in answer.text
    if status == 400 and posts.strip():
        assert posts[:20] in answer.text


def test_a_form_without_the_token_is_not_read(client):
    client.get("/needs")
    assert client.post("/needs", data={"posts": "The rent is late."}).status_code == 403
    assert client.post("/reader/undo", data={"item": "x", "kind": "more", "at": NOON.isoformat()}).status_code == 403


def test_a_part_that_is_being_opened_says_so_beside_what_was_typed(site, client):
    from broadsheet.serve.models.holder import Holder, Opener

    site.holder = Holder({"needs": Opener(lambda: "1", lambda: None)})
    answer = client.post("/needs", data={"csrf": token(client), "posts": "The rent is late."})
    assert answer.status_code == 503
    assert "The rent is late.</textarea>" in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (step_is(state="off", note="The recipe leaves it out."), "This run reads no posts: The recipe leaves it out."),
        (step_is(state="running"), "are being read now"),
        (step_is(state="failed", note="No posts.", mend="Name them."), "Name them."),
        (step_is(content_hash="0" * 64), "another artefact than the run left"),
        (lambda copy: (copy / "run.json").unlink(), "No run lies here yet"),
    ],
)
def test_a_run_without_needs_says_why_and_a_post_can_be_read_all_the_same(site, client, folder, tmp_path, change, words):
    elsewhere(site, folder, tmp_path, change)
    page = client.get("/needs")
    assert page.status_code == 200
    assert words in page.text
    assert "<textarea" in page.text
    assert "In their own words" not in page.text
    assert words in client.get("/needs", headers=PART).text


@pytest.mark.parametrize(
    ("change", "named"), [(step_is(state="off"), False), (step_is(state="running"), True), (lambda copy: (copy / "run.json").unlink(), True)]
)
def test_needs_stand_in_the_menu_where_a_run_reads_posts_or_none_is_known(site, client, folder, tmp_path, change, named):
    elsewhere(site, folder, tmp_path, change)
    menu = client.get("/search").text.partition('aria-label="Pages"')[2].partition("</nav>")[0]
    assert ('href="/needs"' in menu) is named
    assert ("<kbd>n</kbd>" in client.get("/nowhere").text) is named


def test_who_waits_for_the_pyramid_is_told_that_it_is_there(client):
    part = client.get("/needs", headers=PART).text
    assert "<html" not in part
    assert "Show the pyramid" in part
    assert "hx-trigger" not in part


def test_where_there_was_no_test_people_are_counted_and_the_command_that_tests_is_named(folder):
    from broadsheet.core.artifacts import read_artifact, write_artifact
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.serve.pages.pyramid import pyramid_of
    from broadsheet.stack.record import read_run

    run = read_run(folder)
    step = run.step("needs")
    held = read_artifact(folder / step.artefact, ArtifactKind.NEEDS)
    frames = {name: held.frame(name) for name in ("posts", "mentions")}

    def fill(stage):
        for name in ("posts.jsonl", "mentions.jsonl"):
            shutil.copy(held.path / name, stage / name)

    untested = write_artifact(folder.parent / "untested", held.manifest.model_copy(update={"files": {}}), frames=frames, fill=fill)
    shown = pyramid_of(folder.parent, run.with_step(step.model_copy(update={"artefact": "untested", "content_hash": untested.content_hash})))
    tested = pyramid_of(folder, run)
    assert shown.tested is None
    assert [one.row.people for one in shown.levels] == [one.row.people for one in tested.levels]
    assert [one.quotations for one in shown.levels] == [one.quotations for one in tested.levels]


def told(site, *kinds, item="x", first=NOON - timedelta(days=1)):
    made = [Event(user="Ana", item=item, kind=kind, at=first + timedelta(minutes=number)) for number, kind in enumerate(kinds)]
    site.store.record_events(made)
    return made


def test_the_reader_has_interests_with_their_picks(client, folder):
    page = section(client.get("/reader").text, "interests")
    report = report_of(folder)
    assert "dense retrieval" in page
    assert "Stated in the profile" in page
    picked = [entry.slot for entry in report.picks() if entry.interest == 0]
    assert all(f'href="/day/{LABEL}#p{slot}"' in page for slot in picked)


def test_what_was_told_stands_newest_first_and_an_act_is_taken_back_once(site, client, folder):
    item = report_of(folder).picks()[1].item.id
    more, saved = told(site, "more", "saved", item=item)
    page = section(client.get("/reader").text, "told")
    assert page.index("Save<") < page.index("More like this<")
    assert f'href="/day/{LABEL}#p2"' in page
    form = {"csrf": token(client), "item": item, "kind": "more", "at": more.at.isoformat()}
    part = client.post("/reader/undo", data=form, headers=PART)
    assert (part.status_code, "taken back 16 Mar 2200, 12:00 UTC" in part.text) == (200, True)
    assert "<button" not in part.text
    assert acts(standing(site.store.events("Ana"))) == [saved]
    assert client.post("/reader/undo", data=form).status_code == 409
    whole = client.post("/reader/undo", data={**form, "kind": "saved", "at": saved.at.isoformat(), "page": "1"})
    assert (whole.status_code, whole.headers["location"]) == (303, "/reader?page=1#told")
    page = section(client.get("/reader").text, "told")
    assert page.count("; <span>taken back") == 2
    assert "<button" not in page


@pytest.mark.parametrize("wrong", [{"kind": "shown"}, {"at": "yesterday"}, {"at": "2200-01-01T00:00:00"}, {"item": ""}, {"page": "0"}])
def test_an_act_that_cannot_be_is_refused(client, wrong):
    form = {"csrf": token(client), "item": "x", "kind": "more", "at": NOON.isoformat(), **wrong}
    assert client.post("/reader/undo", data=form).status_code == 422


def test_nobody_takes_back_what_another_told(site, client):
    site.store.record_events([Event(user="Bo", item="x", kind="more", at=NOON)])
    assert client.post("/reader/undo", data={"csrf": token(client), "item": "x", "kind": "more", "at": NOON.isoformat()}).status_code == 409
    assert len(site.store.events("Bo")) == 1


def test_what_was_told_has_pages_of_fifty(site, client):
    told(site, *["more"] * 120)
    first, last = (section(client.get("/reader", params={"page": page}).text, "told") for page in (1, 3))
    assert (first.count("<form"), last.count("<form")) == (50, 20)
    assert "1 of 3" in first
    assert 'rel="next"' not in last
    assert section(client.get("/reader", params={"page": 99}).text, "told") == last
    assert client.get("/reader", params={"page": 0}).status_code == 422


def test_hostile_titles_and_posts_are_words(site, client, folder):
    told(site, "more", item=HOSTILE_WORDS[:90])
    hostile = next(entry.item.id for entry in report_of(folder).entries if entry.item.title == HOSTILE)
    told(site, "saved", item=hostile, first=NOON - timedelta(hours=2))
    keep_before(site, folder, lambda picks: [hostile, *picks[:5]])
    form = {"csrf": token(client), "posts": HOSTILE_WORDS}
    pages = [
        client.get("/reader"),
        client.get("/needs", params={"level": "survival"}),
        client.post("/needs", data=form),
        client.post("/needs", data=form, headers=PART),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src" not in page.text
        assert " style=" not in page.text
    assert "&lt;script&gt;alert(1)" in pages[1].text
    assert "&lt;script&gt;alert(3)" in pages[2].text


def keep_before(site, folder, change):
    """Say that the page stood otherwise before it was written anew."""
    import sqlalchemy as sa

    from broadsheet.serve.pages.before import PAGES

    report = report_of(folder)
    row = {"reader": "Ana", "label": report.label, "picks": change([entry.item.id for entry in report.picks()]), "at": NOON - timedelta(hours=1)}
    site.store.write(lambda connection: connection.execute(sa.insert(PAGES).values(row)))


def test_what_changed_is_a_list_and_a_picture_that_say_the_same(site, client, folder):
    other = next(entry for entry in report_of(folder).entries if entry.slot is None and not entry.left_out)
    keep_before(site, folder, lambda picks: [picks[1], picks[0], other.item.id, *picks[3:], "nobody"])
    page = section(client.get("/reader").text, "changed")
    page = page.replace("By its", "by its")
    for words in ("Up: </span>", "Down: </span>", "Came: </span>", "Went: </span>", "by its score it is number", "not among the day’s items any more"):
        assert words in page
    said = re.search(r'<desc id="slope-said">(.*?)</desc>', page)[1]
    assert "from 2 to 1" in said
    assert "from 1 to 2" in said
    assert "new at 3" in said
    assert "nobody gone from 7" in said
    assert page.count("<li data-step>") == len([one for one in said.split("; ") if "stays" not in one]) == 5


def test_what_was_not_written_anew_or_did_not_move_is_said(site, client, folder):
    assert "was not written anew yet" in section(client.get("/reader").text, "changed")
    keep_before(site, folder, list)
    assert "everything stands where it stood" in section(client.get("/reader").text, "changed")


def test_a_change_names_the_acts_behind_it(folder):
    from broadsheet.report.model import Reason
    from broadsheet.serve.pages.before import Before
    from broadsheet.serve.pages.changed import changes

    report = report_of(folder)
    first, second, third, *rest = report.picks()
    learnt = first.model_copy(update={"reasons": (Reason(kind="feedback", text=third.item.title, share=0.5, reference=third.item.id),)})
    left = second.model_copy(update={"slot": None, "left_out": "it was marked read"})
    copied = third.model_copy(update={"slot": None, "copy_of": first.item.id})
    made = report.model_copy(update={"entries": (learnt, left, copied, *rest)})
    act = act_event([], "Ana", third.item.id, "more", NOON)
    before = Before((second.item.id, third.item.id, first.item.id, *(entry.item.id for entry in rest)), NOON)
    found = {one.item: one for one in changes(made, before, [act])}
    assert found[first.item.id].learnt[0].acts == (act,)
    assert found[third.item.id].others == (act,)
    assert found[second.item.id].gone == "It is left out: it was marked read."
    assert found[third.item.id].gone.startswith("It is passed over, as it reads almost like")
    assert changes(made, before, [])[0].learnt[0].acts == ()


def test_days_that_were_shown_are_listed_and_the_table_of_all_is_linked(site, client, folder):
    item = report_of(folder).picks()[0].item
    at = datetime(2026, 3, 16, 6, tzinfo=UTC)
    site.store.record_events(
        [Event(user="Ana", item=item.id, kind="shown", at=at, slot=1), Event(user="Ana", item="old", kind="shown", at=at - timedelta(days=1), slot=1)]
    )
    page = client.get("/reader").text
    shown = section(page, "shown")
    assert shown.index("Monday 16 March 2026: 1 item") < shown.index("Sunday 15 March 2026")
    assert f'href="/day/{LABEL}"' in shown
    assert 'href="/v1/events/export?reader=Ana"' in page
    assert client.get("/v1/events/export", params={"reader": "Ana"}).text.count("\n") == 3


def test_a_category_and_what_nobody_knows_stand_by_their_names(site, client):
    told(site, "not-my-field", item="category:cs.CV")
    told(site, "opened", item="gone.0001", first=NOON - timedelta(hours=3))
    page = section(client.get("/reader").text, "told")
    assert "all of cs.CV" in page
    assert "gone.0001" in page


def test_a_reader_without_a_page_is_shown_what_there_is(site, client, folder, tmp_path):
    told(site, "more")
    site.settings = site.settings._replace(reports=tmp_path / "none")
    page = client.get("/reader").text
    assert "There is no page for this reader yet." in page
    assert "More like this" in section(page, "told")
    elsewhere(site, folder, tmp_path, lambda copy: (copy / LABEL / "report.json").write_text("{}"))
    broken = client.get("/reader")
    assert broken.status_code == 200
    assert 'role="alert"' in broken.text
    assert "More like this" in broken.text


def test_a_catalogue_of_events_shows_what_its_reader_had(monkeypatch, site, client):
    from broadsheet.serve.pages import reader

    monkeypatch.setattr(reader, "had_of", lambda *_: tuple(f"p{number}" for number in range(25)))
    page = section(client.get("/reader").text, "had")
    assert "25 in all" in page
    assert "5 before these" in page
    assert page.index("p24") < page.index("p0")


def test_all_readers_are_linked_where_a_run_is_by_events(monkeypatch, site, client):
    from broadsheet.serve.pages import reader

    assert 'href="/readers"' not in client.get("/reader").text
    run = reader.run_of(site)
    monkeypatch.setattr(reader, "run_of", lambda _: run.model_copy(update={"kind": "shop"}))
    assert '<a href="/readers">All readers</a>' in client.get("/reader").text


def test_other_readers_are_shown_with_what_they_had_and_what_comes_next(monkeypatch, site, client, tmp_path):
    from tests.serve_site import held, parts

    from broadsheet.serve import histories
    from broadsheet.serve.pages import readers

    assert "made for one reader" in client.get("/readers").text
    known = {"Ana": ("w00250",), "Bo <b>": ("w01340", "w00250"), "Élan Ö": ("w00250",)}
    for place in (histories, readers):
        monkeypatch.setattr(place, "histories_of", lambda _: known)
    page = client.get("/readers").text
    assert "3 readers have events" in page
    assert page.index("Bo &lt;b&gt;") < page.index('href="/reader">Ana</a>')
    led = client.get("/reader?reader=Bo <b>")
    assert (led.status_code, led.headers["location"]) == (303, "/readers?name=Bo%20%3Cb%3E")
    assert client.get("/reader?reader=Ana").status_code == 200
    one = client.get(led.headers["location"]).text
    assert "Nothing answers rank here." in section(one, "next")
    assert section(one, "had").index("w00250") < section(one, "had").index("w01340")
    assert "--reader &#39;Bo &lt;b&gt;&#39;" in one
    site.holder = held(rank=parts()["rank"])
    following = section(client.get(led.headers["location"]).text, "next")
    assert following.count("<li") == 10
    assert "w01340" not in following
    lost = client.get("/readers?name=Anna")
    assert lost.status_code == 404
    assert "Did you mean &#39;Ana&#39;?" in lost.text


def test_pages_of_a_catalogue_of_events_speak_of_its_items(monkeypatch, site, client, folder, tmp_path):
    from broadsheet.serve.pages import reader

    def change(copy):
        for path in (copy / LABEL / "report.json", copy / "run.json"):
            held = json.loads(path.read_bytes())
            held.get("run", held)["kind"] = "menu"
            held |= {"interests": []} if "entries" in held else {}
            path.write_text(json.dumps(held))
        (copy / LABEL / "papers.bib").unlink()

    elsewhere(site, folder, tmp_path, change)
    monkeypatch.setattr(reader, "had_of", lambda *_: ("p1", "p2", "p1"))
    page = client.get("/reader").text
    assert "What they ordered" in page
    assert "3 in all, of 2 dishes." in page
    assert "goes by what the reader ordered before" in page
    assert "tell: more like this, less, save." in page
    day = client.get("/").text
    assert "Picked dishes" in day
    assert "What Ana has not ordered, the best first" in day
    assert "This page as files: " in day
    assert "papers.bib" not in day
    lacking = client.get(f"/day/{LABEL}/papers.bib")
    assert lacking.status_code == 404
    assert "It has index.html, report.md, report.json, report.atom." in lacking.text


def test_titles_are_read_from_the_catalogue_of_the_run(tmp_path):
    from broadsheet.core.schema import Announcement, Item
    from broadsheet.serve.pages.told import titles_of
    from broadsheet.stack.holdings import Asked, Filed, write_holdings
    from broadsheet.stack.record import RunRecord, StepRecord, write_run

    offered = [Announcement(item=Item(id=f"p{number}", title=f"Lamp {number}")) for number in range(3)]
    made = write_holdings(tmp_path / "steps" / "catalogue", Filed(offered, [Item(id="old", title="Soup")], [Asked("ana", ("old", "p1"))]), {})
    step = StepRecord(name="catalogue", title="Catalogue", state="done", artefact="steps/catalogue", content_hash=made.content_hash)
    run = RunRecord(recipe="shop", kind="shop", reader="ana", steps=(step,))
    write_run(tmp_path, run)
    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        assert titles_of(store, ["old", "p1", "x"], None, tmp_path, run) == {"old": "Soup", "p1": "Lamp 1", "x": "x"}
        broken = run.with_step(step.model_copy(update={"content_hash": "1"}))
        write_run(tmp_path, broken)
        assert titles_of(store, ["old"], None, tmp_path, broken) == {"old": "old"}


def test_an_undo_of_an_undo_is_told_again(site, client):
    (more,) = told(site, "more")
    site.store.record_events([undo_of(more, NOON - timedelta(hours=5))])
    told(site, "more", first=NOON - timedelta(hours=1))
    page = section(client.get("/reader").text, "told")
    assert page.count("<form") == 1
    assert page.count("; <span>taken back") == 1
