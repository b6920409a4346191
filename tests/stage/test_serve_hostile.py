"""What is refused: other hosts and sites, paths that lead elsewhere, bodies and pictures that are too much, addresses, forged and replayed things, guessed keys."""

import base64
import contextlib
import importlib.util
import io
import json
import struct
import zlib

import pytest
from PIL import Image

from broadsheet.core.store import Store

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)


@pytest.fixture
def site(tmp_path):
    from tests.serve_site import ANA, parts, site_of

    with contextlib.closing(Store(tmp_path / "s.sqlite")) as store:
        made = site_of(store, ANA._replace(reports=tmp_path / "reports"), search=parts()["search"], ask=parts()["ask"])
        store.create_tables()
        yield made


@pytest.fixture
def client(site):
    from tests.serve_site import client_of

    return client_of(site)


def kind(answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) >= {"type", "title", "status", "detail"}
    assert told["status"] == answer.status_code
    return told["type"].rpartition(":")[2]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8460", "", "localhost@evil.example", "[::2]"])
def test_a_name_that_is_not_ours_gets_no_answer(client, host):
    answer = client.get("/v1/models", headers={"host": host})
    assert (answer.status_code, kind(answer)) == (421, "host")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_another_sites_page_changes_nothing(site, client, headers):
    answer = client.post("/v1/events", json={"events": [{"item": "w1", "kind": "more"}]}, headers=headers)
    assert (answer.status_code, kind(answer)) == (403, "foreign")
    assert site.store.events("ana") == []
    ours = client.post("/v1/events", json={"events": [{"item": "w1", "kind": "more"}]}, headers={"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"})
    assert ours.status_code == 201


def test_a_form_of_another_kind_is_no_json(site, client):
    body = json.dumps({"events": [{"item": "w1", "kind": "more"}]})
    for media in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.post("/v1/events", content=body, headers={"content-type": media}).status_code == 422
    assert site.store.events("ana") == []


@pytest.mark.parametrize("through", [{"x-forwarded-for": "1.2.3.4"}, {"forwarded": "for=1.2.3.4"}, {"via": "1.1 proxy"}, {"host": "news.example.org"}])
def test_what_comes_from_elsewhere_needs_a_key(site, through):
    from tests.serve_site import client_of, key_of

    site.settings = site.settings._replace(hosts=("news.example.org",))
    client = client_of(site)
    assert kind(client.get("/v1/models", headers=through)) == "no-key"
    assert client.get("/v1/models", headers=through).headers["www-authenticate"] == "Bearer"
    assert client.get("/v1/models", headers={**through, **key_of(site, "read")}).status_code == 200


def test_a_server_that_listens_elsewhere_needs_keys_also_from_here(site):
    from tests.serve_site import client_of

    site.settings = site.settings._replace(local=False)
    assert client_of(site).get("/v1/models").status_code == 401


def test_scopes_hold(site, client):
    from tests.serve_site import key_of

    other = {"events": [{"item": "w1", "kind": "more", "reader": "bo"}]}
    job = {"kind": "run", "name": "trial"}
    wanted = {"read": (401, 401), "write": (201, 403), "admin": (201, 202)}
    assert kind(client.post("/v1/events", json=other)) == "not-yours"
    assert client.post("/v1/jobs", json=job).status_code == 401
    for scope, (events, jobs) in wanted.items():
        headers = key_of(site, scope)
        if scope == "read":
            assert client.post("/v1/events", json=other, headers=headers).status_code == 403
            assert client.post("/v1/jobs", json=job, headers=headers).status_code == 403
            continue
        assert client.post("/v1/events", json=other, headers=headers).status_code == events
        assert client.post("/v1/jobs", json=job, headers=headers).status_code == jobs


