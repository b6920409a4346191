"""Texts, figures and posts of the world: themes can be told, hidden things cannot, spans are verbatim."""

import re
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from broadsheet.core.schema import Columns as C
from broadsheet.sample.world import world
from broadsheet.sample.world.posting import write_post
from broadsheet.sample.world.solvers.figure import spectrum
from broadsheet.sample.world.vocabulary import table, themes, twins

SEEDS = (0, 1)


@pytest.fixture(scope="module", params=SEEDS)
def made(request):
    return world(readers=20, items=1000, posters=20, seed=request.param)


def predicted(texts: list[str], labels: list[str]) -> float:
    """Accuracy of a text classifier on texts it was not fitted on."""
    guess = cross_val_predict(make_pipeline(TfidfVectorizer(sublinear_tf=True), MultinomialNB(alpha=0.1)), texts, labels, cv=2)
    return float(np.mean(guess == np.asarray(labels)))


def test_words_tell_the_theme_but_not_which_twin(made):
    texts = made.catalogue.texts()
    vocabulary = {theme.name: theme.vocabulary for theme in themes()}
    assert predicted(texts, [vocabulary[item.categories[0]] for item in made.catalogue]) > 0.9
    pair = {themes()[row].name for row, twin in enumerate(twins()) if twin != row and themes()[row].vocabulary == "fog"}
    twin_items = [item for item in made.catalogue if item.categories[0] in pair]
    right = predicted([f"{item.title} {item.text}" for item in twin_items], [item.categories[0] for item in twin_items])
    assert binomtest(round(right * len(twin_items)), len(twin_items)).proportion_ci(0.999).low < 0.55


@pytest.mark.parametrize("gold", ["motif", "role"])
def test_words_tell_neither_motif_nor_part(made, gold):
    # Parts differ in theme, which is no secret, so only papers of the series and the clubs are told apart, within themes.
    papers = made.papers.with_row_index("row")
    if gold == "role":
        papers = papers.filter(pl.col("role").is_in(["series", "feed"]))
        theme = [made.catalogue.items[row].categories[0] for row in papers["row"]]
        series = {t for t, role in zip(theme, papers["role"], strict=True) if role == "series"}
        papers = papers.filter(pl.Series([t in series for t in theme]))
    texts = [made.catalogue.texts()[row] for row in papers["row"]]
    share = papers[gold].value_counts()["count"].max() / len(papers)
    right = predicted(texts, papers[gold].to_list())
    assert binomtest(round(right * len(texts)), len(texts), share, alternative="greater").pvalue > 0.001


def test_figures_tell_the_motif(made):
    by_motif = made.papers.with_row_index("row").filter(pl.col("row") < 200)
    vectors = np.stack([spectrum(made.figures[row]) for row in by_motif["row"]])
    motif = by_motif["motif"].to_numpy()
    centres = {name: vectors[motif == name][::2].mean(axis=0) for name in set(motif)}
    nearest = [min(centres, key=lambda name, v=vector: np.linalg.norm(v - centres[name])) for vector in vectors]
    assert np.mean(np.array(nearest) == motif) > 0.9


def test_items_say_nothing_hidden(made):
    for item in made.catalogue:
        assert item.attributes.keys() <= {"theme", "field", "level"}
        assert ("level" in item.attributes) == (item.categories == ("household-finance",))
        assert item.images == (f"figures/{item.id}.png",)
        assert not re.search(r"\b(rings?|bars?|grids?|waves?)\b", f"{item.title} {item.text}".lower())


def test_texts_are_short_and_whole(made):
    for item in made.catalogue:
        assert 3 <= len(re.findall(r"[.?](?= |$)", item.text)) <= 5
        assert not re.search(r"[{}\[\]]|\s\s|^\s|\s$", item.title + item.text)
        assert item.title[0].isupper()
        assert item.creators
        assert len(set(item.creators)) == len(item.creators)
    assert len({item.title for item in made.catalogue}) > 0.9 * len(made.catalogue)
    assert any(not name.isascii() for item in made.catalogue for name in item.creators)


def test_a_copy_shares_places_but_no_sentence_with_its_original(made):
    for paper in made.papers.drop_nulls("retells").iter_rows(named=True):
        copy, original = made.catalogue.select([paper[C.ITEM], paper["retells"]]).items
        assert not set(re.split(r"(?<=\.) ", copy.text)) & set(re.split(r"(?<=\.) ", original.text))
        assert copy.categories == original.categories
        difference = made.figure(copy.id).astype(int).mean(axis=(0, 1)) - made.figure(original.id).astype(int).mean(axis=(0, 1))
        assert np.abs(difference).max() < 3


def evidence_patterns() -> dict[int, list[re.Pattern[str]]]:
    """The bracketed parts of the templates of each level, as patterns."""
    patterns: dict[int, list[re.Pattern[str]]] = {}
    for number, level in enumerate(table("needs")["level"], 1):
        marked = [re.search(r"\[(.+?)\]", sentence)[1] for sentence in level["sentence"]]
        patterns[number] = [re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(part))) for part in marked]
    return patterns


def test_evidence_stands_in_the_post_letter_by_letter(made):
    patterns = evidence_patterns()
    spans = made.mentions.join(made.posts, on=C.POST)
    assert len(spans) == len(made.mentions) > 300
    for row in spans.iter_rows(named=True):
        span = row[C.TEXT][row[C.START] : row[C.END]]
        assert any(pattern.fullmatch(span) for pattern in patterns[row[C.LEVEL]]), span
        assert len(span) < len(row[C.TEXT])


def test_posts_vary(made):
    texts = made.posts[C.TEXT]
    assert texts.n_unique() > 0.95 * len(texts)
    assert not texts.str.contains(r"[\[\]{}]").any()
    assert 0.02 < texts.str.contains("[“’]").mean() < 0.4
    assert 0.02 < texts.str.contains("[🙂🙏☕📦]").mean() < 0.4
    without = made.posts.join(made.mentions, on=C.POST, how="anti")
    assert 0.2 < len(without) / len(made.posts) < 0.8
    days = made.posts.filter(pl.col(C.CHANNEL) != "desk")[C.AT]
    assert days.max() < made.events[C.AT].min()
    assert (days.max().date() - days.min().date()).days > 120
    assert made.posts[C.AT].is_sorted()
    assert days.max().date() < date(2026, 3, 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 7), max_size=12), st.lists(st.integers(0, 2**31 - 1), min_size=64, max_size=64))
def test_every_post_has_its_spans_in_order(levels, draws):
    post = write_post(levels, draws)
    assert [mention.level for mention in post.mentions] == levels
    patterns = evidence_patterns()
    end = 0
    for mention in post.mentions:
        assert end <= mention.start < mention.end <= len(post.text)
        assert any(p.fullmatch(post.text[mention.start : mention.end]) for p in patterns[mention.level])
        end = mention.end
