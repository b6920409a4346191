"""The client against the double: order, faults, repairs, budgets, and a ledger that agrees with what was served."""

import asyncio
import json
from collections import Counter

import pytest
from pydantic import BaseModel

from broadsheet.core.errors import BudgetError, ConfigError, EndpointError, MissingExtraError, RecordingError, ReplyError
from broadsheet.core.llm import Budget, Client, Clock, Limits, ModelPrice, Prices, Reason, Request, call_key, open_llm
from broadsheet.core.llm.backends.recording import RecordingLLM
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.store import Store
from broadsheet.sample.llm import Faults, LLMServer

QUICK = Limits(backoff=0.001, pause=0.01, in_flight=8)
PRICES = Prices(models={"m": ModelPrice(input=1, output=4)})


class Dish(BaseModel):
    name: str
    spicy: bool


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store.sqlite")
    yield made
    made.close()


def client(server, store, **settings):
    return Client(open_llm(f"openai:m@{server.url}"), store, **{"limits": QUICK, "prices": PRICES, **settings})


def dishes(count, **settings):
    return [Request.ask(f"dish number {number}", output=Dish, **settings) for number in range(count)]


def check(asked, served):
    """The ledger and the provider agree to the token, and every row names who answered."""
    summary, rows = asked.summary(), asked.ledger.rows(run=asked.ledger.run)
    assert (summary.prompt_tokens, summary.completion_tokens) == (served.prompt_tokens, served.completion_tokens)
    assert sum(row["state"] == "paid" for row in rows) == served.calls
    assert served.twice == 0
    assert summary.cost == pytest.approx((served.prompt_tokens + 4 * served.completion_tokens) / 1e6)
    assert {(row["backend"], row["model"]) for row in rows} == {("openai", "m")}
    assert summary.unpriced == summary.uncounted == 0


def test_two_answers_that_do_not_fit_are_three_calls(store):
    with LLMServer(faults=Faults(first=("invalid", "invalid"))) as server:
        asked = client(server, store)
        (result,) = asked.run(dishes(1, purpose="menu"))
        check(asked, server.served)
    assert isinstance(result.value, Dish)
    assert result.calls == 3
    rows = asked.ledger.rows()
    assert [(row["kind"], row["state"]) for row in rows] == [("call", "paid"), ("repair", "paid"), ("repair", "paid")]
    assert {row["item"] for row in rows} == {result.key}
    assert {row["purpose"] for row in rows} == {"menu"}
    assert all(row["cost"] > 0 and row["answered_by"] == "double-1" and row["held"] == "server" for row in rows)


def test_results_keep_the_order_of_requests_whatever_takes_how_long(store):
    with LLMServer(latency=0.01, jitter=1.0) as server:
        told = []
        results = client(server, store).run((request for request in dishes(100)), lambda step, done, total: told.append((done, total)))
    texts = [json.loads(result.reply.text) for result in results]
    assert len({text["name"] for text in texts}) > 50
    assert [result.key for result in results] == [call_key(open_llm("openai:m@http://127.0.0.1:9/v1"), request) for request in dishes(100)]
    assert [done for done, _ in told] == list(range(1, 101))
    assert told[-1] == (100, 100)
    with LLMServer() as server:
        again = [client(server, store, limits=QUICK).run([request])[0] for request in dishes(5)]
    assert [result.reply for result in again] == [result.reply for result in results[:5]]


def test_faults_of_all_kinds_end_in_answers_and_every_try_is_in_the_ledger(store):
    rates = {"429": 0.1, "500": 0.1, "drop": 0.1, "invalid": 0.1}
    with LLMServer(faults=Faults(rates, seed=3)) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"retries": 12}))
        results = asked.run(dishes(80))
        served = server.served
    assert all(result.failure is None for result in results)
    check(asked, served)
    reasons = Counter(row["reason"] for row in asked.ledger.rows() if row["reason"])
    assert reasons == {"rate-limited": served.faults["429"], "server-error": served.faults["500"], "dropped": served.faults["drop"]}
    # A dropped call was asked for again under its name, and the double answered it without counting it again.
    assert asked.summary().in_doubt == served.replayed == served.faults["drop"] > 0
    assert all(row["answered"] for row in asked.ledger.in_doubt())
    assert asked.summary().retries == served.faults["429"] + served.faults["500"] + served.faults["drop"]
    assert asked.summary().repairs == served.faults["invalid"]