def test_whoever_guesses_keys_is_not_heard_for_a_while_and_a_revoked_key_opens_nothing(site, client):
    from tests.serve_site import key_of

    held = key_of(site, "read")
    assert client.get("/v1/models", headers=held).status_code == 200
    site.keys.revoke(site.keys.all()[0].id)
    assert kind(client.get("/v1/models", headers=held)) == "wrong-key"
    answers = [client.get("/v1/models", headers={"Authorization": f"Bearer bsk_{number:08x}_{'A' * 43}"}) for number in range(20)]
    assert answers[0].status_code == 401
    assert kind(answers[-1]) == "too-many-failures"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert client.get("/v1/models", headers=key_of(site, "read")).status_code == 429, "not even the right one is told from here"
    assert client.get("/v1/models", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_key_asks_as_often_as_its_rate(site, client):
    from tests.serve_site import key_of

    slow = key_of(site, "read", rate=1)
    codes = [client.get("/v1/models", headers=slow).status_code for _ in range(12)]
    assert codes[:10] == [200] * 10
    assert codes[-1] == 429


@pytest.mark.parametrize(
    "path",
    ["/v1/reports/..%2f..%2fetc%2fpasswd", "/v1/reports/%2e%2e", "/v1/reports/2026-02-09%2f..", "/v1/jobs/..%2f..", "/v1/../../etc/passwd", "/v1/ask/..%00"],
)
def test_a_path_leads_nowhere_else(client, path):
    answer = client.get(path)
    assert answer.status_code in {404, 422}
    assert kind(answer)
    assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["../../x", "/etc", "a/b", "a\\b", ".", "..", "", "A", "x" * 41, "a\n"])
def test_a_job_has_a_name_and_no_path(site, client, name):
    from tests.serve_site import key_of

    assert client.post("/v1/jobs", json={"kind": "fit", "stage": "rank", "name": name}, headers=key_of(site, "admin")).status_code == 422
    from broadsheet.core.errors import ConfigError
    from broadsheet.serve.work import made_folder

    with pytest.raises(ConfigError, match="no name"):
        made_folder(name)


