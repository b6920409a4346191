"""The back end `hf` on a tiny random model: choices by brute force, JSON that always fits, and SmolLM2 where it is installed."""

import asyncio
from enum import StrEnum
from typing import Annotated, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, create_model

from broadsheet.core.backbones.tiny import write_tiny
from broadsheet.core.errors import ConfigError, MissingExtraError, WeightsError
from broadsheet.core.llm import Client, Limits, Reason, Request, open_llm
from broadsheet.core.llm.backends.checkpoint import CheckpointLLM, _draws
from broadsheet.core.llm.reading import Value, read_reply
from broadsheet.core.store import Store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Llama of 0.1 million random weights with its head; its tokenizer has a token for each byte."""
    from transformers import AutoConfig, AutoTokenizer, LlamaForCausalLM

    folder = write_tiny("llama", tmp_path_factory.mktemp("tiny") / "tiny-llama")
    assert AutoTokenizer.from_pretrained(folder).eos_token_id is None
    torch.manual_seed(0)
    LlamaForCausalLM(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def llm(folder):
    return open_llm(f"hf:{folder}")


def ask(llm, request):
    return asyncio.run(llm.complete(request))


def brute(llm, prompt, label):
    """The log-probability of a label and the end of the turn, token by token, each in a pass of its own."""
    total, ids = 0.0, llm._prompt(prompt.messages)
    for token in [*llm._tokenizer.encode(label, add_special_tokens=False), min(llm._ends)]:
        with torch.inference_mode():
            total += llm._network(input_ids=torch.tensor([ids])).logits[0, -1].log_softmax(-1)[token].item()
        ids = [*ids, token]
    return total


@settings(max_examples=15)
@given(st.lists(st.text("abc é", min_size=1, max_size=6).map(str.strip).filter(bool), min_size=1, max_size=5, unique=True), st.integers(0, 9))
def test_a_choice_is_scored_as_brute_force_scores_it(llm, choices, number):
    request = Request.ask(f"question {number}", choices=tuple(choices))
    reply = ask(llm, request)
    scores = torch.tensor([brute(llm, request, choice) for choice in choices], dtype=torch.float64)
    assert [reply.logprobs[choice] for choice in choices] == pytest.approx(scores.log_softmax(0).tolist(), abs=1e-4)
    assert reply.text == max(reply.logprobs, key=reply.logprobs.get)
    assert reply.held == "scores"
    assert isinstance(read_reply(request, reply), Value)


class Level(StrEnum):
    LOW = "low"
    HIGH = 'hé"gh'


kinds = st.sampled_from(
    [
        *(str, int, float, bool, Level, Literal["a", "ab"], list[int], list[bool], create_model("Inner", a=(str, ...), b=(int | None, None))),
        Annotated[str, Field(min_length=2, max_length=4)],
        Annotated[float, Field(ge=0, le=1)],
        Annotated[list[str], Field(min_length=1, max_length=2)],
    ]
)


@settings(max_examples=25)
@given(
    st.dictionaries(st.sampled_from("abc"), kinds, min_size=1, max_size=3),
    st.integers(0, 30),
    st.sampled_from([0.0, 1.0, 3.0]),
    st.integers(0, 99),
)
def test_what_comes_out_under_the_mask_always_fits(llm, fields, more, temperature, seed):
    model = create_model("Made", **{name: (kind, ...) for name, kind in fields.items()})
    least = Request.ask("x", output=model, max_tokens=1)
    with pytest.raises(ConfigError, match="shortest answer") as error:
        ask(llm, least)
    needed = int(error.value.mend.split("of ")[1].split(" ")[0])
    request = Request.ask("x", output=model, max_tokens=needed + more, temperature=temperature, seed=seed)
    reply = ask(llm, request)
    assert isinstance(read_reply(request, reply), Value), reply.text
    assert (reply.finish, reply.held) == ("stop", "mask")
    assert reply.completion_tokens <= request.max_tokens
    assert ask(llm, request) == reply, "the same seed, the same answer"


def test_draws_without_what_is_struck_out_are_draws_from_what_is_left():
    logits, dice = torch.tensor([2.0, 1.0, 0.0, -1.0]), torch.Generator().manual_seed(0)
    struck, counts, many = {0, 3}, torch.zeros(4), 4000
    for _ in range(many):
        counts[next(token for token in _draws(logits, 1.0, dice) if token not in struck)] += 1
    expected = torch.tensor([1.0, 0.0]).softmax(0)
    assert counts[[1, 2]].div(many).tolist() == pytest.approx(expected.tolist(), abs=0.03)
    assert list(_draws(logits, 0.0, dice)) == [0, 1, 2, 3]


def test_free_text_is_what_transformers_generates(llm):
    request = Request.ask("a question", max_tokens=12)
    prompt = torch.tensor([llm._prompt(request.messages)])
    with torch.inference_mode():
        made = llm._network.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=12, do_sample=False, eos_token_id=sorted(llm._ends))
    reply = ask(llm, request)
    assert reply.text == llm._tokenizer.decode(made[0, prompt.shape[1] :], skip_special_tokens=True)
    assert reply.prompt_tokens == prompt.shape[1]


def test_its_calls_stand_in_the_ledger_under_its_name(llm, folder, tmp_path):
    store = Store(tmp_path / "store.sqlite")
    client = Client(llm, store, limits=Limits(in_flight=4))
    results = client.run([Request.ask(f"q{number}", choices=("yes", "no")) for number in range(8)])
    store.close()
    assert all(result.value in {"yes", "no"} for result in results)
    assert {(row["backend"], row["model"], row["answered_by"]) for row in client.ledger.rows()} == {("hf", llm.model, llm.model)}
    assert llm.model.startswith("tiny-llama@")
    assert client.summary().cost is None


def test_a_folder_without_a_checkpoint_or_without_a_head(tmp_path):
    with pytest.raises(MissingExtraError, match=r"no config\.json"):
        CheckpointLLM(tmp_path)
    with pytest.raises(WeightsError, match=r"lm_head"):
        CheckpointLLM(write_tiny("llama", tmp_path / "headless"))


@pytest.mark.usefixtures("smollm2")
def test_smollm2_answers_a_choice_and_json():
    llm = open_llm("smollm2")
    assert (llm.name, llm.model) == ("smollm2", "smollm2-135m-instruct")
    assert ask(llm, Request.ask("What is the capital of France?", choices=("Paris", "London", "a soup"))).text == "Paris"
    request = Request.ask("I owe 500 dollars. Say so in JSON.", output=create_model("Debt", owed=(int, ...), to=(str | None, None)), max_tokens=24)
    assert isinstance(read_reply(request, ask(llm, request)), Value)


def test_a_prompt_that_is_too_long_fails_alone_and_calls_wait_for_each_other_not_for_the_clock(llm, tmp_path):
    store = Store(tmp_path / "store.sqlite")
    client = Client(llm, store, limits=Limits(in_flight=16))
    long = Request.ask("word " * 600, choices=("yes", "no"))
    first, last = client.run([long, Request.ask("short", choices=("yes", "no"))])
    store.close()
    assert (first.failure.reason, last.failure) == (Reason.REJECTED, None)
    assert "reads 2048" in first.failure.what
    assert llm.at_once == 1
