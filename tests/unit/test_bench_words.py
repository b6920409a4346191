"""The bench of search by names and titles: what is asked of which half, what it finds, and what it refuses."""

import numpy as np
import pytest
from tests.embedders import Plain

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import unit
from broadsheet.core.errors import RecordError
from broadsheet.core.schema import Item
from broadsheet.represent.bench.words import ARMS, BOTH, COSINE, NAMES, TFIDF, TITLES, WordsPlan, bench_words
from broadsheet.represent.finding import WEIGHT

BLIND = Plain(lambda texts: unit(np.stack([np.random.default_rng(list(text.encode())).normal(size=16).astype(np.float32) for text in texts])))
"""To it every text is another direction, whatever it says."""


@pytest.fixture
def catalogue():
    return Catalogue(Item(id=f"i{n}", title=f"KEY{n}: on moss {n}", text=f"of moss, as key{n} has it") for n in range(60))


def test_names_are_found_by_words_where_vectors_are_blind(catalogue, tmp_path):
    bench = bench_words(catalogue, BLIND, WordsPlan(queries=20, seeds=2), tmp_path, "broadsheet bench represent-words")
    rows = {row["name"]: row for row in bench.rows}
    assert list(rows) == [f"{data}: {arm}" for data in (NAMES, TITLES) for arm in (COSINE, f"{BOTH}, {WEIGHT:g}", TFIDF)]
    assert rows[f"{NAMES}: {TFIDF}"]["hit@1"] == 1
    assert rows[f"{NAMES}: {COSINE}"]["mrr@10"] < rows[f"{NAMES}: {BOTH}, {WEIGHT:g}"]["mrr@10"]
    assert all(row["queries"] == 40 and row["mrr@10_lo"] <= row["mrr@10"] <= row["mrr@10_hi"] for row in rows.values())
    assert bench.data["half"] == "test"
    assert bench_words(catalogue, BLIND, WordsPlan(queries=20, seeds=2), tmp_path, bench.command).rows == bench.rows


def test_weights_are_tried_on_the_other_half(catalogue, tmp_path):
    plan = WordsPlan(queries=60, seeds=1, weights=(0.1, 4.0), arms=(BOTH,))
    bench = bench_words(catalogue, BLIND, plan, tmp_path, "broadsheet bench represent-words --weight 0.1 --weight 4")
    tried = {row["name"]: row for row in bench.rows}
    assert tried[f"{NAMES}: {BOTH}, 4"]["hit@1"] == 1
    assert bench.data["half"] == "validation"
    tested = bench_words(catalogue, BLIND, plan._replace(weights=()), tmp_path, bench.command)
    assert tested.rows[0]["queries"] + bench.rows[0]["queries"] == 60


def test_a_catalogue_without_titles_and_texts_is_refused(tmp_path):
    with pytest.raises(RecordError, match="No item has a title and a text"):
        bench_words(Catalogue([Item(id="a", title="moss")]), BLIND, WordsPlan(arms=ARMS), tmp_path, "broadsheet bench represent-words")
