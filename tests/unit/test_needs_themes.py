"""Themes that are planted are found again among other people; words dealt out, one talkative person and rare words give none."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import ConfigError, EmptySourceError
from broadsheet.needs.posts import Written
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.needs.themes.model import choose, comes_again, dealt, find, lda, overlap, top_words
from broadsheet.needs.themes.run import Options, read_themes, themes, told_of
from broadsheet.needs.themes.show import lines
from broadsheet.needs.themes.words import words_of

TAXONOMY = open_taxonomy()
# Twelve words of a theme each; letters alone, for a word with digits is none.
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PLANTED = [[f"theme{LETTERS[theme]}word{LETTERS[place]}" for place in range(12)] for theme in range(5)]
OTHERS = [f"filler{one}{other}" for one in LETTERS for other in LETTERS[:6]]


def written(people=150, posts=3, seed=0, *, planted=True, talkative=0):
    draw = np.random.default_rng(seed)
    made = []
    for person in range(people):
        for place in range(posts):
            theme = PLANTED[int(draw.integers(5))] if planted else OTHERS
            words = [*draw.choice(theme, 6, replace=False), *draw.choice(OTHERS, 6)]
            made.append(Written(f"p{person}-{place}", f"author {person}", place, " ".join(words)))
    own = [f"diary{letter}" for letter in LETTERS[:12]]
    made += [Written(f"t{place}", "author 0", place, " ".join(draw.choice(own, 6, replace=False))) for place in range(talkative)]
    # Others use the words of the one who writes much, each apart from the others.
    made += [
        Written(f"u{person}-{place}", f"author {person}", 99, " ".join([word, *draw.choice(OTHERS, 8)]))
        for person in range(1, 5)
        for place, word in enumerate(own)
        if talkative
    ]
    return made


def test_planted_themes_are_found_and_as_many_as_there_are():
    words = words_of(written(), 5)
    found = choose(words, (3, 5, 8), 0, 4)
    told = [{words.words[place][:6] for place in places} for places in top_words(found.terms)]
    assert len(found.terms) == 5
    assert found.stable.all()
    assert sorted(next(iter(names)) for names in told if len(names) == 1) == [f"theme{letter}" for letter in LETTERS[:5]]


def test_words_dealt_out_among_posts_give_no_theme_that_comes_again():
    words = dealt(words_of(written(), 5), 7)
    for number in (4, 8):
        found = find(words, number, 0, 4)
        assert found.stability.mean() < 0.15
        assert not found.stable.any()


def test_posts_without_themes_have_none_to_show():
    assert find(words_of(written(planted=False), 5), 5, 0, 4).stable.sum() == 0


def test_lda_at_the_same_number_comes_again_less_or_as_much():
    words = words_of(written(people=100), 5)
    ours, theirs = (comes_again(words, 5, 0, resamples=3, **more)[1].mean() for more in ({}, {"fit": lda}))
    assert ours >= theirs - 0.02


def test_what_one_person_writes_of_over_and_over_is_no_theme_that_others_give():
    """Whoever writes eighty posts counts as much as whoever writes three."""
    words = words_of(written(people=60, talkative=80), 5)
    found = find(words, 6, 0, 8)
    own = [number for number, places in enumerate(top_words(found.terms)) if sum(words.words[place].startswith("diary") for place in places) > 5]
    assert not own
    assert found.stable.sum() >= 4


def test_a_word_that_few_people_use_is_no_word_and_nothing_personal_is():
    made = [
        Written(f"p{person}", f"author {person}", 0, f"the loan grows {'Rumpelstiltskin ' * (person < 4)}mail jo{person}@example.org") for person in range(30)
    ]
    made += [Written(f"q{person}", f"other {person}", 0, "a house and one garden") for person in range(30)]
    words = words_of(made, 5)
    assert set(words.words) == {"loan", "grows", "mail", "house", "garden"}
    # The same text again by the same person is one post.
    assert words_of([*made, made[0]._replace(post="again", at=9)], 5).posts == words.posts
    with pytest.raises(EmptySourceError):
        words_of(made[:3], 5)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 2**16))
def test_themes_in_another_order_are_the_same_themes(count, seed):
    draw = np.random.default_rng(seed)
    terms = draw.random((count, 40))
    assert overlap(terms, terms[draw.permutation(count)]).tolist() == [1.0] * count
    assert (overlap(terms, draw.random((count, 40))) <= 1).all()


@pytest.fixture
def files(tmp_path):
    posts = [{"id": one.post, "author": one.author, "at": one.at, "text": one.text} for one in written(people=80)]
    mentions = [{"id": number, "post_id": one["id"], "level": 1 + number % 2, "evidence": []} for number, one in enumerate(posts) if "themea" in one["text"]]
    mentions += [{"id": f"rare {number}", "post_id": f"p{number}-0", "level": 7, "evidence": []} for number in range(3)]
    for name, rows in (("posts", posts), ("mentions", mentions)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def make(files, out="themes", **options):
    return themes(files / "posts.jsonl", files / "mentions.jsonl", files / out, TAXONOMY, Options(**{"number": 5, "resamples": 3, **options}))


def test_themes_are_written_the_same_again_with_the_levels_their_people_speak_of(files):
    found = make(files)
    first = {file.name: file.read_bytes() for file in (files / "themes").iterdir()}
    assert make(files) == found == read_themes(files / "themes")[0]
    assert {file.name: file.read_bytes() for file in (files / "themes").iterdir()} == first
    assert set(first) == {"manifest.json", "themes.json", "themes.parquet"}
    one = next(theme for theme in found.themes if theme.name.startswith("themea"))
    levels = {level.level: level for level in one.levels}
    assert levels["survival"].share > 0.3
    assert levels["survival"].low < levels["survival"].share < levels["survival"].high
    # Three people speak of the highest level: nowhere is a number of them.
    for theme in found.themes:
        for level in theme.levels:
            assert isinstance(level.people, str) or level.people == 0 or level.people >= 5
            assert level.share is not None or isinstance(level.people, str)
    text = "\n".join(lines(found))
    assert "5 themes of 240 posts by 80 people" in text
    assert "survival" in text


def test_themes_of_few_people_are_not_shown():
    words = words_of(written(people=80), 5)
    found = find(words, 5, 0, 3)
    people = [theme.people for theme in told_of(words, found, {}, [], Options()).themes]
    k = int(np.median(people)) + 1
    held = told_of(words, found, {}, [], Options(k=k))
    assert [theme.people for theme in held.themes] == [count if count >= k else f"fewer than {k}" for count in people]
    assert held.shown == tuple(theme for theme in held.themes if theme.stable and theme.people != f"fewer than {k}")
    assert len(held.shown) < len(held.themes)


def test_a_number_that_cannot_be_gets_two_lines(files):
    with pytest.raises(ConfigError, match="cannot be"):
        make(files, number=400)
