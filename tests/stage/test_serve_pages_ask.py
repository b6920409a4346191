"""The page of a question: asked, amended until it is right, accepted; what each step shows, who may see it, and what is refused."""

import contextlib
import importlib.util
import re

import pytest

from broadsheet.core.store import Store

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

QUESTION = "Which films have a year greater than 2010?"
HOSTILE = "Which films are called '<script>alert(1)</script>'?"
PART = {"hx-request": "true"}


@pytest.fixture(scope="module")
def part():
    """The graph of films, opened for this module alone: the other parts are not needed."""
    from tests.serve_site import asking

    made = asking()
    yield made
    made.close()


@pytest.fixture
def site(tmp_path, part):
    from tests.serve_site import ANA, site_of

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        made = site_of(store, ANA._replace(hosts=("news.example.org",)), ask=part)
        store.create_tables()
        yield made


@pytest.fixture
def client(site):
    from tests.serve_site import pages_of

    return pages_of(site)


@pytest.fixture
def begun(client):
    return Walk(client)


class Walk:
    """A person who asks a question, and then takes steps."""

    def __init__(self, client, question=QUESTION):
        from tests.serve_site import token_of

        self.client = client
        self.token = token_of(client.get("/ask").text)
        answer = client.post("/ask", data={"csrf": self.token, "question": question})
        assert answer.status_code == 303, answer.text
        self.place = answer.headers["location"]
        self.steps = 1

    def look(self) -> str:
        answer = self.client.get(self.place)
        assert answer.status_code == 200
        return answer.text

    def sent(self, act, *, step=None, headers=None, **fields):
        form = {"csrf": self.token, "act": act, "step": step or self.steps, **fields}
        return self.client.post(self.place, data=form, headers=headers)

    def step(self, act, **fields) -> str:
        answer = self.sent(act, **fields)
        assert answer.status_code == 303, answer.text
        self.steps += 1
        return self.look()


def table(page: str) -> list[str]:
    """Return the cells of the rows of the answer."""
    return re.findall(r"<td>([^<]+?) <span class=\"of-label\"", page)


def test_the_page_offers_questions_of_which_each_is_answered(client):
    from tests.serve_site import token_of

    first = client.get("/ask").text
    assert 'hx-get="/ask/examples"' in first
    assert "Nothing yet." in first
    offered = re.findall(r'name="question" value="([^"]+)"', client.get("/ask/examples", headers=PART).text)
    assert len(offered) > 1
    again = client.get("/ask").text
    for question in offered:
        assert question in again
        told = client.post("/ask", data={"csrf": token_of(again), "question": question.replace("&#39;", "'")})
        page = client.get(told.headers["location"]).text
        assert 'class="answer-rows"' in page
        assert "Not run" not in page


def test_a_walk_asked_amended_undone_branched_and_accepted(begun):
    page = begun.look()
    assert sorted(table(page)) == ["Gravel (year 2020)", "Her (year 2013)"]
    assert '<span class="keyword">MATCH</span>' in page
    assert "Find a Film called film" in page
    assert 'id="part-1"' in page
    page = begun.step("amend", text="at most 1 row")
    assert "What changed" in page
    assert "<ins> LIMIT 1</ins>" in page
    assert re.search(r"<b>went</b> <span><del>", page)
    assert len(table(page)) == 1
    assert "State 2 of 2" in page
    page = begun.step("undo")
    assert "Back at state 1; state 2 is kept." in page
    assert len(table(page)) == 2
    assert "State 2 of 2, made from state 1" in begun.step("branch", number=2)
    page = begun.step("accept")
    assert "Accepted: state 2." in page
    assert 'name="act"' not in page
    listed = begun.client.get("/ask").text
    assert QUESTION in listed
    assert "accepted" in listed
    refused = begun.sent("undo")
    assert refused.status_code == 409
    assert "This question is closed" in refused.text


def test_why_a_row_and_why_not_with_a_picture_under_a_policy_of_its_own(begun):
    page = begun.step("why", number=1)
    assert "Why row 1 is there" in page
    picture = re.search(r'src="(/ask/[^"]+subgraph.svg[^"]+)"', page)[1].replace("&amp;", "&")
    answer = begun.client.get(picture)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<svg" in answer.text
    assert begun.client.get(f"{begun.place}/subgraph.svg?state=1&row=9").status_code == 404
    assert begun.client.get(f"{begun.place}/subgraph.svg?state=9").status_code == 404
    page = begun.step("why not", text="Up")
    assert "Why “Up” is not there" in page
    assert "2009" in page


