"""The interface in this process, over the package's bundles: what each route answers, and that what it kept is kept."""

import base64
import contextlib
import importlib.util
import io
import json
import re
from datetime import UTC, date, datetime

import numpy as np
import pytest
from PIL import Image
from tests.conftest import ROOT, missing

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.core.store import Store
from broadsheet.represent.finding import WEIGHT

for needed in ("fastapi", "prometheus_client", "python_multipart"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)
LIKED = ["w00250", "w01340"]


@pytest.fixture
def site(tmp_path):
    if importlib.util.find_spec("torch") is None:
        missing("torch is not installed: pip install 'broadsheet[models]'")
    from tests.serve_site import ANA, site_of

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        made = site_of(store, ANA._replace(reports=tmp_path / "reports"), SetClock(NOON))
        store.create_tables()
        yield made


@pytest.fixture
def client(site):
    from tests.serve_site import client_of

    return client_of(site)


def png(colour: str = "red", side: int = 8) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(written, "PNG")
    return written.getvalue()


def post(client, path: str, **body):
    return client.post(f"/v1/{path}", json=body)


def ids(answer) -> list[str]:
    return [hit["item"]["id"] for hit in answer.json()["hits"]]


def test_items_are_found_by_words_by_a_picture_and_page_after_page(client):
    found = post(client, "search", text="a red lamp", k=3)
    assert [one["words"] for one in found.json()["hits"]] == [1, pytest.approx(0.4225, abs=1e-3), 0]
    assert all(one["score"] == pytest.approx(one["cosine"] + WEIGHT * one["words"], abs=2e-3) for one in found.json()["hits"])
    assert (found.status_code, ids(found)[0]) == (200, "i0")
    rest = post(client, "search", text="a red lamp", k=3, cursor=found.json()["next"])
    last = post(client, "search", text="a red lamp", k=3, cursor=rest.json()["next"])
    assert sorted(ids(found) + ids(rest) + ids(last)) == [f"i{number}" for number in range(8)]
    assert [hit["rank"] for hit in rest.json()["hits"]] == [4, 5, 6]
    assert last.json()["next"] == ""
    refused = post(client, "search", text="another", k=3, cursor=found.json()["next"])
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:broadsheet:problem:cursor")


# Requests that pages of the documentation show, as they are typed.
SHOWN = [
    (page, path, body)
    for page in ("README.md", "docs/serve.md")
    for path, body in re.findall(r"^curl .*?localhost:8460(/v1/\S+) -H 'content-type: application/json' -d '([^']+)'", (ROOT / page).read_text(), re.MULTILINE)
]


@pytest.mark.parametrize(("page", "path", "body"), SHOWN)
def test_a_request_that_the_documentation_shows_is_answered(client, page, path, body):
    answer = client.post(path, json=json.loads(body))
    assert answer.status_code == 200, answer.text


def test_what_else_is_known_of_an_item_is_told_of_hits_and_items_alike(client):
    hit = post(client, "search", text="a red lamp", k=1).json()["hits"][0]
    assert hit["item"]["attributes"] == {"price": "24.90", "stock": 3}
    assert client.get("/v1/items", params={"id": "i0"}).json() == hit["item"]
    assert client.get("/v1/items", params={"id": "i1"}).json()["attributes"] == {}
    assert client.get("/v1/items/i0").json() == hit["item"]


def test_an_id_with_a_slash_is_a_part_of_the_address_as_it_is_or_encoded(client, site):
    site.store.record_day([Announcement(item=Item(id="arxiv:hep-th/9901001", title="Strings"))])
    for path in ("arxiv:hep-th/9901001", "arxiv%3Ahep-th%2F9901001"):
        assert client.get(f"/v1/items/{path}").json()["title"] == "Strings"
    assert client.get("/v1/items/i/0").status_code == 404
    assert client.get("/v1/items/").status_code == 422
    refused = client.put("/v1/items/hep-th/9901001")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_words_with_a_digit_that_no_item_holds_are_named(client):
    assert post(client, "search", text="lamp MI-9999, i0 24.90").json()["absent"] == ["MI-9999"]
    assert post(client, "search", text="nowhere and a lamp").json()["absent"] == []
    assert post(client, "search", text="zzzz, qqqq").json()["absent"] == ["zzzz", "qqqq"]


