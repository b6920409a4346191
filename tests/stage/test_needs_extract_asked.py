"""A language model reads whole posts, through the port and against the double: calls counted, failures named, nothing asked twice."""

import json

import polars as pl
import pytest

from broadsheet.core.llm import Budget, Client, Limits, open_llm
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.schema import Columns
from broadsheet.core.store import Store
from broadsheet.needs.extract.asked import AskedExtractor
from broadsheet.needs.extract.run import extract
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.sample.llm import Faults, LLMServer

TAXONOMY = open_taxonomy()
EMPTY = {"mentions": [], "age": None, "income": None, "stress": None, "risk": None, "orders": []}
POSTS = [
    ("p1", "ana", "Hello all. The landlord wants the rent today and I can't pay it. Mail me at ana@example.org."),
    ("p2", "bo", "Good day. I am 41 and the card debt grows each month."),
    ("p3", "ana", "It rained all week. Nothing else to say, really."),
    ("p4", "cy", "It rained all week. Nothing else to say, really."),
]


def answer(text):
    """What the double says of a post: one thing that stands there, one that does not."""
    said = dict(EMPTY, mentions=[])
    for words, need in (("wants the rent today", "housing_at_risk"), ("the card debt grows", "card_balance")):
        if words in text:
            made_up = {"need": need, "polarity": "lack", "horizon": "now", "confidence": 0.9}
            said["mentions"] += [{"quotes": [words], **made_up}, {"quotes": ["nobody wrote this here"], **made_up}]
    if "I am 41" in text:
        said["age"] = {"quote": "I am 41 and", "value": 41}
    return json.dumps(said)


def server(**settings):
    return LLMServer(lambda body: answer(body["messages"][1]["content"]), **settings)


def frame(rows=POSTS):
    return pl.DataFrame([(post, author, 0, text) for post, author, text in rows], schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT], orient="row")


def extractor(url, tmp_path, **settings):
    limits = Limits(retries=1, backoff=0.001, timeout=settings.pop("timeout", 20.0))
    client = Client(open_llm(f"openai:m@{url}"), Store(tmp_path / "store.sqlite"), limits=limits, **{k: v for k, v in settings.items() if k == "budget"})
    return AskedExtractor(TAXONOMY, client, b"k" * 32, **{k: v for k, v in settings.items() if k != "budget"})


def write(path, rows=POSTS):
    path.write_text("\n".join(json.dumps({"id": post, "author": author, "at": 0, "text": text}) for post, author, text in rows))
    return path


def test_posts_become_checked_mentions_and_the_same_text_is_asked_once(tmp_path):
    with server() as double:
        made = extractor(double.url, tmp_path)
        found = made(frame())
        assert double.served.calls == 3
    assert found.mentions.select(Columns.POST, Columns.NEED, Columns.LEVEL, Columns.TEXT).rows() == [
        ("p1", "housing_at_risk", "survival", "wants the rent today"),
        ("p2", "card_balance", "debt_credit", "the card debt grows"),
    ]
    assert found.rejected.select(Columns.POST, Columns.REASON).rows() == [("p1", "not_verbatim"), ("p2", "not_verbatim")]
    assert found.facts.select(Columns.KIND, Columns.VALUE).rows() == [("age", 41.0)]
    assert found.mentions[Columns.EXTRACTOR].unique().to_list() == ["openai: m"]
    assert found.rejected[Columns.PROMPT_HASH].unique().to_list() == [made.prompt_hash]
    assert found.posts[Columns.FAULT].to_list() == [""] * 4
    assert made.counts(found) == {"said": 5.0, "made_up": 2.0, "made_up_share": 0.4}
    assert found.asked[Columns.CALL].n_unique() == 3


def test_what_is_sent_and_stored_has_no_personal_data(tmp_path):
    sent = []
    with LLMServer(lambda body: sent.append(json.dumps(body)) or answer(body["messages"][1]["content"])) as double:
        made = extractor(double.url, tmp_path)
        found = made(frame())
        made.client.ledger._store.close()
    assert "[EMAIL]" in "".join(sent)
    written = "".join(sent) + "".join(one.write_json() for one in found)
    assert "ana@example.org" not in written
    assert '"ana"' not in written
    assert all(b"ana@example.org" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_post_without_an_answer_stays_and_says_why(tmp_path):
    with server(faults=Faults(first=("refusal",)), latency=0.0) as double:
        found = extractor(double.url, tmp_path)(frame(POSTS[:1]))
    assert found.posts.select(Columns.POST, Columns.FAULT).rows() == [("p1", "refusal")]
    assert found.mentions.is_empty()
    with server(faults=Faults({"stall": 1.0}), stall=5.0) as double:
        made = extractor(double.url, tmp_path, timeout=0.05)
        found = made(frame(POSTS[1:2]))
    assert made.counts(found)["unlabelled timeout"] == 1.0


def test_a_budget_ends_the_calls_and_the_next_run_asks_only_the_rest(tmp_path):
    with server() as double:
        made = extractor(double.url, tmp_path, budget=Budget(calls=1))
        found = made(frame())
        assert made.counts(found)["unlabelled budget"] == 3.0
        again = extractor(double.url, tmp_path)
        assert again.counts(again(frame())) == {"said": 5.0, "made_up": 2.0, "made_up_share": 0.4}
        assert double.served.calls == 3
        assert double.served.twice == 0


def test_a_long_post_is_asked_in_parts_and_places_are_of_the_post(tmp_path):
    text = " ".join(["It rained all week, and then some more."] * 30 + [POSTS[1][2]] + ["Nothing else to say, really."] * 30)
    with server() as double:
        found = extractor(double.url, tmp_path, part=600)(frame([("p", "ana", text)]))
        assert len(found.asked) == 4
        assert double.served.calls == found.asked[Columns.CALL].n_unique()
    (row,) = found.mentions.iter_rows(named=True)
    assert text[row[Columns.START] : row[Columns.END]] == "the card debt grows"


def test_batches_give_what_all_together_gives(tmp_path):
    with server() as double:
        made = extractor(double.url, tmp_path)
        whole, parts = made(frame()), [made(frame([row])) for row in POSTS]
    for name in whole._fields:
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name)), name


