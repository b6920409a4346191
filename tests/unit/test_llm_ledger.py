"""The ledger of calls on both databases: written ahead, summed up, forgotten."""

import asyncio
from contextlib import closing

import pytest

from broadsheet.core.llm import Client, Request
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.llm.ledger import Kind, Ledger, State
from broadsheet.core.llm.port import Reply
from broadsheet.core.store import Store


@pytest.fixture
def store(database):
    with closing(Store(database)) as opened:
        yield opened


def row(ledger: Ledger, key: str, **facts) -> dict:
    known = {"item": key, "key": key, "attempt": 1, "kind": Kind.CALL, "state": State.BEGUN, "backend": "b", "model": "m", "purpose": "p"}
    return ledger.next_row(**known, **facts)


async def two_calls(ledger: Ledger) -> None:
    """One call that ends, and one that nobody sees the end of."""
    paid, lost = row(ledger, "paid"), row(ledger, "lost")
    await asyncio.gather(ledger.add(paid), ledger.add(lost))
    end = {"state": State.PAID, "prompt_tokens": 7, "completion_tokens": 2, "cost": 0.25, "answered_by": "m-1", "seconds": 0.5}
    await ledger.finish({**paid, **end}, Reply(text="Zoë — 論文 \x00 \n"))


def test_a_call_is_known_by_what_was_seen_of_it(store):
    ledger = Ledger(store)
    asyncio.run(two_calls(ledger))
    known = asyncio.run(_known(ledger))
    assert set(known) == {"paid", "lost"}
    assert (known["paid"].reply.text, known["paid"].in_doubt) == ("Zoë — 論文 \x00 \n", False)
    assert (known["lost"].reply, known["lost"].in_doubt) == (None, True)
    summary = ledger.summary("b", "m")
    assert (summary.calls, summary.in_doubt, summary.prompt_tokens, summary.cost, summary.answered_by) == (2, 1, 7, 0.25, ("m-1",))
    assert [(one["key"], one["answered"]) for one in ledger.in_doubt()] == [("lost", False)]
    assert all(one["at"].utcoffset().total_seconds() == 0 for one in ledger.rows(run=ledger.run))
    assert ledger.forget(["paid", "never"]) == 1
    assert asyncio.run(_known(ledger))["paid"].reply is None


async def _known(ledger: Ledger) -> dict:
    known = await ledger.known(["paid", "lost", "never"])
    await ledger.close()
    return known


def test_what_was_answered_once_is_not_asked_again(store):
    heard = []
    llm = ScriptedLLM(lambda request: heard.append(request.messages[-1].content) or request.messages[-1].content.upper())
    for names in ("abc", "cbad"):
        assert [result.value for result in Client(llm, store).run([Request.ask(name) for name in names])] == list(names.upper())
    assert sorted(heard) == list("abcd")