def test_a_finding_is_fixed_by_one_click_and_a_part_by_hand(begun):
    page = begun.step("query", text="MATCH (f:Flim) RETURN f.title")
    assert "Not run." in page
    assert "Write Film in place of Flim" in page
    number = re.search(r'name="act" value="fix"><input type="hidden" name="number" value="(\d+)"', page)[1]
    page = begun.step("fix", number=number)
    assert 'class="answer-rows"' in page
    kinds = re.findall(r"<label><span>([^<]+)</span>", page)
    page = begun.step("edit", number=kinds.index("At most so many rows") + 1, text="2")
    assert "<caption>2 rows" in page
    page = begun.step("query", text="MATCH (f:Film) DELETE f")
    assert "is not allowed" in page


def test_words_that_are_not_understood_stay_in_their_field(begun):
    page = begun.step("amend", text='blorb "<b>')
    assert 'role="alert"' in page
    assert 'value="blorb &#34;&lt;b&gt;"' in page
    assert "edit N NEW" not in page
    assert sorted(table(page)) == ["Gravel (year 2020)", "Her (year 2013)"]


def test_a_part_is_answered_to_the_script_and_a_page_to_everybody_else(begun):
    part = begun.sent("amend", text="at most 1 row", headers=PART)
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="loop"')
    assert part.text.count("data-focus") == 1
    assert "data-focus" not in begun.look()
    led = begun.client.post("/ask", data={"csrf": begun.token, "question": QUESTION}, headers=PART)
    assert (led.status_code, led.headers["hx-redirect"][:5]) == (204, "/ask/")


def test_a_stale_step_is_told_in_words_and_is_not_taken(begun):
    begun.step("amend", text="at most 1 row")
    for headers in ({}, PART):
        answer = begun.sent("amend", text="at most 2 rows", step=1, headers=headers)
        assert answer.status_code == 409
        assert "a step was taken meanwhile" in answer.text
        assert 'value="at most 2 rows"' in answer.text
    assert "State 2 of 2" in begun.look()


@pytest.mark.parametrize("token", ["", "x"])
def test_what_carries_no_token_changes_nothing(begun, token):
    assert begun.client.post("/ask", data={"csrf": token, "question": QUESTION}).status_code == 403
    begun.token = token
    assert begun.sent("accept").status_code == 403
    assert "Accepted" not in begun.look()


def test_a_loop_of_another_is_not_there(begun, site):
    from tests.serve_site import pages_of, token_of

    from broadsheet.serve.keys import Scope

    other = pages_of(site, headers={"host": "news.example.org"})
    key = site.keys.new("phone", [Scope.WRITE]).secret
    assert other.post("/in", data={"key": key, "next": "/ask"}).status_code == 303
    page = other.get("/ask")
    assert page.status_code == 200
    assert QUESTION not in page.text
    for place in (begun.place, f"{begun.place}/transcript.json", f"{begun.place}/subgraph.svg?state=1"):
        assert other.get(place).status_code == 404
    answer = other.post(begun.place, data={"csrf": token_of(page.text), "act": "accept", "step": 1})
    assert answer.status_code == 404
    assert "There is no such question of yours." in answer.text
    assert "Accepted" not in begun.look()