def test_a_second_run_pays_for_nothing_and_writes_the_same_bytes(tmp_path):
    posts = write(tmp_path / "posts.jsonl")
    with server() as double:
        made = [extract(posts, tmp_path / f"out{number}", extractor(double.url, tmp_path)) for number in range(2)]
        assert double.served.calls == 3
    assert made[0].manifest == made[1].manifest
    line = json.loads((tmp_path / "out0" / "mentions.jsonl").read_text().splitlines()[0])
    assert [span["text"] for span in line["evidence"]] == ["wants the rent today"]
    assert json.loads((tmp_path / "out0" / "facts.jsonl").read_text())["value"] == 41.0
    assert made[0].manifest.metrics["made_up"] == 2.0
    assert made[0].manifest.config["prompt"]


@pytest.mark.parametrize("command", [False, True], ids=["extractor", "needs run"])
def test_two_answers_that_do_not_fit_are_three_calls_in_the_ledger(tmp_path, here, command):
    from broadsheet.core.llm import Ledger

    posts = write(tmp_path / "posts.jsonl", POSTS[:1])
    with server(faults=Faults(first=("invalid", "invalid"))) as double:
        if command:
            words = ("--extractor", "llm", "--llm", f"openai:m@{double.url}", "--store", "store.sqlite")
            done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", *words)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("1 needs in 1 posts, 1 rejected, 1 of all 2 statements (50.0%) for words that are not in the post")
        else:
            extract(posts, tmp_path / "needs", extractor(double.url, tmp_path))
        served = double.served
    store = Store(tmp_path / "store.sqlite")
    rows = Ledger(store).rows()
    store.close()
    assert [(row["kind"], row["state"]) for row in rows] == [("call", "paid"), ("repair", "paid"), ("repair", "paid")]
    assert served.calls == 3
    assert sum(row["prompt_tokens"] for row in rows) == served.prompt_tokens
    assert sum(row["completion_tokens"] for row in rows) == served.completion_tokens
    assert pl.read_parquet(tmp_path / "needs" / "mentions.parquet").height == 1


def test_rules_are_named_as_rules_and_recordings_give_the_same(tmp_path, here):
    write(tmp_path / "posts.jsonl")
    said = answer(POSTS[0][2])
    (tmp_path / "rules.toml").write_text(f"[[rules]]\npattern = 'rent'\nreply = '''{said}'''\n[[rules]]\npattern = ''\nreply = '''{json.dumps(EMPTY)}'''\n")
    words = ("needs", "run", "--posts", "posts.jsonl", "--extractor", "llm", "--llm")
    first = here(*words, "scripted:rules.toml", "--record", "said.jsonl", "--out", "one")
    assert "By scripted: rules@" in first.stdout
    second = here(*words, "replay:said.jsonl", "--out", "two")
    assert "By replay: scripted:rules@" in second.stdout
    one, two = (pl.read_parquet(tmp_path / name / "mentions.parquet").drop(Columns.EXTRACTOR) for name in ("one", "two"))
    assert one.equals(two)
    assert "ana@example.org" not in (tmp_path / "said.jsonl").read_text()


def test_what_the_document_shows_runs(tmp_path, here):
    import re
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "needs.md").read_text()
    (tmp_path / "rules.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    write(tmp_path / "posts.jsonl", [("p1", "ana", "Hello all. I know that the rent is due, and it worries me."), *POSTS[1:]])
    for line in re.findall(r"^broadsheet (needs run .*(?:scripted|replay).*)$", page, re.MULTILINE):
        done = here(*line.split())
        assert done.stdout.startswith("1 needs in 4 posts, 0 rejected"), done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--extractor", "lllm"), "Did you mean 'llm'?"),
        (("--extractor", "llm"), "none is named"),
        (("--extractor", "llm", "--llm", "scripted:r.toml", "--labeller", "cues"), "nothing for --labeller cues"),
        (("--labeller", "cues", "--record", "said.jsonl"), "none is named"),
        (("--extractor", "llm", "--llm", "openai:m@http://127.0.0.1:9/v1", "--max-usd", "1"), "has no price"),
    ],
)
def test_options_that_do_not_go_together_get_two_lines(tmp_path, here, words, said):
    write(tmp_path / "posts.jsonl")
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", *words)
    assert done.returncode == 10
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


def test_a_model_on_this_machine_can_be_held_to_the_form():
    from broadsheet.core.llm.acceptor import Acceptor
    from broadsheet.core.llm.json_schema import is_strict, schema_of
    from broadsheet.needs.extract.asking import answer_about

    for name in ("financial", "papers"):
        schema = schema_of(answer_about(open_taxonomy(name)))
        assert is_strict(schema)
        assert json.loads(Acceptor.of(schema).shortest()) == EMPTY


def test_a_rule_in_place_of_a_model_fits_a_pipeline(tmp_path):
    llm = ScriptedLLM(lambda request: answer(request.messages[-1].content))
    made = AskedExtractor(TAXONOMY, Client(llm, Store(tmp_path / "s.sqlite")), b"k" * 32)
    assert len(made(frame()).mentions) == 2
