"""A run is killed where it hurts and run again: the same bytes, and nothing that the ledger says was paid is called again."""

import json
import signal
import subprocess
import sys

import pytest

from broadsheet.core.llm import Ledger
from broadsheet.core.store import Store
from broadsheet.sample.llm import Faults, LLMServer

REQUESTS = 40
# Asks everything; at the `at`-th event of a kind the process ends as by kill -9.
SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from pydantic import BaseModel
from broadsheet.core.llm import Client, Limits, Request, open_llm
from broadsheet.core.store import Store

url, store, out, where, at = *sys.argv[1:5], int(sys.argv[5])
met = 0

class Dish(BaseModel):
    name: str
    spicy: bool

def meet(kind):
    global met
    met += kind == where
    if met == at and kind == where:
        os.kill(os.getpid(), signal.SIGKILL)

class Mortal:
    def __init__(self, inner):
        self.inner, self.name, self.model, self.close, self.at_once = inner, inner.name, inner.model, inner.close, inner.at_once

    async def complete(self, request, *, idempotency=""):
        meet("before the call")
        reply = await self.inner.complete(request, idempotency=idempotency)
        meet("the reply is here and not yet written")
        return reply

client = Client(Mortal(open_llm(f"openai:m@{url}")), Store(Path(store)), limits=Limits(in_flight=4, backoff=0.001))
finish = client.ledger.finish

async def finished(*facts):
    await finish(*facts)
    meet("just written")

client.ledger.finish = finished
results = client.run([Request.ask(f"dish number {number}", output=Dish) for number in range(int(sys.argv[6]))])
Path(out).write_text(json.dumps([[result.key, result.reply.model_dump() if result.reply else None, result.failure] for result in results]))
"""


def asked(folder, server, where, at=0):
    words = [sys.executable, "-c", SCRIPT, server.url, str(folder / "store.sqlite"), str(folder / "out.json"), where, str(at), str(REQUESTS)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def rows_of(folder):
    store = Store(folder / "store.sqlite")
    ledger = Ledger(store)
    found = ledger.rows(), ledger.in_doubt()
    store.close()
    return found


def double(**settings):
    return LLMServer(latency=0.005, jitter=1.0, faults=Faults({"invalid": 0.1, "500": 0.05}, seed=1), **settings)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    with double() as server:
        done = asked(folder, server, "never")
        assert done.returncode == 0, done.stderr
    return (folder / "out.json").read_bytes()


@pytest.mark.parametrize(
    ("where", "at"),
    [
        ("before the call", 1),
        ("the reply is here and not yet written", 30),
        ("just written", 37),
    ],
)
def test_killed_and_run_again(tmp_path, whole, where, at):
    with double() as server:
        assert asked(tmp_path, server, where, at).returncode == -signal.SIGKILL
        assert not (tmp_path / "out.json").exists()
        before, doubted = rows_of(tmp_path)
        paid = {row["key"] for row in before if row["state"] == "paid"}
        done = asked(tmp_path, server, "never")
        assert done.returncode == 0, done.stderr
        served = server.served
    rows, still_in_doubt = rows_of(tmp_path)
    assert (tmp_path / "out.json").read_bytes() == whole
    later = [row for row in rows if row["run"] != before[0]["run"]]
    assert not paid & {row["key"] for row in later if row["state"] != "hit"}
    # What was in flight was written ahead, is asked under its old name, and so counted once.
    assert {row["key"] for row in doubted} == {row["key"] for row in later if row["kind"] == "resumed"}
    # It has an end then: a reply, or the fault that the server keeps for that name, and then it is tried again under the next.
    ends = {(row["key"], row["attempt"]): row["state"] for row in later if row["kind"] == "resumed"}
    assert all(ends[row["key"], row["attempt"]] == ("paid" if row["answered"] else "failed") for row in still_in_doubt)
    assert served.twice == 0
    spent = [row for row in rows if row["state"] == "paid"]
    assert len(spent) == served.calls
    assert sum(row["prompt_tokens"] for row in spent) == served.prompt_tokens
    assert sum(row["completion_tokens"] for row in spent) == served.completion_tokens


def test_what_may_have_been_counted_twice_is_what_was_in_doubt(tmp_path, whole):
    with double(honours=False) as server:
        asked(tmp_path, server, "the reply is here and not yet written", 20)
        _, doubted = rows_of(tmp_path)
        assert asked(tmp_path, server, "never").returncode == 0
        served = server.served
    assert 1 <= served.twice <= len(doubted) <= 4
    # A second call of the same body may meet another chance of a fault, so only what it says is compared.
    assert [key for key, _, _ in json.loads((tmp_path / "out.json").read_text())] == [key for key, _, _ in json.loads(whole)]


def test_another_order_and_another_choice_of_requests_pay_only_what_is_new(tmp_path):
    from broadsheet.core.llm import Client, Request
    from broadsheet.core.llm.backends.rules import ScriptedLLM

    heard = []
    llm = ScriptedLLM(lambda request: heard.append(request.messages[-1].content) or request.messages[-1].content.upper())
    store = Store(tmp_path / "store.sqlite")
    Client(llm, store).run([Request.ask(f"q{number}") for number in range(10)])
    results = Client(llm, store).run([Request.ask(f"q{number}") for number in (12, 3, 9, 11, 0)])
    store.close()
    assert [result.value for result in results] == ["Q12", "Q3", "Q9", "Q11", "Q0"]
    assert sorted(heard[10:]) == ["q11", "q12"]


def test_a_reply_that_did_not_fit_is_not_paid_for_again(tmp_path):
    from pydantic import BaseModel

    from broadsheet.core.llm import Client, Request
    from broadsheet.core.llm.backends.rules import ScriptedLLM

    class Dish(BaseModel):
        spicy: bool

    heard = []
    llm = ScriptedLLM(lambda request: heard.append(request.messages[-1].content) or ('{"wrong": true}' if len(heard) == 1 else '{"spicy": true}'))
    store = Store(tmp_path / "store.sqlite")
    for _ in range(2):
        (result,) = Client(llm, store).run([Request.ask("Is it hot?", output=Dish)])
        assert result.value == Dish(spicy=True)
        assert len(heard) == 2
    store.close()