@pytest.mark.parametrize("question", [HOSTILE, "<img src=x onerror=alert(1)>", '"><script>alert(1)</script>'])
def test_words_of_a_question_are_never_markup(client, question):
    walk = Walk(client, question)
    for page in (walk.look(), client.get("/ask").text, walk.step("why not", text=question)):
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_values_of_a_graph_are_never_markup_in_rows_reasons_and_pictures(tmp_path):
    import polars as pl
    from tests.serve_site import pages_of, site_of

    from broadsheet.ask.graph.ladybug import Ladybug
    from broadsheet.ask.graph.tables import Graph
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.records import Settings
    from broadsheet.ask.loop.tools import Tools, named
    from broadsheet.ask.write.rules import SlotWriter
    from broadsheet.serve.models.batcher import lane
    from broadsheet.serve.models.parts import Asking, Loaded

    graph = Graph({"Film": pl.DataFrame({"title": ["<img src=x onerror=alert(1)>", "</td><script>alert(1)</script>"], "year": [2013, 2020]})}, ())
    engine, index = Ladybug(graph), ValueIndex(graph)
    tools = Tools(engine, index, SlotWriter(index, graph), Settings(seconds=5.0), named("<b>films</b>", graph))
    with contextlib.closing(engine), contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        client = pages_of(site_of(store, ask=Asking(tools, Loaded("graph", "rules", "1"), lane("hostile"), engine.close)))
        walk = Walk(client)
        picture = client.get(f"{walk.place}/subgraph.svg?state=1").text
        pages = (walk.look(), walk.step("why", number=1), client.get("/ask").text, client.get("/ask/examples", headers=PART).text, picture)
        assert "&lt;img src=x" in pages[0]
        for page in pages:
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<b>films" not in page


def test_rows_have_their_key_and_name_and_nothing_is_asked_that_makes_no_difference(tmp_path):
    from tests.serve_site import asking, pages_of, site_of

    from broadsheet.ask.graph.flat import table_graph

    (tmp_path / "lutes.csv").write_text("code,sort,maker,seller\nL-1,Theorbo,Osei,Osei\nL-2,Angelica,Tamura,Ruiz\nL-3,Lirone,Osei,Osei\nL-4,Viol,Ruiz,Tamura\n")
    part = asking(table_graph(tmp_path / "lutes.csv"))
    with contextlib.closing(part), contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        client = pages_of(site_of(store, ask=part))
        page = Walk(client, "Which lutes have Osei?").look()
        assert table(page) == ["L-1 Theorbo", "L-3 Lirone"]
        # A row that names what it rests on says so once; one of other values tells it beside them.
        assert ">rests on<" not in page
        priced = Walk(client, "What is the sort of L-1?").look()
        assert '<td class="small">Lute L-1 Theorbo</td>' in priced
        assert "each gives the same 2 rows, and the first was taken." in page
        assert "What does “Ruiz” mean?" in Walk(client, "Which lutes have Ruiz?").look()
        assert "“sort by sort”" in page
        assert "This may not be what was asked." not in page
        assert "This may not be what was asked. The question says &#39;bought&#39;" in Walk(client, "Which lutes were bought?").look()


@pytest.fixture
def yarns(tmp_path):
    """The pages and the interface of a table of 27 yarns, each of one fibre and with one mill."""
    from tests.serve_site import asking, client_of, pages_of, site_of

    from broadsheet.ask.graph.flat import table_graph

    rows = [f"Y{at:02},Yarn {at:02},{'wool' if at % 2 else 'silk'},{100 + at}" for at in range(27)]
    (tmp_path / "yarns.csv").write_text("\n".join(["skein,yarn,fibre,length", *rows]) + "\n")
    part = asking(table_graph(tmp_path / "yarns.csv"))
    with contextlib.closing(part), contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        made = site_of(store, ask=part)
        yield pages_of(made), client_of(made)


def test_all_rows_are_shown_on_request_and_the_kept_question_stays_as_it_was(yarns):
    client, _ = yarns
    walk = Walk(client, "Which yarns are there?")
    page = walk.look()
    assert "27 rows, the first 10 shown" in page
    assert len(table(page)) == 10
    link = re.search(r'href="([^"]+rows=27)#answer-title">Show all 27 rows<', page)
    assert link
    kept = client.get(f"{walk.place}/transcript.json").content
    whole = client.get(link[1]).text
    assert len(set(table(whole))) == 27
    assert table(whole)[:10] == table(page)
    assert "Show all" not in whole
    assert "The graph has changed" not in whole
    assert client.get(f"{walk.place}/transcript.json").content == kept
    assert client.get(f"{walk.place}?rows=1001").status_code == 422
    assert "Why row 27 is there" in walk.step("why", number=27)


