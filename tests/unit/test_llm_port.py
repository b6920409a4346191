"""Requests, their keys, and what a reply says."""

import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from broadsheet.core.errors import ConfigError, LLMError, PatternError, RecordError, SourceNotFoundError
from broadsheet.core.llm import Message, Reply, Request, call_key, open_llm
from broadsheet.core.llm.backends.recording import ReplayLLM
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.llm.faults import Reason, error_of
from broadsheet.core.llm.reading import Fault, Value, as_asked, read_reply, repaired


class Dish(BaseModel):
    """What programmers read and models do not."""

    name: str
    price: float = 0.0


def test_importing_the_port_imports_no_sdk():
    code = "import sys, broadsheet, broadsheet.core.llm; print([m for m in ('openai', 'torch', 'transformers', 'httpx', 'numpy.testing') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_key_changes_with_all_that_changes_the_answer_and_with_nothing_else():
    base = Request.ask("soup", system="be brief", output=Dish)
    others = [
        Request.ask("Soup", system="be brief", output=Dish),
        Request.ask("soup", output=Dish),
        Request.ask("soup", system="be brief"),
        Request.ask("soup", system="be brief", choices=("a", "b")),
        Request.ask("soup", system="be brief", choices=("b", "a")),
        *(base.model_copy(update=change) for change in ({"max_tokens": 9}, {"temperature": 1.0}, {"temperature": None}, {"seed": 1})),
    ]
    keys = {request.key for request in (base, *others)}
    assert len(keys) == len(others) + 1
    assert base.model_copy(update={"purpose": "extraction"}).key == base.key
    one, other = ScriptedLLM([("", "a")], model="one"), ScriptedLLM([("", "a")], model="other")
    assert call_key(one, base) != call_key(other, base)


def test_messages_cannot_run_into_each_other():
    one = Request(messages=(Message(role="user", content="a"), Message(role="user", content="b")))
    assert one.key != Request.ask('a"], ["user", "b').key


@pytest.mark.parametrize(
    "settings", [{"choices": ("a", "a")}, {"choices": (" a",)}, {"choices": ("",)}, {"choices": ("a",), "output": Dish}, {"max_tokens": 0}]
)
def test_a_form_that_cannot_be_answered_is_refused(settings):
    with pytest.raises(ValidationError):
        Request.ask("soup", **settings)


@pytest.mark.parametrize("text", ["soup", "ünïcödé 汤", "x" * 5000])
def test_the_bound_of_a_prompt_is_above_any_tokenizers_count(text):
    assert Request.ask(text).most_prompt_tokens >= len(text.encode())


@pytest.mark.parametrize(
    "text",
    ['{"name": "soup", "price": 3}', '```json\n{"name": "soup", "price": 3}\n```', ' ```\n{"name": "soup",\n"price": 3}```\n', ' {"name":"soup","price":3}\n'],
)
def test_json_is_read_bare_or_in_one_fence(text):
    assert read_reply(Request.ask("x", output=Dish), Reply(text=text)) == Value(Dish(name="soup", price=3))


@pytest.mark.parametrize(
    "text",
    [
        'Here you are: {"name": "soup"}',
        '```json\n{"name": "soup"}\n```\n```json\n{"name": "bread"}\n```',
        '{"name": "soup"} {"name": "bread"}',
        '{"price": 3}',
        '{"name": "so',
        "",
    ],
)
def test_anything_else_is_a_fault_that_asking_again_may_mend(text):
    request = Request.ask("x", output=Dish)
    fault = read_reply(request, Reply(text=text))
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.mends) == (Reason.INVALID, True)
    again = repaired(request, Reply(text=text), fault)
    assert [message.role for message in again.messages] == ["user", "assistant", "user"]
    assert fault.what in again.messages[-1].content
    assert again.key != request.key


@pytest.mark.parametrize("text", ["debt", " debt\n", '"debt"', '{"choice": "debt"}', '```\n{"choice": "debt"}\n```'])
def test_a_choice_is_the_bare_words_or_the_one_field(text):
    assert read_reply(Request.ask("x", choices=("debt", "none")), Reply(text=text)) == Value("debt")


@pytest.mark.parametrize("text", ["Debt", "debt.", "debt or none", '{"choice": "rent"}', '{"choice": "debt", "why": ""}', '{"choice": ["debt"]}', '{"choice'])
def test_no_choice_is_guessed(text):
    assert read_reply(Request.ask("x", choices=("debt", "none")), Reply(text=text)).reason is Reason.INVALID


def test_a_reply_that_was_cut_and_a_refusal_are_not_asked_again():
    request = Request.ask("x", output=Dish)
    cut = read_reply(request, Reply(text='{"name": "a"}', finish="length", completion_tokens=3))
    refused = read_reply(request, Reply(text="I cannot", finish="refusal"))
    assert (cut.reason, cut.mends, refused.reason, refused.mends) == (Reason.TRUNCATED, False, Reason.REFUSAL, False)


def test_the_form_in_words_stands_behind_the_last_message():
    asked = as_asked(Request.ask("x", system="s", output=Dish))
    assert asked[0].content == "s"
    assert '"price"' in asked[1].content
    assert "What programmers read" not in asked[1].content
    assert as_asked(Request.ask("x")) == Request.ask("x").messages


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_an_error_of_the_family(reason):
    assert isinstance(error_of(reason, "What.", "Mend."), LLMError)


@pytest.mark.parametrize(
    "spec",
    ["opnai:m", "openai", "openai:", "smollm2:3", "hf:", "replay", "gpt", "openai:m@http://", "openai:m@http://a:b@host/v1", "openai:m@http://h/v1?key=s"],
)
def test_a_name_that_is_none_is_two_lines(spec):
    with pytest.raises(ConfigError) as error:
        open_llm(spec)
    assert len(str(error.value).splitlines()) == 2
    assert ":b@" not in str(error.value)


def test_rules_from_a_file(tmp_path):
    (tmp_path / "rules.toml").write_text('[[rules]]\npattern = "soup"\nreply = {name = "soup", price = 3}\n[[rules]]\npattern = ""\nreply = "none"\n')
    llm = open_llm(f"scripted:{tmp_path}/rules.toml")
    assert (llm.name, llm.model) == ("scripted", ScriptedLLM([("soup", {"name": "soup", "price": 3}), ("", "none")]).model)
    assert llm.model != ScriptedLLM([("soup", {"name": "soup", "price": 4}), ("", "none")]).model
    with pytest.raises(PatternError):
        ScriptedLLM([("*", "x")])
    (tmp_path / "rules.toml").write_text('[[rules]]\npatern = "soup"\nreply = "x"\n')
    with pytest.raises(ConfigError, match="pattern"):
        open_llm(f"scripted:{tmp_path}/rules.toml")


def test_a_recording_that_cannot_be_read_or_holds_something_else(tmp_path):
    with pytest.raises(SourceNotFoundError):
        ReplayLLM(tmp_path / "none.jsonl")
    (tmp_path / "odd.jsonl").write_text('{"key": "a"}\n')
    with pytest.raises(RecordError, match=r"odd\.jsonl, line 1"):
        ReplayLLM(tmp_path / "odd.jsonl")


def test_rules_are_named_by_what_they_say():
    def rule(request):
        return [word.upper() for word in request.messages[-1].content.split()]

    def same(request):
        return [word.upper() for word in request.messages[-1].content.split()]

    def other(request):
        return [word.lower() for word in request.messages[-1].content.split()]

    assert ScriptedLLM(rule).model == ScriptedLLM(same).model != ScriptedLLM(other).model