def test_a_server_that_does_not_honour_names_leaves_calls_in_doubt_and_the_ledger_names_them(store):
    with LLMServer(faults=Faults(first=("drop",)), honours=False) as server:
        asked = client(server, store)
        assert asked.run(dishes(1))[0].failure is None
        assert server.served.calls == 2
    assert asked.summary().in_doubt == 1
    assert asked.ledger.rows()[0]["state"] == "begun"
    # The same attempt was answered in the end: what the ledger cannot know is whether the first one was counted too.
    assert [row["attempt"] for row in asked.ledger.rows()] == [1, 1]


def test_a_stalled_call_ends_in_time_and_is_answered_under_its_name(store):
    with LLMServer(faults=Faults(first=("stall",)), stall=30) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"timeout": 0.3, "retries": 20}))
        (result,) = asked.run(dishes(1))
        check(asked, server.served)
    assert result.failure is None
    # On a busy machine the answer under its name may come too late once or twice as well.
    first, *between, last = [row["reason"] for row in asked.ledger.rows()]
    assert (first, last) == ("timeout", "")
    assert set(between) <= {"timeout"}


@pytest.mark.parametrize(("fault", "reason"), [("truncated", Reason.TRUNCATED), ("refusal", Reason.REFUSAL)])
def test_a_cut_reply_and_a_refusal_are_typed_paid_and_not_asked_again(store, fault, reason):
    with LLMServer(faults=Faults(first=(fault,))) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"in_flight": 1}))
        failed, fine = asked.run(dishes(2))
        check(asked, server.served)
        again = client(server, store).run(dishes(2))
        assert server.served.calls == 2
    assert failed.failure.reason is reason
    assert fine.failure is None
    assert failed.reply.finish == {"truncated": "length", "refusal": "refusal"}[fault]
    assert [result.failure for result in again] == [failed.failure, None]
    with pytest.raises(ReplyError):
        _ = failed.value


def test_an_answer_that_never_fits_is_a_dead_letter_and_the_rest_goes_on(store):
    with LLMServer(lambda body: "no JSON" if "number 1" in body["messages"][0]["content"] else '{"name": "a", "spicy": true}') as server:
        asked = client(server, store)
        results = asked.run(dishes(3))
        check(asked, server.served)
    assert [result.failure is None for result in results] == [True, False, True]
    assert results[1].failure.reason is Reason.INVALID
    assert results[1].reply.text == "no JSON"
    assert results[1].calls == 3


def test_the_same_request_is_called_once_in_a_run_and_in_the_next(store):
    with LLMServer(latency=0.02) as server:
        asked = client(server, store)
        results = asked.run([*dishes(3), *dishes(3), *dishes(3)])
        assert server.served.calls == 3
        check(asked, server.served)
        later = client(server, store)
        again = later.run(dishes(3))
        assert server.served.calls == 3
    assert [result.reply for result in results[:3]] == [result.reply for result in results[6:]] == [result.reply for result in again]
    assert all(isinstance(result.value, Dish) for result in again)
    assert [(row["kind"], row["cost"], row["prompt_tokens"]) for row in later.ledger.rows(run=later.ledger.run)] == [("hit", None, None)] * 3
    assert (asked.summary().hits, later.summary().hits, later.summary().calls, later.summary().cost) == (6, 3, 0, 0.0)


