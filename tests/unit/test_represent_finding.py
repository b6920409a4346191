"""One order of nearness and of words: against every item scored, under a filter, and however many are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import unit
from broadsheet.core.errors import RecordError
from broadsheet.core.index import IndexConfig, build_index
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.represent import finding
from broadsheet.represent.finding import WEIGHT, Finder, Words

SAID = ["moss and fern", "fern", "a fern of the moss", "ivy", "", "moss", "the ivy and the moss", "oak"]


def shelf(texts):
    return Catalogue(
        Item(id=f"i{number}", title=f"Plant {number}", text=text, creators=("Ada Quill",) if number == 7 else ()) for number, text in enumerate(texts)
    )


def finder(texts=SAID, kind="exact", count=8):
    vectors = unit(generator(0, "finding").normal(size=(len(texts), count)).astype(np.float32))
    items = shelf(texts)
    return Finder(build_index(list(items.ids), vectors, IndexConfig(kind=kind)), items), vectors


def asked(width=8, count=1):
    return unit(generator(1, "finding").normal(size=(count, width)).astype(np.float32))


def test_a_rare_word_comes_first_whatever_the_vectors_say():
    made, vectors = finder()
    made.weight = 3
    best = made.find(-vectors[7:], ["oak"], 3).near[0][0]
    assert (best.id, best.words) == ("i7", 1)
    assert best.cosine == pytest.approx(-1, abs=1e-3)


@pytest.mark.parametrize("text", ["Ada Quill", "quill", "i7", "OAK", "plant oak"])
def test_creators_ids_and_any_case_are_words(text):
    made, _ = finder()
    best = max(made.find(asked(), [text], 8).near[0], key=lambda one: one.words)
    assert (best.id, best.words) == ("i7", 1.0)


def test_a_word_is_worth_as_much_as_it_is_rare_and_a_word_of_all_nothing():
    shares = Words(list(shelf(SAID))).shares("the fern and the oak plant")
    assert 0 < shares[1] < shares[7] < 1
    assert shares[1] + shares[7] == pytest.approx(1)
    assert shares[3] == 0
    assert Words(list(shelf(SAID))).shares("oak tree")[7] == pytest.approx(0.4065, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("MI-9999", ("MI-9999",)),
        ("an oak (MI-9999, or B2?)", ("MI-9999", "B2")),
        ("MI-9999 mi-9999", ("MI-9999", "mi-9999")),
        ("I7, plant 3 and nowhere", ()),
        ("170.00", ()),
        ("171.00", ("171.00",)),
        ("zzzz, qqqq", ("zzzz", "qqqq")),
        ("", ()),
    ],
)
def test_a_word_with_a_digit_that_no_item_holds_is_told_as_it_is_written(text, absent):
    items = [one.model_copy(update={"attributes": {"price_eur": "170.00", "sold": True}}) for one in shelf(SAID)]
    assert Words(items).absent(text) == absent
    assert Words([]).absent("MI-9999") == ("MI-9999",)


@pytest.mark.parametrize("text", ["", "plant", "nowhere", "?!"])
def test_without_a_word_that_tells_items_apart_the_order_is_the_index(text):
    made, _ = finder()
    query = asked()
    assert [one.id for one in made.find(query, [text], 5).near[0]] == made.index.search(query, 5).ids[0]


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_every_score_is_what_its_words_say(kind):
    pytest.importorskip("faiss", reason="faiss is not installed: pip install faiss-cpu")
    made, vectors = finder(SAID * 16, kind)
    query = asked(count=3)
    texts = ["moss fern", "", "ivy"]
    answers = made.find(query, texts, 100)
    words = Words(list(shelf(SAID * 16)))
    for row, (text, near) in enumerate(zip(texts, answers.near, strict=True)):
        scores = vectors @ query[row] + WEIGHT * words.shares(text)
        assert [one.score for one in near] == pytest.approx(sorted(scores.tolist(), reverse=True)[:100], abs=2e-2)
        assert all(one.score == pytest.approx(one.cosine + WEIGHT * one.words) for one in near)
    assert answers.how.endswith("and their words")


def test_a_filter_holds_for_words_too():
    made, _ = finder()
    answers = made.find(asked(), ["oak"], 5, ["i0", "i1", "gone"])
    assert {one.id for one in answers.near[0]} == {"i0", "i1"}
    assert answers.unknown == ("gone",)
    with pytest.raises(RecordError):
        made.find(asked(), ["oak"], 5, np.ones(3, dtype=bool))


@given(st.integers(1, 60), st.integers(1, 30), st.sampled_from(["moss", "moss fern", "ivy oak", ""]))
def test_the_first_ones_are_the_same_however_many_are_asked_for(k, heard, text):
    made, _ = finder(SAID * 8)
    query = asked()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "HEARD", heard)
        whole = made.find(query, [text], 64).near[0]
        assert made.find(query, [text], k).near[0] == whole[:k]
    assert len({one.id for one in whole}) == 64


def test_of_items_that_hold_as_much_the_first_are_heard(monkeypatch):
    monkeypatch.setattr(finding, "HEARD", 3)
    made, _ = finder(["ivy", "moss", "moss", "moss", "moss", "moss fern", "oak", "ivy"])
    near = made.find(asked(), ["moss fern"], 8).near[0]
    assert {one.id for one in near if one.words} == {"i1", "i2", "i5"}
    assert len(near) == 8


def test_an_item_that_says_nothing_in_vectors_is_found_by_its_words():
    items = shelf(["", "ivy", "oak"])
    index = build_index(list(items.ids), np.array([[1, 0], [0.6, 0.8], [0, 0]], dtype=np.float32))
    made = Finder(index, items)
    assert [one.id for one in made.find(np.array([[0.0, -1.0]]), ["oak"], 3).near[0]] == ["i2", "i0", "i1"]
    assert [one.id for one in made.find(np.array([[0.0, -1.0]]), ["fern"], 3).near[0]] == ["i0", "i1", "i2"]


def test_a_catalogue_without_a_word_is_searched_all_the_same():
    items = Catalogue([Item(id="?", title="!")])
    near = Finder(build_index(["?"], np.ones((1, 1), dtype=np.float32)), items).find(np.ones((1, 1)), ["moss"], 3).near[0]
    assert [(one.id, one.words) for one in near] == [("?", 0)]


MILLS = (("Garnhaus Müller", "50 g"), ("Søndergård", "100 g"), ("Łódź Wełna & Æbler", "2021-02-01"), ("Peak & Fell", "yes"))


@pytest.mark.parametrize(
    ("text", "row"),
    [("Garnhaus", 0), ("muller", 0), ("Müller", 0), ("Sondergard", 1), ("SØNDERGÅRD", 1), ("lodz welna", 2), ("Æbler", 2), ("aebler", 2), ("fell", 3)],
)
def test_a_short_text_among_attributes_is_searched_with_or_without_accents(text, row):
    items = [Item(id=f"y{at}", title="Yarn", attributes={"mill": mill, "other": other}) for at, (mill, other) in enumerate(MILLS)]
    words = Words(items)
    assert words.absent(text) == ()
    assert words.shares(text).argmax() == row
    assert words.shares(text)[row] == pytest.approx(1)


def test_what_is_no_name_among_attributes_finds_nothing():
    held = {"size": "50 g", "since": "2021-02-01T10:00:00Z", "washable": "yes", "story": "stormy " * 20, "site": "https://mill.example/stormy", "count": 7}
    words = Words([Item(id="y1", title="Yarn", attributes=held), Item(id="y2", title="Wool")])
    assert not words.shares("yes stormy mill 50 2021-02-01T10 7").any()
    assert words.absent("stormy") == ("stormy",)
    assert words.absent("2021-02-01T10 50") == ()


def test_titles_and_creators_are_folded_as_the_query_is():
    words = Words([Item(id="a", title="Straße", creators=("Jørgen Œuvrard",)), Item(id="b", title="Road")])
    assert [words.shares(text)[0] for text in ("strasse", "Straße", "Jorgen", "jørgen", "oeuvrard")] == [1.0] * 5