def test_a_picture_comes_as_base64_as_a_data_url_or_as_a_file_and_means_the_same(client):
    text = base64.b64encode(png()).decode()
    plain, url = (post(client, "search", image=one, text="tea").json() for one in (text, f"data:image/png;base64,{text}"))
    sent = client.post("/v1/search/upload", files={"image": ("a.png", png(), "image/png")}, data={"text": "tea"}).json()
    assert plain["hits"] == url["hits"] == sent["hits"]
    assert plain["hits"] != post(client, "search", text="tea").json()["hits"]


def test_a_history_and_a_readers_events_recommend_alike(client):
    by_history = post(client, "recommend", history=LIKED, k=5).json()
    assert len(by_history["hits"]) == 5
    assert not {hit["id"] for hit in by_history["hits"]} & set(LIKED)
    for item in LIKED:
        assert post(client, "events", events=[{"item": item, "kind": "saved"}]).status_code == 201
    by_reader = post(client, "recommend", reader="ana", k=5).json()
    assert by_reader["hits"] == by_history["hits"]
    nobody = post(client, "recommend").json()
    assert nobody["popular"]
    assert post(client, "recommend", history=["nope"]).json()["unknown"] == ["nope"]
    assert post(client, "recommend", history=LIKED, reader="ana").status_code == 400


def test_candidates_are_put_in_order(client):
    found = post(client, "rank", history=LIKED, candidates=["w00266", "w00271", "w00250", "nope"]).json()
    assert {hit["id"] for hit in found["hits"]} == {"w00266", "w00271"}
    assert (found["seen"], found["unknown"]) == (["w00250"], ["nope"])
    assert found["hits"][0]["probability"] >= found["hits"][1]["probability"]


def test_a_slate_goes_on_where_the_session_is(client):
    first = post(client, "slate", history=["w00098", "w00175"]).json()
    items = [pick["id"] for pick in first["picks"]]
    second = post(client, "slate", history=["w00098", "w00175"], shown=[{"items": items, "liked": items[:1]}]).json()
    assert (first["round"], second["round"]) == (1, 2)
    assert not set(items) & {pick["id"] for pick in second["picks"]}
    drawn = [post(client, "slate", seed=3).json() for _ in range(2)]
    assert drawn[0]["picks"] == drawn[1]["picks"]
    assert 0 < drawn[0]["propensity"] <= 1
    assert post(client, "slate", shown=[{"items": ["a"], "liked": ["b"]}]).status_code == 400
    assert post(client, "slate", user="nobody").status_code == 400


def test_requests_that_come_together_get_the_slates_that_they_would_get_alone(site):
    from broadsheet.plan.bundle import Ask, open_bundle
    from broadsheet.plan.run import Shown, next_slates
    from broadsheet.serve.models.parts import Session

    asked = [Session(Ask("", ("w00098",))), Session(Ask(), (Shown(("w01415",)),)), Session(Ask("", ("w00250",))), Session(Ask(), seed=4)]
    with site.holder.use("slate", object) as part:
        together = part._answer(asked)
    bundle = open_bundle()
    alone = [next_slates(bundle, [one.ask], one.shown, draw=one.seed is not None, seed=one.seed or 0) for one in asked]
    assert [one.slates[0].picks for one in together] == [one.slates[0].picks for one in alone]


def test_a_question_is_asked_amended_and_accepted_and_all_of_it_is_kept(client):
    asked = post(client, "ask", question="Which films are there?").json()
    assert asked["state"]["outcome"] == "answered"
    assert asked["state"]["total"] == 3
    at = f"ask/{asked['id']}"
    amended = post(client, at, act="query", text="MATCH (f:Film) WHERE f.year > 2010 RETURN f.title", step=1).json()
    assert (amended["step"], amended["state"]["total"]) == (2, 2)
    assert post(client, at, act="accept", step=1).status_code == 409, "somebody else took a step"
    wrong = post(client, at, act="fix", number=9).json()
    assert wrong["fault"]
    assert wrong["state"]["query"] == amended["state"]["query"]
    accepted = post(client, at, act="accept").json()
    assert (accepted["ended"], accepted["accepted"]) == ("accepted", 2)
    assert post(client, at, act="undo").status_code == 409
    kept = client.get(f"/v1/{at}/transcript").json()
    assert [one["event"]["act"] for one in kept["happened"]] == ["ask", "query", "fix", "accept"]
    assert client.get(f"/v1/{at}").json()["accepted"] == 2
    assert client.get("/v1/ask").json()["loops"][0]["question"] == "Which films are there?"


def test_somebody_elses_question_is_as_if_there_was_none(site, client):
    from tests.serve_site import key_of

    asked = post(client, "ask", question="Which films are there?").json()
    assert client.get(f"/v1/ask/{asked['id']}", headers=key_of(site, "read")).status_code == 404