@pytest.mark.parametrize("honours", [True, False])
def test_the_budget_stops_before_the_call_and_never_after(store, honours):
    requests = dishes(40, max_tokens=50)
    prompt = max(request.most_prompt_tokens for request in requests)
    budgets = (Budget(calls=7), Budget(tokens=prompt + 50 + 100), Budget(usd=(prompt + 4 * 50 + 250) / 1e6))
    for number, budget in enumerate(budgets):
        with LLMServer(latency=0.005, honours=honours) as server:
            fresh = [request.model_copy(update={"seed": number}) for request in requests]
            asked = client(server, store, budget=budget)
            results = asked.run(fresh)
            served = server.served
        check(asked, served)
        stopped = [result for result in results if result.failure]
        assert stopped
        assert {result.failure.reason for result in stopped} == {Reason.BUDGET}
        assert len(stopped) + served.calls == 40
        assert served.requests == served.calls
        if budget.calls:
            assert served.calls == 7
        if budget.tokens:
            # What a call did not use is given back: by its bound alone one would fit.
            assert served.calls > 5
            assert served.prompt_tokens + served.completion_tokens <= budget.tokens
        if budget.usd:
            assert asked.summary().cost <= budget.usd
        with pytest.raises(BudgetError, match="no room"):
            _ = stopped[0].value


def test_what_was_paid_is_given_out_under_a_spent_budget(store):
    with LLMServer() as server:
        client(server, store).run(dishes(4))
        results = client(server, store, budget=Budget(calls=1)).run(dishes(8))
    assert [result.failure is None for result in results].count(True) == 5


def test_an_endpoint_that_keeps_failing_is_left_alone(store):
    with LLMServer(faults=Faults({"500": 1.0})) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"failures": 4, "openings": 3, "retries": 50}))
        results = asked.run(dishes(200))
        served = server.served
    assert {result.failure.reason for result in results} == {Reason.CIRCUIT}
    assert served.requests <= 4 + QUICK.in_flight + 2 * (1 + QUICK.in_flight)
    assert asked.summary().failed == served.requests
    with pytest.raises(EndpointError, match="in a row"):
        _ = results[0].value


def test_no_access_and_no_server_end_the_run_in_two_lines(store, monkeypatch):
    monkeypatch.setenv("BROADSHEET_LLM_KEY", "wr0ng-key")
    with LLMServer(key="right") as server:
        results = client(server, store).run(dishes(50))
        assert server.served.requests == 0
        url = server.url
    assert {result.failure.reason for result in results} == {Reason.ACCESS}
    assert "BROADSHEET_LLM_KEY" in results[0].failure.mend
    gone = Client(open_llm(f"openai:m@{url}"), store, limits=QUICK.model_copy(update={"failures": 2, "openings": 1})).run(dishes(5))
    assert {result.failure.reason for result in gone} <= {Reason.CIRCUIT, Reason.UNREACHABLE}
    assert "wr0ng" not in str(results) + str(gone)


def test_a_server_without_schemas_is_asked_in_words_and_every_record_says_so(store, capsys):
    with LLMServer(lambda body: '{"name": "a", "spicy": true}' if "fits this schema" in body["messages"][-1]["content"] else "x", takes_schema=False) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"in_flight": 1}))
        results = asked.run(dishes(3))
        check(asked, server.served)
    assert all(result.reply.held == "prompt" for result in results)
    assert asked.summary().held == ("prompt",)
    assert "response_format" in capsys.readouterr().err
    assert [row["reason"] for row in asked.ledger.rows()] == ["parameter-refused", "", "", ""]


def test_tokens_that_are_not_counted_are_unknown_and_not_nothing(store):
    with LLMServer(counts_tokens=False) as server:
        asked = client(server, store)
        asked.run(dishes(2))
    summary = asked.summary()
    assert (summary.uncounted, summary.unpriced, summary.cost) == (2, 2, None)


def test_a_price_that_is_unknown_is_named_and_bounds_no_budget(store):
    with LLMServer() as server:
        asked = client(server, store, prices=Prices())
        asked.run(dishes(2))
        assert (asked.summary().cost, asked.summary().unpriced) == (None, 2)
        assert [row["cost"] for row in asked.ledger.rows()] == [None, None]
        with pytest.raises(ConfigError, match="no price"):
            client(server, store, prices=Prices(), budget=Budget(usd=1))


