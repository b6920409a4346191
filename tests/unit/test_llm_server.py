"""The double of an endpoint, spoken to over HTTP."""

import json

import httpx
import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.sample.llm import Faults, LLMServer


def ask(server, text="a b c", *, client=httpx, name="", **settings):
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **settings}
    return client.post(f"{server.url}/chat/completions", json=body, headers={"Idempotency-Key": name} if name else {}, timeout=10)


def test_it_answers_by_its_rule_and_counts_words():
    with LLMServer(lambda body: body["messages"][-1]["content"].upper()) as server:
        made = ask(server).json()
        served = server.served
    assert made["choices"][0]["message"]["content"] == "A B C"
    assert made["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}
    assert (served.requests, served.calls, served.prompt_tokens, served.completion_tokens) == (1, 1, 3, 3)


def test_a_schema_is_answered_with_json_that_fits_it():
    schema = {"type": "object", "properties": {"level": {"enum": ["low", "high"]}}, "required": ["level"]}
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    with LLMServer() as server:
        said = [ask(server, response_format=form).json()["choices"][0]["message"]["content"] for _ in range(2)]
    assert said[0] == said[1]
    assert json.loads(said[0])["level"] in {"low", "high"}


def test_one_name_is_answered_and_counted_once_unless_it_is_not_honoured():
    for honours, calls in ((True, 1), (False, 2)):
        with LLMServer(honours=honours) as server:
            answers = [ask(server, name="k").json() for _ in range(2)]
            assert answers[0] == answers[1]
            assert (server.served.calls, server.served.twice, server.served.replayed) == (calls, calls - 1, 2 - calls)


def test_each_fault_is_what_it_says():
    order = ("429", "500", "truncated", "refusal", "invalid", "drop")
    with LLMServer(lambda _: '{"a": "b c"}', faults=Faults(first=order), retry_after="7") as server:
        limited, failed, cut, refused, invalid = (ask(server) for _ in range(5))
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server)
        served = server.served
    assert (limited.status_code, limited.headers["retry-after"], failed.status_code) == (429, "7", 500)
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert refused.json()["choices"][0]["message"]["content"] is None
    assert json.loads(invalid.json()["choices"][0]["message"]["content"]) == {"wrong": True}
    assert served.faults == dict.fromkeys(order, 1)
    assert (served.requests, served.calls) == (6, 4)


def test_a_dropped_call_is_answered_under_its_name_later():
    with LLMServer(faults=Faults(first=("drop",))) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server, name="k")
        assert ask(server, name="k").status_code == 200
        assert (server.served.calls, server.served.replayed) == (1, 1)


def test_chance_follows_from_the_seed_and_the_request_not_from_the_order():
    texts = [f"question {number}" for number in range(60)]
    failed = []
    for order in (texts, texts[::-1]):
        with LLMServer(faults=Faults({"500": 0.3}, seed=5)) as server, httpx.Client() as client:
            failed.append({text for text in order if ask(server, text, client=client).status_code == 500})
    assert failed[0] == failed[1]
    assert 5 < len(failed[0]) < 35


def test_access_paths_and_parameters_are_refused_as_servers_refuse_them():
    with LLMServer(key="s3cret", takes_schema=False) as server:
        assert ask(server).status_code == 401
        with httpx.Client(headers={"Authorization": "Bearer s3cret"}) as client:
            assert ask(server, client=client).status_code == 200
            refused = ask(server, client=client, response_format={})
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, "response_format")
            assert client.get(f"{server.url}/models").json()["data"][0]["id"] == "double-1"
            assert client.get(f"{server.url}/nothing").status_code == 404
            assert client.get(server.url.removesuffix("/v1") + "/usage").json()["calls"] == 1


@pytest.mark.parametrize("stated", ["429", "429:x", "stal:0.1", "429:1.5", "500:-1"])
def test_a_fault_that_is_none_is_two_lines(stated):
    with pytest.raises(ConfigError) as error:
        Faults.read([stated])
    assert len(str(error.value).splitlines()) == 2


def test_a_port_that_is_taken_is_an_error():
    with LLMServer() as server, pytest.raises(OSError, match="cannot be listened on"), LLMServer(port=int(server.url.split(":")[2].split("/")[0])):
        pass