def test_a_body_that_is_too_long_is_refused_whatever_it_says_of_its_length(client):
    from broadsheet.serve.guard import BODY

    def pieces():
        for _ in range(BODY // 50_000 + 2):
            yield b"x" * 50_000

    stated = client.post("/v1/events", content=b"x" * (BODY + 1), headers={"content-type": "application/json"})
    counted = client.post("/v1/events", content=pieces(), headers={"content-type": "application/json"})
    assert [kind(one) for one in (stated, counted)] == ["too-long", "too-long"]
    assert stated.status_code == counted.status_code == 413
    packed = client.post("/v1/events", content=b"x", headers={"content-encoding": "gzip", "content-type": "application/json"})
    assert packed.status_code == 415


ADDRESSES = [
    "http://169.254.169.254/latest/meta-data",
    "https://evil.example/a.png",
    "file:///etc/passwd",
    "ftp://a/b",
    "//evil.example/a.png",
    "data:text/html;base64,PGI+",
    "gopher:x",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_is_fetched(client, address, monkeypatch):
    import socket

    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    found = client.post("/v1/search", json={"image": address})
    parts = [{"type": "image_url", "image_url": {"url": address}}]
    embedded = client.post("/v1/embeddings", json={"input": parts})
    assert found.status_code == embedded.status_code == 400
    assert kind(found) in {"address", "no-base64"}
    assert kind(embedded) in {"address", "no-base64"}


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(side: int) -> bytes:
    """Return a PNG of few bytes that says it has many pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000, 9)) + chunk(b"IEND", b"")


def written(form: str, **facts) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (4, 4)).save(held, form, **facts)
    return held.getvalue()


PICTURES = {
    "a bomb": (bomb(50_000), 413),
    "more pixels than may be": (bomb(4_001), 413),
    "cut": (written("PNG")[:40], 400),
    "no picture": (b"GIF89a" + b"\0" * 4, 400),
    "postscript, whose reader calls a program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 400),
    "a form that is not read": (written("TIFF"), 400),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 400),
    "empty": (b"", 400),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_looked_at_before_it_is_decoded(client, name, monkeypatch):
    data, status = PICTURES[name]
    monkeypatch.setattr("broadsheet.serve.api.pictures.read_image", lambda *_: pytest.fail("decoded") if status == 413 else (_ for _ in ()).throw(_broken()))
    sent = client.post("/v1/search/upload", files={"image": ("a.png", data, "image/png")})
    assert sent.status_code == status
    assert kind(sent)
    if data:
        assert client.post("/v1/search", json={"image": base64.b64encode(data).decode()}).status_code == status


def _broken():
    from broadsheet.core.errors import ImageError

    return ImageError("It cannot be read.", "Send another.")


def test_markup_in_titles_is_text_and_an_address_of_scripts_is_none(client):
    answer = client.post("/v1/search", json={"text": "Bread <script>alert(1)</script>", "k": 1})
    hit = answer.json()["hits"][0]["item"]
    assert (hit["title"], hit["url"]) == ("Bread <script>alert(1)</script>", "")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    refused = client.post("/v1/search", json={"text": "x", "<script>": 1})
    assert refused.headers["content-type"] == "application/problem+json"


def test_an_event_that_is_sent_again_by_somebody_else_is_not_their_answer(site, client):
    from tests.serve_site import key_of

    body = {"events": [{"item": "w1", "kind": "more", "at": "2026-02-09T09:00:00Z"}]}
    sent = {"Idempotency-Key": "k"}
    assert client.post("/v1/events", json=body, headers=sent).status_code == 201
    assert client.post("/v1/events", json=body, headers={**sent, **key_of(site, "write")}).status_code == 201
    assert len(site.store.events("ana")) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"k": false, "text": "x"}',
        '{"k": "3", "text": "x"}',
        '{"k": 1.5, "text": "x"}',
        '{"text": 3}',
        '{"text": "x", "k": 1e400}',
        "[" * 100_000,
        '{"text": "x", "k": NaN}',
    ],
)
def test_what_is_of_another_kind_is_refused(client, body):
    answer = client.post("/v1/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert kind(answer)


def test_half_a_letter_is_refused_in_words(client):
    answer = client.post("/v1/search", content=r'{"text": "x", "\ud800": 1, "image": "\udfff"}', headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert kind(answer) == "unfit"


def test_a_fault_of_ours_tells_nothing_of_the_inside(site, client, monkeypatch, capsys):
    monkeypatch.setattr(type(site.store), "events", lambda *_: 1 / 0)
    answer = client.get("/v1/events/export")
    assert (answer.status_code, kind(answer)) == (500, "broken")
    assert "division" not in answer.text
    assert "Traceback" not in answer.text
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_log_has_no_secret_no_address_and_no_words(site, client, capsys):
    from tests.serve_site import key_of

    from broadsheet.core.log import configure

    configure(verbose=True, as_json=True)
    headers = key_of(site, "read")
    client.get("/v1/items", params={"id": "very-private"}, headers=headers)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    configure()
    last = lines[-1]
    assert (last["route"], last["status"], len(last["key"])) == ("/v1/items", 404, 8)
    # A secret may have the sign in it that parts it from its name.
    assert headers["Authorization"].split("_", 2)[2] not in json.dumps(lines)
    assert "very-private" not in json.dumps(lines)


def test_an_id_of_a_request_is_its_own_where_it_is_plain(client):
    assert client.get("/healthz", headers={"x-request-id": "trace-0001"}).headers["x-request-id"] == "trace-0001"
    for odd in ("short", "x" * 65, "a b c d e f g h", "<script>alert</script>"):
        assert client.get("/healthz", headers={"x-request-id": odd}).headers["x-request-id"] != odd


def test_other_methods_are_told_which_there_are(client):
    answer = client.request("DELETE", "/v1/events")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["detail"].startswith("Ask by GET, POST.")
    assert kind(answer)


def test_too_many_at_once_are_told_to_come_back(client, monkeypatch):
    monkeypatch.setattr("broadsheet.serve.guard.AT_ONCE", 0)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"], kind(answer)) == (503, "1", "busy")


def test_no_folder_of_this_machine_is_told(site, client, tmp_path):
    from tests.serve_site import key_of

    from broadsheet.core.errors import ArtifactError
    from broadsheet.serve.models.holder import Holder, Opener

    def broken():
        raise ArtifactError(f"{tmp_path} is missing.", f"Look at {tmp_path}.")

    site.holder = Holder({"rank": Opener(lambda: "", broken)})
    site.holder.open_all()
    refused = client.post("/v1/rank", json={})
    assert (refused.status_code, kind(refused)) == (503, "not-open")
    assert str(tmp_path) not in refused.text
    assert str(tmp_path) not in client.get("/v1/artefacts", headers=key_of(site, "read")).text
    assert str(tmp_path) in client.get("/v1/artefacts", headers=key_of(site, "admin")).text


def test_a_field_that_there_is_not_is_told_with_those_that_there_are(client):
    answer = client.post("/v1/search", json={"q": "lamp"})
    assert (answer.status_code, kind(answer)) == (422, "unfit")
    assert answer.json()["detail"].startswith("Its fields are: text, image, k, cursor.")