def test_more_rows_than_a_query_gives_are_told_to_be_cut(tmp_path):
    from tests.serve_site import asking, pages_of, site_of

    from broadsheet.ask.graph.flat import table_graph

    (tmp_path / "yarns.csv").write_text("skein,yarn\n" + "".join(f"Y{at:04},Yarn {at:04}\n" for at in range(1005)))
    part = asking(table_graph(tmp_path / "yarns.csv"))
    with contextlib.closing(part), contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        client = pages_of(site_of(store, ask=part))
        walk = Walk(client, "Which yarns are there?")
        page = walk.look()
        assert "1,000 rows, and there are more, which are not fetched, the first 10 shown" in page
        assert "Show the 1,000 rows that were fetched" in page
        whole = client.get(f"{walk.place}?rows=1000").text
        assert len(table(whole)) == 1000
        assert "1,000 rows, and there are more, which are not fetched</caption>" in whole
    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        from tests.serve_site import searching

        shut = pages_of(site_of(store, search=searching())).get(f"{walk.place}?rows=1000")
        assert shut.status_code in {404, 503}
        assert 'role="alert"' in shut.text
        assert len(table(shut.text)) == 10


def test_what_has_one_of_each_is_not_asked_for_the_most(yarns):
    client, _ = yarns
    page = client.get("/ask/examples", headers=PART).text
    assert "Which fibre has the most yarns?" in page
    assert "the most fibres" not in page


def test_a_program_says_how_many_rows_it_takes(yarns):
    _, client = yarns
    first = client.post("/v1/ask", json={"question": "Which yarns are there?"}).json()
    assert [len(first["state"][name]) for name in ("rows", "names", "provenance")] == [10, 10, 10]
    more = client.post("/v1/ask", json={"question": "Which yarns are there?", "rows": 25}).json()
    assert [len(more["state"][name]) for name in ("rows", "names", "provenance")] == [25, 25, 25]
    assert more["state"]["rows"][:10] == first["state"]["rows"]
    assert more["state"]["total"] == 27
    assert len(client.get(f"/v1/ask/{first['id']}?rows=1000").json()["state"]["rows"]) == 27
    assert len(client.get(f"/v1/ask/{first['id']}?rows=3").json()["state"]["rows"]) == 3
    transcripts = [client.get(f"/v1/ask/{one['id']}/transcript").json() for one in (first, more)]
    assert transcripts[0] == transcripts[1]
    assert len(transcripts[1]["states"][0]["preview"]["rows"]) == 10
    for rows in (0, 1001, True, "all"):
        assert client.post("/v1/ask", json={"question": "Which yarns are there?", "rows": rows}).status_code == 422


def test_no_question_or_one_too_long_is_told_beside_the_form(client):
    from tests.serve_site import token_of

    token = token_of(client.get("/ask").text)
    for words, said in ((" ", "There is no question."), ("x" * 1001, "That is too long for a question.")):
        answer = client.post("/ask", data={"csrf": token, "question": words})
        assert answer.status_code == 422
        assert said in answer.text
        assert 'role="alert"' in answer.text


def test_while_the_graph_is_opened_the_page_says_so_and_keeps_the_words(tmp_path):
    from tests.serve_site import pages_of, token_of

    from broadsheet.serve.models.holder import Holder, Opener
    from broadsheet.serve.site import Site

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        client = pages_of(Site(store, Holder({"ask": Opener(lambda: "1", lambda: pytest.fail("opened"))})))
        page = client.get("/ask").text
        part = client.get("/ask/examples", headers=PART).text
        assert "The graph is being opened." in part
        assert 'hx-trigger="load delay:2s"' in part
        answer = client.post("/ask", data={"csrf": token_of(page), "question": QUESTION})
        assert answer.status_code == 503
        assert f'value="{QUESTION}"' in answer.text
        assert "Send it again in a few seconds" in answer.text


def test_a_name_that_nothing_has_is_a_button_and_may_be_said_in_words(client):
    walk = Walk(client, "When was Gravle shown?")
    page = walk.look()
    assert "Nothing is called “Gravle”" in page
    assert "the title &#39;Gravel&#39; of Film" in page
    assert walk.step("choose", number=1).count("2020") >= 1
    again = Walk(client, "When was Gravle shown?")
    assert "2013" in again.step("amend", text="I meant Her")


def test_one_meaning_alone_is_offered_as_one(client):
    walk = Walk(client, "Which films are there after 2010?")
    assert "It can mean one thing here." in walk.step("amend", text="all years")
    assert sorted(table(walk.step("choose", number=1))) == ["Gravel", "Her", "Up"]