def test_needs_have_words_of_the_post_and_no_personal_data(client):
    post_text = "I cannot pay my rent this month. Call me at 0151 23456789."
    found = post(client, "needs", posts=[post_text]).json()["posts"][0]
    assert "23456789" not in found["text"]
    assert found["replaced"] == 1
    for mention in found["mentions"]:
        for span in mention["evidence"]:
            assert found["text"][span["start"] : span["end"]] == span["text"]
    assert found["mentions"]


def test_embeddings_are_as_openai_has_them(client):
    one = post(client, "embeddings", input="a red lamp").json()
    several = post(client, "embeddings", input=["a red lamp", "tea"], encoding_format="base64").json()
    assert (one["object"], [row["index"] for row in several["data"]]) == ("list", [0, 1])
    decoded = np.frombuffer(base64.b64decode(several["data"][0]["embedding"]), "<f4")
    assert decoded == pytest.approx(one["data"][0]["embedding"])
    assert np.linalg.norm(decoded) == pytest.approx(1)
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    parts = [{"type": "text", "text": "a red lamp"}, {"type": "image_url", "image_url": {"url": url}}]
    both = post(client, "embeddings", input=parts).json()
    assert len(both["data"]) == 1
    assert both["data"][0]["embedding"] != one["data"][0]["embedding"]
    contents = post(client, "embeddings", input=[parts, parts[:1]]).json()
    assert [row["embedding"] for row in contents["data"]] == [both["data"][0]["embedding"], one["data"][0]["embedding"]]
    assert len(post(client, "embeddings", input="tea", dimensions=5).json()["data"][0]["embedding"]) == 5
    assert post(client, "embeddings", input="tea", dimensions=500).status_code == 400
    assert post(client, "embeddings", input="tea", model="gpt").status_code == 404
    assert post(client, "embeddings", input=[1, 2]).status_code == 422
    assert client.get("/v1/models").json()["data"][0]["id"] == one["model"]