def test_neither_the_key_nor_the_question_is_kept(store, tmp_path, monkeypatch, capfd):
    from broadsheet.core.log import configure

    configure(verbose=True)
    monkeypatch.setenv("BROADSHEET_LLM_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    heard = []
    faults = Faults(first=("500", "invalid", "refusal"))
    with LLMServer(lambda body: heard.append(body) or '{"name": "a", "spicy": true}', key="sk-very-secret", faults=faults) as server:
        results = client(server, store).run([*dishes(5), Request.ask("my card is 4111-1111", output=Dish)])
        wrong = LLMServer(key="other")
        with wrong:
            results += client(wrong, store).run([Request.ask("one more", output=Dish)])
    assert len(heard) > 5
    said = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in ("sk-very-secret", "sk-of-openai", "4111-1111"):
        assert secret.encode() not in kept
        assert secret not in said.out + said.err + repr(results)
    configure()


def test_openai_gets_its_own_key_alone_and_none_is_an_error(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.delenv("BROADSHEET_LLM_KEY", raising=False)
    assert open_llm("openai:m@http://127.0.0.1:9/v1")._secret == ""
    assert open_llm("openai:m")._secret == "sk-of-openai"
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(EndpointError, match="No API key"):
        open_llm("openai:m")


def test_without_the_sdk_it_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"broadsheet\[llm\]"):
        open_llm("openai:m@http://127.0.0.1:9/v1")


def test_rates_hold_by_the_clock_they_are_given(store):
    now = [0.0]

    async def sleep(seconds):
        now[0] += seconds

    asked = Client(ScriptedLLM([("", "x")]), store, limits=Limits(rpm=60, in_flight=1), clock=Clock(lambda: now[0], sleep))
    asked.run([Request.ask(f"question {number}") for number in range(31)])
    assert now[0] == pytest.approx(30)


def test_a_wait_that_is_too_long_is_not_waited_for(store):
    with LLMServer(faults=Faults({"429": 1.0}), retry_after="86400") as server:
        results = client(server, store).run(dishes(3))
        assert server.served.requests == 3
    assert {result.failure.reason for result in results} == {Reason.RATE_LIMITED}


def test_recordings_answer_exactly_what_was_recorded(store, tmp_path):
    file = tmp_path / "menu.jsonl"
    with LLMServer() as server:
        recorded = Client(RecordingLLM(open_llm(f"openai:m@{server.url}"), file), store, limits=QUICK).run(dishes(6))
    replay = open_llm(f"replay:{file}")
    assert (replay.name, replay.model) == ("replay", "openai:m")
    other = Store(tmp_path / "other.sqlite")
    turned = Client(replay, other).run(dishes(6)[::-1])
    assert [result.reply for result in turned] == [result.reply for result in recorded[::-1]]
    near, far = Client(replay, other).run([Request.ask("dish number 3 please", output=Dish), dishes(4)[3].model_copy(update={"seed": 9})])
    assert near.failure.reason is Reason.UNRECORDED
    assert "dish number 3" in near.failure.what
    assert "of the same messages; parameters or schema differ" in far.failure.what
    with pytest.raises(RecordingError):
        _ = near.value
    other.close()


def test_rules_are_named_so_in_every_record(store):
    asked = Client(ScriptedLLM([("soup", {"name": "soup", "spicy": False})]), store)
    fits, none = asked.run([Request.ask("a soup", output=Dish), Request.ask("bread", output=Dish)])
    assert fits.value == Dish(name="soup", spicy=False)
    assert none.failure.reason is Reason.UNRECORDED
    assert asked.llm.model.startswith("rules@")
    assert {(row["backend"], row["model"]) for row in asked.ledger.rows()} == {("scripted", asked.llm.model)}


def test_it_streams_what_is_ready_and_takes_requests_only_as_needed(store):
    taken = []

    def requests():
        for number in range(100_000):
            taken.append(number)
            yield Request.ask(f"question {number}")

    async def first(count):
        results = []
        stream = Client(ScriptedLLM([("", "x")]), store).stream(requests())
        async for result in stream:
            results.append(result)
            if len(results) == count:
                break
        await stream.aclose()
        return results

    assert len(asyncio.run(first(10))) == 10
    assert len(taken) < 5000


def test_no_reply_is_given_out_before_it_is_on_disk(store):
    asked = Client(ScriptedLLM([("", "x")]), store)
    written, finish = asyncio.Event(), asked.ledger.finish

    async def slow(*facts):
        await written.wait()
        await finish(*facts)

    async def first():
        stream = asked.stream([Request.ask("question")])
        result = asyncio.ensure_future(anext(stream))
        early, _ = await asyncio.wait([result], timeout=0.2)
        written.set()
        assert not early
        assert (await result).value == "x"
        await stream.aclose()

    asked.ledger.finish = slow
    asyncio.run(first())


def test_it_runs_inside_a_running_loop(store):
    async def inside():
        return Client(ScriptedLLM([("", "x")]), store).run([Request.ask("a")])

    assert asyncio.run(inside())[0].value == "x"


def test_an_error_of_the_caller_ends_the_run(store):
    def requests():
        yield Request.ask("a")
        raise RuntimeError("the source broke")

    asked = Client(ScriptedLLM([("", "x")]), store)
    with pytest.raises(RuntimeError, match="the source broke"):
        asked.run(requests())

    def broken(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Client(ScriptedLLM(broken), store).run([Request.ask(f"b {number}") for number in range(50)])


def test_what_a_server_says_of_the_key_is_not_passed_on(store, monkeypatch):
    monkeypatch.setenv("BROADSHEET_LLM_KEY", "sk-very-secret")

    class Telling(LLMServer):
        def _post(self, headers, data):
            return self._answer("GET", "nowhere " + headers["authorization"], headers, data)._replace(status=400)

    with Telling() as server:
        (result,) = client(server, store).run(dishes(1))
    assert result.failure.reason is Reason.REJECTED
    assert "nowhere Bearer ***" in result.failure.what


def test_a_client_makes_one_run_at_a_time_and_is_free_after_one_that_was_left(store):
    asked = Client(ScriptedLLM([("", "x")]), store)

    async def two():
        stream = asked.stream(Request.ask(f"question {number}") for number in range(50))
        await anext(stream)
        with pytest.raises(RuntimeError, match="one run at a time"):
            await anext(asked.stream([Request.ask("another")]))
        await stream.aclose()

    asyncio.run(two())
    assert asked.run([Request.ask("another")])[0].value == "x"


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": None}]}, []])
def test_what_is_no_chat_completion_is_a_fault_of_the_server(store, body):
    class Odd(LLMServer):
        def _post(self, headers, data):
            return super()._post(headers, data)._replace(body=body)

    with Odd(latency=0.01) as server:
        asked = client(server, store, limits=QUICK.model_copy(update={"retries": 1}))
        (result,) = asked.run(dishes(1))
    assert (result.failure.reason, result.calls) == (Reason.SERVER, 2)


def test_a_page_where_the_api_should_be_is_a_fault_of_the_server(store):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Page(BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        llm = open_llm(f"openai:m@http://127.0.0.1:{server.server_port}/v1")
        (result,) = Client(llm, store, limits=QUICK.model_copy(update={"retries": 0})).run(dishes(1))
        server.shutdown()
        thread.join()
    assert result.failure.reason is Reason.SERVER
    assert "not JSON" in result.failure.what


def test_half_a_character_in_a_question_or_an_answer_breaks_nothing(store):
    with LLMServer(lambda body: body["messages"][0]["content"] + "\ud83d") as server:
        (result,) = client(server, store).run([Request.ask("a \ud800 b \U0001f600")])
    assert result.value == "a \ufffd b \U0001f600\ufffd"
