"""Language models as labellers, through the port: every call in the ledger, failures named, and only what is unsure is asked."""

import json

import polars as pl

from broadsheet.core.llm import Budget, Client
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.store import Store
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.extract.run import extract
from broadsheet.needs.label.asked import AskedLabeller, UnsureAsked
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.taxonomy import open_taxonomy

TAXONOMY = open_taxonomy()
RULES = [
    ("rent", '{"choice": "survival"}'),
    ("pension", '{"choice": "retirement_investing"}'),
    ("^gibberish", "what?"),
    ("^(nothing|Hello)", '{"choice": "none"}'),
]


def client(tmp_path, **settings):
    return Client(ScriptedLLM(RULES), Store(tmp_path / "store.sqlite"), **settings)


class Half:
    """A labeller that is sure of what it knows, and of nothing else."""

    name = "half"

    def __call__(self, texts):
        import numpy as np

        names = (*(level.id for level in TAXONOMY.levels), NONE)
        rows = np.full((len(texts), len(names)), 1 / len(names))
        for row, text in zip(rows, texts, strict=True):
            if "sure" in text:
                row[:] = [float(name == "debt_credit") for name in names]
        return Labels(names, rows)

    def needs(self, texts):
        return ["card_balance" if "sure" in text else "housing_at_risk" for text in texts]


def test_levels_are_those_that_the_model_names_and_it_is_named(tmp_path):
    made = AskedLabeller(TAXONOMY, client(tmp_path))
    assert made(["the rent is due", "a pension", "nothing"]).best == ["survival", "retirement_investing", "none"]
    assert made.name.startswith("scripted: rules@")
    assert made.client.summary().calls == 3
    assert not any(prototype in made.prompt for level in TAXONOMY.levels for prototype in level.prototypes)


def test_what_gets_no_answer_has_no_label_and_is_counted(tmp_path):
    made = AskedLabeller(TAXONOMY, client(tmp_path, budget=Budget(calls=4)))
    assert made(["gibberish", "the rent"]).best[0] == ""
    assert sum(made.failures.values()) >= 1
    assert made.client.summary().calls <= 4


def test_only_what_the_first_is_unsure_of_is_asked(tmp_path):
    made = UnsureAsked(Half(), AskedLabeller(TAXONOMY, client(tmp_path)), 0.8)
    assert made(["sure thing", "the rent", "gibberish"]).best == ["debt_credit", "survival", "survival"]
    assert made.sent == 2
    assert made.needs(["sure thing", "the rent", "a pension"]) == ["card_balance", "housing_at_risk", "retirement_investing"]
    assert "half; scripted" in made.name


def test_a_second_run_pays_for_nothing_and_writes_the_same_bytes(tmp_path):
    posts = tmp_path / "posts.jsonl"
    rows = [{"id": str(n), "author": "ana", "at": n, "text": f"Hello there. The rent of month {n} is due."} for n in range(6)]
    posts.write_text("\n".join(map(json.dumps, rows)))
    made = []
    for number in range(2):
        asked = client(tmp_path)
        labeller = UnsureAsked(Half(), AskedLabeller(TAXONOMY, asked), 0.8)
        made.append(extract(posts, tmp_path / f"out{number}", Extractor(TAXONOMY, labeller, b"k" * 32)))
        assert asked.summary().calls == (7 if number == 0 else 0)
    assert made[0].manifest == made[1].manifest
    mentions = pl.read_parquet(tmp_path / "out0" / "mentions.parquet")
    assert mentions["level"].to_list() == ["survival"] * 6
    assert made[0].manifest.metrics["sent"] == 7