def test_events_are_kept_once_listed_undone_and_exported(client):
    event = {"events": [{"item": "w1", "kind": "more"}]}
    first = client.post("/v1/events", json=event, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/events", json=event, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, again.json()["replayed"]) == (201, 200, True)
    assert client.post("/v1/events", json={"events": [{"item": "w2", "kind": "more"}]}, headers={"Idempotency-Key": "k1"}).status_code == 409
    assert post(client, "events", events=[{"item": "w1", "kind": "undo"}]).status_code == 201
    assert post(client, "events", events=[{"item": "w1", "kind": "undo"}]).status_code == 409
    late = {"item": "=cmd()", "kind": "saved", "at": "2026-02-09T10:00:00+01:00", "slot": 2}
    assert post(client, "events", events=[late]).json()["events"][0]["at"] == "2026-02-09T09:00:00Z"
    assert post(client, "events", events=[late | {"at": "2027-01-01T00:00:00Z"}]).status_code == 400
    page = client.get("/v1/events", params={"limit": 2}).json()
    rest = client.get("/v1/events", params={"limit": 2, "cursor": page["next"]}).json()
    assert [one["kind"].split()[0] for one in page["events"] + rest["events"]] == ["more", "undo", "saved"]
    assert rest["next"] == ""
    table = client.get("/v1/events/export")
    assert table.headers["content-type"].startswith("text/csv")
    assert "'=cmd()" in table.text


def test_jobs_are_kept_and_told(site, client):
    from tests.serve_site import key_of

    admin = key_of(site, "admin")
    body = {"kind": "fit", "stage": "rank", "name": "trial"}
    made = client.post("/v1/jobs", json=body, headers={**admin, "Idempotency-Key": "j"})
    again = client.post("/v1/jobs", json=body, headers={**admin, "Idempotency-Key": "j"})
    assert (made.status_code, again.status_code, again.json()["id"]) == (202, 200, made.json()["id"])
    assert made.headers["location"] == f"/v1/jobs/{made.json()['id']}"
    assert client.get(made.headers["location"]).json()["state"] == "waiting"
    client.post("/v1/jobs", json={"kind": "run", "name": "trial"}, headers=admin)
    page = client.get("/v1/jobs", params={"limit": 1}).json()
    rest = client.get("/v1/jobs", params={"limit": 1, "cursor": page["next"]}).json()
    assert [one["kind"] for one in page["jobs"] + rest["jobs"]] == ["run", "fit"]
    assert client.get(f"/v1/jobs/{'0' * 16}").status_code == 404


def test_a_report_is_listed_and_read(site, client):
    from broadsheet.report.archive import write_day
    from broadsheet.report.model import Entry, Report

    assert client.get("/v1/reports").json() == {"days": [], "unreadable": [], "next": ""}
    entry = Entry(item=Item(id="w1", title="Soup", text="Leeks."), kind=Announce.NEW, section="new", slot=1, propensity=0.5)
    made = Report(
        label=date(2026, 2, 9),
        reader="ana",
        source="a test",
        ranked_by="hand",
        counts=dict.fromkeys(("new", "cross", "updated", "withdrawn"), 1),
        entries=(entry,),
    )
    write_day(made, site.settings.report_folder)
    day = client.get("/v1/reports").json()["days"][0]
    assert (day["label"], day["picks"]) == (str(made.label), [entry.item.id for entry in made.picks()])
    assert client.get(f"/v1/reports/{made.label}").json() == made.model_dump(mode="json")
    assert client.get("/v1/reports/2020-01-01").status_code == 404
    assert client.get("/v1/reports/9999-12-31").status_code == 404
    old = site.settings.report_folder / "2026-02-08"
    old.mkdir()
    (old / "report.json").write_text('{"schema_version": 0}')
    assert client.get("/v1/reports").json()["unreadable"] == ["2026-02-08"]
    refused = client.get("/v1/reports/2026-02-08")
    assert refused.status_code == 409
    assert str(site.settings.report_folder) not in refused.text


def test_the_state_of_the_server_is_told(site, client):
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json()["ready"]
    parts = {one["part"]: one for one in client.get("/v1/artefacts").json()["parts"]}
    assert parts["recommend"]["kind"] == "retriever"
    assert len(parts["rank"]["hash"]) == 64
    post(client, "search", text="tea")
    assert 'broadsheet_requests_total{method="POST",route="/v1/search",status="200"}' in client.get("/metrics").text
    from broadsheet.serve.models.holder import Holder, Opener

    site.holder = Holder({"search": Opener(lambda: "", lambda: None)})
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").headers["retry-after"] == "2"


def test_what_is_loaded_anew_takes_the_admins_word(site, client):
    from tests.serve_site import key_of

    assert client.post("/v1/models/reload").status_code == 401
    assert client.post("/v1/models/reload", headers=key_of(site, "write")).status_code == 403
    assert client.post("/v1/models/reload", headers=key_of(site, "admin")).json()["changed"] is False


def test_every_answer_is_described(client):
    schema = client.get("/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["description"], path
            if operation.get("security"):
                assert {"401", "403", "413", "422", "429", "503"} <= set(operation["responses"]), path
    for name, shape in schema["components"]["schemas"].items():
        if name.endswith("In"):
            assert shape["additionalProperties"] is False, name


def test_a_reader_of_whom_nothing_is_known_is_told_with_the_name_that_is_near(client, site, tmp_path, monkeypatch):
    from broadsheet.serve import histories

    monkeypatch.setattr(histories, "histories_of", lambda _: {"Anna": tuple(LIKED), "Bela": ("w00250",)})
    for route in ("recommend", "rank", "slate"):
        found = post(client, route, reader="Ana").json()
        assert found["note"] == "Nothing is known of a reader 'Ana'. Did you mean 'Anna'?"
        assert found["known"] is False
        anna, nobody = post(client, route, reader="Anna").json(), post(client, route).json()
        assert (anna["note"], anna["known"]) == ("", True)
        assert (nobody["note"], nobody["known"]) == ("", False)
    assert post(client, "rank", reader="Anna").json()["history"] == len(LIKED)


def test_the_root_of_the_interface_names_its_routes(client):
    found = client.get("/v1").json()
    assert found["openapi"] == "/v1/openapi.json"
    assert client.get(found["openapi"]).status_code == 200
    said = {(one["method"], one["path"]): one["what"] for one in found["routes"]}
    assert said["POST", "/v1/rank"] == "Put candidates, or all items, in the order in which they are likely to come next."
    assert all(said.values())


def test_a_part_that_a_run_does_not_have_says_what_does(tmp_path, site):
    from tests.serve_site import client_of, parts, site_of

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        store.create_tables()
        bare = client_of(site_of(store, search=parts()["search"]))
        assert "/v1/reports/{label}" in post(bare, "slate").json()["detail"]
        assert 'rank = "fit"' in post(bare, "rank").json()["detail"]
