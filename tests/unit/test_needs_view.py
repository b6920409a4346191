"""The page of needs: its numbers are those of the JSON, small cells are nowhere, arrows follow time, texts are escaped, bytes repeat."""

import itertools
import json
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.schema import Columns
from broadsheet.needs.bench.planted import planted
from broadsheet.needs.cells import parts
from broadsheet.needs.claims import Claim, Quote
from broadsheet.needs.facts import Facts
from broadsheet.needs.hierarchy.infer import Evidence, infer
from broadsheet.needs.hierarchy.inputs import said
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.records import PersonFact, Span
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.needs.view.build import Beside, Shown, sheet
from broadsheet.needs.view.drawing import month_line
from broadsheet.needs.view.files import frames, numbers, write_view
from broadsheet.needs.view.page import FORMS, page
from broadsheet.needs.view.quotes import Said, stretches
from broadsheet.needs.view.sheet import MonthRow, Theme

PLAN = AnalysisPlan(draws=99, resamples=100)
TAXONOMY = open_taxonomy()
LEVELS = [level.id for level in TAXONOMY.levels]
ODD = "<script>alert('x')</script> & <b>rent</b> is due, mail jo.smith@example.org 😭 家賃が払えない لا أستطيع الدفع"
K = 5


def world(people=90, *, backwards=False, at_once=False, rare=2):
    """People who come to higher levels later; only `rare` of them speak of the highest."""
    made = planted("cumulative", people, 3)
    mentions = np.minimum(made.mentions, 2)
    mentions[:, 6] = 0
    mentions[:rare, 6] = 1
    draw = np.random.default_rng(1)
    posts, texts, claims = [], {}, []
    for person, count in enumerate(made.posts.astype(int)):
        for place in range(count):
            name, at = f"p{person}-{place}", 1_600_000_000 + (0 if at_once else 9_000_000 * place // count + 2_000_000 * (person % 3))
            texts[name] = (
                f"Post {place} of {person}: {ODD} I cannot go on like this, and I would be glad of any advice." if place == 0 else f"Post {place} of {person}."
            )
            posts.append((name, f"author-{person}", 3_240_000_000 - at if backwards else at, said(texts[name])))
        for level, times in enumerate(mentions[person]):
            for time in range(times):
                name = f"p{person}-{int(np.clip(draw.normal((level + 1) / 8 * count, 0.2 * count), 0, count - 1))}"
                claims.append(Claim(f"{person}-{level}-{time}", name, None, LEVELS[level], (Quote("rent</b> is due, mail jo.smith@example.org 😭"),)))
    columns = [Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH]
    spoken = pl.DataFrame([(claim.post, claim.level) for claim in claims], schema=[Columns.POST, Columns.LEVEL], orient="row")
    return pl.DataFrame(posts, schema=columns, orient="row"), spoken, Said(claims, texts)


def shown(*, facts=None, themes=(), k=K, **world_of):
    posts, mentions, words = world(**world_of)
    firsts = [(f"author-{person}", person % 2, 3) for person in range(20)]
    found = infer(posts, mentions, LEVELS, PLAN, evidence=Evidence(claims=firsts, facts=facts))
    return sheet(found, TAXONOMY, Beside(posts, mentions, words, facts, themes), Shown(k, 3), inputs={"posts": "abc"}, left_out={"malformed": 2})


@pytest.fixture(scope="module")
def made():
    span = Span(start=0, end=4, text="Post")
    told = [(f"p{person}-0", PersonFact(kind="age", value=20 + person % 40, span=span)) for person in range(60)]
    return shown(facts=Facts(told, {}), themes=(Theme(name="<i>Rent</i>", words=("rent",), people=3), Theme(name="Work", people=30)))


class Read(HTMLParser):
    """What stands in elements that name a place of the JSON, the text of marks, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.marks, self.tags, self._open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, attrs = self._open[-1] if self._open else ("", {})
        if "data-of" in attrs:
            self.figures.append((attrs["data-of"], attrs.get("value"), data))
        if tag == "mark":
            self.marks.append(data)


def at(held, place):
    for key in place.split("/"):
        held = held[int(key)] if isinstance(held, list) else held[key]
    return held


def counts(held):
    """Every number of people in the JSON."""
    if isinstance(held, dict):
        for name, value in held.items():
            if name in ("people", "authors", "time_people"):
                yield value
            else:
                yield from counts(value)
    elif isinstance(held, list):
        for one in held:
            yield from counts(one)


def test_every_number_on_the_page_is_the_one_of_the_json(made):
    held = json.loads(numbers(made))
    read = Read(page(made))
    assert len(read.figures) > 150
    for place, value, text in read.figures:
        expected = at(held, place)
        if isinstance(expected, str) or expected is None:
            assert (value, text) == (None, expected or "not told"), place
        else:
            assert json.loads(value) == expected, place
            assert text in {form(expected) for form in FORMS.values() if not (form is FORMS["count"] and isinstance(expected, float))}, place
    on_page = {place for place, _, _ in read.figures}
    for name, fields in {
        "levels": ("people", "share", "H"),
        "months": ("people",),
        "arrows": ("more", "people"),
        "models": ("gain",),
        "nulls": ("p",),
        "slopes": ("slope",),
        "trends": ("people", "missing"),
    }.items():
        assert {f"{name}/{row}/{field}" for row in range(len(held[name])) for field in fields} <= on_page
    assert {f"pairs/{row}/{figure}" for row in range(42) for figure in ("below", "association")} <= on_page


def test_frames_hold_the_numbers_of_the_json_and_say_why_one_is_not_there(made):
    held, tables = json.loads(numbers(made)), frames(made)
    assert tables["levels"]["share"].to_list() == [row["share"] for row in held["levels"]]
    assert tables["levels"]["people_withheld"].to_list()[-1] == "fewer than 5"
    assert tables["levels"]["people"].to_list()[-1] is None
    assert tables["whole"]["H"].to_list() == [held["whole"]["H"]]
    assert tables["months"].height == len(held["months"])


def test_no_number_under_k_stands_anywhere(made):
    text = page(made)
    assert "fewer than 5" in text
    assert all(isinstance(count, str) or count == 0 or count >= K for count in counts(json.loads(numbers(made))))
    for frame in frames(made).values():
        for column in frame.columns:
            if column in ("people", "authors"):
                assert frame.filter((pl.col(column) > 0) & (pl.col(column) < K)).is_empty()
    rare = made.levels[6]
    assert (rare.people, rare.share, rare.H, rare.share_low, rare.not_monotone) == ("fewer than 5", None, None, None, None)
    assert all(row.below is None and row.association is None for row in made.pairs if LEVELS[6] in (row.one, row.other))
    assert not any(quote.level == LEVELS[6] for quote in made.quotations)
    assert all(row.share is None for row in made.months if isinstance(row.people, str))
    assert any(row.people == "fewer than 5" for row in made.months)
    dated = {(row.month, row.level) for row in made.months if row.share is not None}
    assert {(quote.month, quote.level) for quote in made.quotations if quote.month} <= dated
    assert {quote.month for quote in made.quotations} > {""}
    assert [theme.people for theme in made.themes] == ["fewer than 5", 30]
    # A smaller k tells more.
    assert shown(k=2).levels[6].people == 2


def test_fewer_people_than_k_in_all_are_not_counted_in_words_either():
    few = shown(people=3, rare=1)
    assert few.whole.people == "fewer than 5"
    assert few.whole.posts == few.whole.mentions == "withheld"
    assert "3 people" not in page(few)
    assert few.whole.reason == "There are fewer than 5 people: too few to tell."


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any), min_size=2, max_size=4))
def test_no_hidden_part_follows_from_what_is_told_and_their_sum(pairs):
    some, of, k = [one for one, _ in pairs], [sum(pair) for pair in pairs], 3
    told = parts(some, of, k)
    assert all(part.share is None or not (0 < one < k or 0 < rest < k) for part, (one, rest) in zip(told, pairs, strict=True))
    hidden = [row for row, part in enumerate(told) if part.share is None]
    total = sum(some[row] for row in hidden)
    # Whoever knows the sum, and how many there are where that is told, may think of these.
    open_to = [range(of[row] + 1 if isinstance(told[row].of, int) else k) for row in hidden]
    ways = [way for way in itertools.product(*open_to) if sum(way) == total]
    assert not hidden or len(hidden) == len(pairs) or (len(hidden) > 1 and total >= k)
    for place, row in enumerate(hidden):
        if len(hidden) < len(pairs) and 0 < some[row] < of[row]:
            assert len({way[place] for way in ways}) > 1


def test_arrows_turn_with_time_and_come_from_nothing_else(made):
    def arrows(of):
        return {(row.start, row.end, row.more, row.people, row.p) for row in of.arrows}

    assert any(row.is_clear for row in made.arrows)
    assert made.whole.time_agreement > 0.3
    turned = shown(backwards=True)
    assert arrows(turned) == {(end, start, *rest) for start, end, *rest in arrows(made)}
    clear = [(row.start, row.end) for row in made.arrows if row.is_clear]
    assert all(LEVELS.index(start) < LEVELS.index(end) for start, end in clear)
    up, down = '<svg class="arcs up"', '<svg class="arcs down"'
    assert page(made).count(up) == page(turned).count(down) == 1
    # All at one time: levels go together as before, and nothing points anywhere.
    flat = shown(at_once=True)
    assert max(row.association or 0 for row in flat.pairs) > 2
    assert flat.arrows == ()
    assert '<svg class="arcs' not in page(flat)
    assert "No arrow is clear of chance." in page(flat)


def test_a_month_without_posts_breaks_the_line():
    def row(month, share):
        return MonthRow(month=month, level="a", authors=9, people=5, share=share)

    def lines(*rows):
        return month_line(rows, 1.0).count('class="line"')

    assert lines(row("2020-11", 0.5), row("2020-12", 0.6), row("2021-01", 0.7)) == 1
    assert lines(row("2020-11", 0.5), row("2020-12", 0.6), row("2021-02", 0.7)) == 2
    assert lines(row("2020-11", 0.5), row("2020-12", None), row("2021-01", 0.7)) == 2


def test_texts_are_escaped_and_evidence_is_marked(made):
    text = page(made)
    read = Read(text)
    assert "script" not in read.tags
    assert "b" not in read.tags
    assert "i" not in read.tags
    assert "&lt;script&gt;" in text
    assert "&lt;i&gt;Rent&lt;/i&gt;" in text
    assert read.marks
    assert set(read.marks) == {"rent</b> is due, mail [EMAIL] 😭"}
    assert "家賃が払えない لا أستطيع الدفع" in text


def test_nobody_is_named_and_nothing_personal_stands_in_any_file(made, tmp_path):
    write_view(tmp_path / "view", made)
    for file in (tmp_path / "view").iterdir():
        held = file.read_bytes()
        assert b"author-" not in held, file
        assert b"jo.smith" not in held, file
        assert b"p1-0" not in held, file


def test_quotations_are_of_different_people_and_do_not_depend_on_the_order_of_mentions():
    posts, mentions, words = world()
    found = infer(posts, mentions, LEVELS, PLAN)
    one, other = (sheet(found, TAXONOMY, Beside(posts, mentions, Said(claims, words.texts))) for claims in (words.claims, words.claims[::-1]))
    assert one.quotations == other.quotations
    every = sheet(found, TAXONOMY, Beside(posts, mentions, words), Shown(K, 500)).quotations
    texts = ["".join(piece.text for piece in quote.stretches) for quote in every]
    speakers = [(quote.level, text.split(":")[0].split()[-1]) for quote, text in zip(every, texts, strict=True)]
    assert len(every) > 50
    assert len(set(speakers)) == len(set(texts)) == len(every)


def test_what_does_not_stand_in_its_post_is_not_quoted():
    posts, mentions, words = world()
    forged = [claim._replace(evidence=(Quote("I am rich beyond measure"),)) for claim in words.claims]
    found = infer(posts, mentions, LEVELS, PLAN)
    assert sheet(found, TAXONOMY, Beside(posts, mentions, Said(forged, words.texts))).quotations == ()


def test_a_long_post_is_cut_about_what_is_quoted():
    text = "word " * 200 + "behind on rent" + " word" * 200
    before, mark, after = stretches(text, [(1000, 1014)])
    assert mark.text == "behind on rent"
    assert mark.said
    assert before.text.startswith("…word")
    assert after.text.endswith("word…")
    assert len(before.text) < 200
    two = list(stretches("a b c d", [(0, 1), (4, 5), (4, 7)]))
    assert [(piece.text, piece.said) for piece in two] == [("a", True), (" b ", False), ("c d", True)]


def test_the_same_input_gives_the_same_bytes(made, tmp_path):
    write_view(tmp_path / "one", made)
    again = shown(
        facts=Facts([(f"p{person}-0", PersonFact(kind="age", value=20 + person % 40, span=Span(start=0, end=4, text="Post"))) for person in range(60)], {}),
        themes=(Theme(name="<i>Rent</i>", words=("rent",), people=3), Theme(name="Work", people=30)),
    )
    write_view(tmp_path / "two", again)
    files = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()}
    assert files == {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()}
    manifest = json.loads(files["manifest.json"])
    assert manifest["config"]["plan_hash"] == made.provenance.plan_hash
    assert manifest["parents"] == {"posts": "abc"}
    assert set(manifest["files"]) == set(files) - {"manifest.json"}


def test_the_page_asks_nobody_and_says_what_is_not_given(made):
    text = page(made)
    assert "default-src 'none'" in text
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    bare = page(sheet(infer(*world()[:2], LEVELS, PLAN), TAXONOMY))
    assert "No facts of people were given" in bare
    assert "No evidence was given" in bare
    assert "Themes" not in bare
    assert "Themes" in text
