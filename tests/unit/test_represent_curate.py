"""Turns from pictures of one's own: nothing is asked that is not said, nothing is lost in silence, nothing is made twice."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from tests.embedders import Plain

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import ColumnError, ConfigError, EmptySourceError, NetworkError, RecordError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import ArtifactKind, Columns, Item
from broadsheet.core.seeds import generator
from broadsheet.represent.curate import (
    CurateConfig,
    Entry,
    Scripted,
    Source,
    curate,
    from_catalogue,
    make_card,
    read_m3t,
    read_rows,
    read_texts,
    read_turns,
    turns_by_rule,
    write_m3t,
)
from broadsheet.represent.curate.ask import turns_by_asking
from broadsheet.represent.curate.blind import blind
from broadsheet.represent.curate.lines import ITEMS, TURNS, Line
from broadsheet.represent.curate.rules import RULES, answer_key
from broadsheet.represent.curate.run import CARD, CARD_JSON, REJECTED
from broadsheet.represent.muco.schema import KINDS, Example, Turn

MOON = Entry(
    id="moon.png",
    image="moon.png",
    title="Full Moon",
    description="The moon as it looks from Earth.",
    keywords=("moon", "astronomy", "space"),
    categories=("science", "astronomy bodies"),
    attributes={"main_colour": "grey"},
    titles={"fr": "Pleine lune", "xx": "?"},
)


def ruled(entry, seed=0, most=20):
    return turns_by_rule(entry, generator(seed, "test"), most)


def draw(path, colour="red"):
    image = Image.new("RGBA", (16, 16))
    ImageDraw.Draw(image).ellipse((2, 2, 14, 14), fill=colour)
    image.save(path)


@pytest.fixture
def shelf(tmp_path):
    """Forty drawings with texts, one of them cut and one missing."""
    images = tmp_path / "images"
    images.mkdir()
    entries = []
    for number in range(40):
        colour = ("red", "green", "blue", "black")[number % 4]
        name = f"{number:02d}.png"
        draw(images / name, colour)
        entries.append(Entry(id=name, image=name, title=f"{colour} ball {number}", keywords=("toy", f"word{number}"), categories=("toys", colour)))
    (images / "03.png").write_bytes((images / "03.png").read_bytes()[:60])
    (images / "07.png").unlink()
    return images, Source(tuple(entries))


# Rules


def test_every_kind_of_turn_is_made_of_what_is_said():
    made = {turn.target: turn for turn in ruled(MOON).turns}
    assert {turn.kind for turn in made.values()} == set(KINDS)
    assert made["astronomy bodies"].kind == made["science"].kind == "class"
    assert made["Full Moon"].kind == "retrieval"
    assert made[MOON.description].kind == "global"
    assert made["moon, astronomy, space"].kind == "creative"
    assert "main colour" in made["grey"].query
    assert "French" in made["Pleine lune"].query
    assert made["astronomy"].query_sentence.startswith("Full Moon. The moon as it looks from Earth.")


def test_what_is_not_said_is_not_asked():
    assert [turn.target for turn in ruled(Entry(id="a", image="a", title="Lamp")).turns] == ["Lamp"]
    assert ruled(Entry(id="a", image="a")).turns == ()


@pytest.mark.parametrize("description", ["full moon", "A picture of the full moon.", "The Full Moon!", ""])
def test_a_description_that_repeats_the_title_is_no_answer(description):
    made = ruled(MOON.model_copy(update={"description": description}))
    assert "global" not in {turn.kind for turn in made.turns}


def test_a_keyword_that_the_title_holds_is_no_answer_of_its_own():
    targets = {turn.target for seed in range(20) for turn in ruled(MOON, seed).turns}
    assert "moon" not in targets
    assert {"astronomy", "space"} <= targets


def test_the_same_answer_is_kept_once_and_counted():
    made = ruled(Entry(id="a", image="a", title="Clock", description="A clock on a wall.", categories=("Clock.",), attributes={"sort": " CLOCK "}))
    assert [answer_key(turn.target) for turn in made.turns].count("clock") == 1
    assert made.doubles == 2


def test_wordings_are_drawn_by_the_seed_alone():
    assert ruled(MOON, 1) == ruled(MOON, 1)
    asked = {turn.query for seed in range(40) for turn in ruled(MOON, seed).turns if turn.kind == "retrieval" and turn.target == MOON.title}
    assert len(asked) == 3


def test_of_many_turns_each_kind_gives_its_first_before_any_gives_a_second():
    entry = MOON.model_copy(update={"attributes": {f"part{n}": f"value{n}" for n in range(30)}})
    made = ruled(entry, most=5)
    assert [turn.kind for turn in made.turns] == ["class", "retrieval", "global", "local", "creative"]
    assert len(ruled(entry, most=7).turns) == 7


def test_where_there_is_no_picture_the_text_is_shown_and_not_asked():
    entry = Entry(id="a", title="Soup", description="Leek and potato.", categories=("dinner",))
    assert entry.shown == "Leek and potato."
    assert {turn.target for turn in ruled(entry).turns} == {"dinner", "Soup"}


def test_a_rule_of_ones_own_is_a_function():
    def letters(entry, rng):
        return [Turn(query="How many letters has its name?", target=str(len(entry.title)), kind="counted")]

    made = turns_by_rule(MOON, generator(0), rules=(*RULES, letters))
    assert ("counted", "9") in [(turn.kind, turn.target) for turn in made.turns]


words = st.text("ab .é", max_size=6)


@settings(max_examples=50)
@given(title=words, description=words, keywords=st.lists(words, max_size=4), categories=st.lists(words, max_size=3), seed=st.integers(0, 5))
def test_every_answer_stands_in_the_record_and_only_once(title, description, keywords, categories, seed):
    entry = Entry(id="a", image="a", title=title, description=description, keywords=tuple(keywords), categories=tuple(categories))
    made = ruled(entry, seed)
    said = {title, description, ", ".join(keywords), *keywords, *categories}
    assert all(turn.target in said for turn in made.turns)
    assert len({answer_key(turn.target) for turn in made.turns}) == len(made.turns)


# Sources


def test_lines_that_cannot_be_read_are_named_and_the_others_read(tmp_path):
    good = {"image": "a.png", "title": "Fish &amp;amp; chips", "keywords": ["unsorted", "Food"], "category": ["food"], "attributes": {"sauce": "tartare"}}
    lines = [json.dumps(good), "", "{no json", "[]", '{"image": "b.png"}', '{"title": "c"}', '{"image": "a.png", "title": "Again"}', '{"positive": "d"}']
    path = tmp_path / "texts.jsonl"
    path.write_bytes("\n".join(lines).encode() + b'\n{"image": "\xff"}\n{"image": "e.svg", "en": "Bee", "translations": {"fr": "Abeille"}}\n')
    source = read_texts([path])
    assert [(entry.id, entry.title) for entry in source.entries] == [("a.png", "Fish & chips"), ("e.svg", "Bee")]
    assert source.entries[0].keywords == ("food",)
    assert source.entries[0].attributes == {"sauce": "tartare"}
    assert source.entries[1].titles == {"fr": "Abeille"}
    assert [int(fault.split("line ")[1].split(",")[0]) for fault in source.faults] == [3, 4, 5, 6, 7, 8, 9]
    assert all(len(fault.splitlines()) == 2 for fault in source.faults)


def test_pairs_of_one_picture_are_turns_of_one_entry(tmp_path):
    pairs = [
        {"anchor": "brass lamp", "positive": "A lamp of brass", "negative_1": "A chair", "negative_2": "A bed"},
        {"image": "x.png", "query": "what is it", "positive": "a lamp"},
        {"image": "x.png", "anchor": "", "positive_image": "y.png"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, pairs)))
    text, shown = read_texts([path]).entries
    assert text.turns == (Turn(query="brass lamp", target="A lamp of brass", negatives=("A chair", "A bed")),)
    assert text.image is None
    assert [turn.target_image for turn in shown.turns] == [None, "y.png"]


def test_a_source_that_is_not_there_or_says_nothing_is_an_error(tmp_path):
    with pytest.raises(SourceNotFoundError, match="no-file"):
        read_texts([tmp_path / "no-file.jsonl"])
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(EmptySourceError):
        read_texts([tmp_path / "empty.jsonl"])
    (tmp_path / "bad.jsonl").write_text('{"image": "a.png"}\n')
    with pytest.raises(EmptySourceError, match=r"bad\.jsonl, line 1, lacks an image and a title"):
        read_texts([tmp_path / "bad.jsonl"])


def test_a_catalogue_gives_its_fields(tmp_path):
    item = Item(id="d1", title="Leek soup", text="With cream.", categories=("soup",), images=("d1.png", "d2.png"))
    item = item.model_copy(update={"attributes": {"keywords": "Leek, Hot", "price": 4.5, "vegan": False, "creators_verbatim": "x"}})
    (entry,) = from_catalogue(Catalogue([item])).entries
    assert entry == Entry(
        id="d1", image="d1.png", title="Leek soup", description="With cream.", keywords=("leek", "hot"), categories=("soup",), attributes={"price": "4.5"}
    )


@pytest.mark.data
def test_the_texts_of_debians_drawings_are_read_whole(data):
    folder = data / "multimodal"
    assert len(read_texts([folder / "openclipart_texts.jsonl"]).entries) == 6335
    stamps = read_texts([folder / "tuxpaint_stamps_texts.jsonl"])
    assert len(stamps.entries) == 950
    assert not stamps.faults


# The published columns


def published(k, **more):
    columns = {
        "qry": [[f"q{j}", f"other q{j}"] for j in range(k)],
        "pos_text": [f"p{j}" for j in range(k)],
        "pos_sentence": [f"p{j} in words" for j in range(k)],
        "neg_text": [[f"n{j}"] for j in range(k)],
        "qry_sentence": [f"q{j} in words" for j in range(k)],
        "qry_image_path": "00/1.jpg",
        "pos_image_path": [""] * k,
    }
    return columns | more


def test_the_published_places_are_kinds(tmp_path):
    pl.DataFrame([published(7)]).write_parquet(tmp_path / "M3T.parquet")
    (example,) = read_m3t(tmp_path)
    assert [turn.kind for turn in example.turns] == ["class", "global", "global", "local", "local", "creative", "retrieval"]
    assert example.image == "00/1.jpg"
    assert example.turns[2].target_sentence == "p2 in words"
    assert example.turns[2].negatives == ("n2",)


def test_of_the_wordings_of_a_query_one_is_drawn_by_the_seed(tmp_path):
    pl.DataFrame([published(7)]).write_parquet(tmp_path / "M3T.parquet")
    drawn = {tuple(turn.query for turn in read_m3t(tmp_path, seed)[0].turns) for seed in range(8)}
    assert len(drawn) > 1
    assert read_m3t(tmp_path, 3) == read_m3t(tmp_path, 3)
    (row,) = [row for _, row in read_rows(tmp_path)]
    assert row.turns[0].wordings == ("q0", "other q0")


def test_fine_tuning_sets_have_one_turn_and_lie_in_many_files(tmp_path):
    one = {"qry": "find it", "pos_text": "", "neg_text": "no", "qry_image_path": "", "pos_image_path": "b.jpg", "neg_image_path": "c.jpg"}
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        pl.DataFrame([one, one | {"qry": "", "pos_text": "lost"}, one | {"pos_image_path": None}]).write_parquet(tmp_path / name / "x.parquet")
    rows = list(read_rows(tmp_path))
    assert len(rows) == 6
    good = [row for _, row in rows if not isinstance(row, str)]
    assert [row.id for row in good] == ["A/x/0", "B/x/0"]
    assert good[0].example().turns == (Turn(query="find it", target_image="b.jpg", negatives=("no",)),)
    assert good[0].turns[0].negative_images == ("c.jpg",)
    source = read_texts([tmp_path])
    assert len(source.faults) == 4
    assert source.entries[0].turns[0].target_image == "b.jpg"


turns = st.builds(
    Turn,
    query=st.text(min_size=1).filter(str.strip),
    target=st.text(min_size=1).filter(str.strip),
    kind=st.sampled_from([*KINDS, "own"]),
    negatives=st.lists(st.text(min_size=1), max_size=2).map(tuple),
    target_image=st.none() | st.just("t.png"),
    target_sentence=st.text(max_size=4),
)
examples = st.lists(st.lists(turns, min_size=1, max_size=9), min_size=1, max_size=4).map(
    lambda of: [Example(id=f"e{n}", image="a.png" if n % 2 else None, turns=tuple(each)) for n, each in enumerate(of)]
)


@settings(max_examples=25)
@given(made=examples)
def test_examples_of_any_number_of_turns_go_round(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("m3t")
    write_m3t(made, folder)
    assert read_m3t(folder) == made


def test_rows_go_round_with_every_wording(tmp_path):
    pl.DataFrame([published(7), published(3, neg_image_path=[["n.png"], [], []])], strict=False).write_parquet(tmp_path / "in.parquet")
    rows = [row for _, row in read_rows(tmp_path / "in.parquet")]
    write_m3t(rows, tmp_path / "out")
    assert [row for _, row in read_rows(tmp_path / "out")] == rows
    assert set(published(1)) <= set(pl.read_parquet(tmp_path / "out" / "M3T.parquet").columns)


def test_a_file_without_the_columns_or_cut_is_an_error(tmp_path):
    pl.DataFrame({"qry": ["a"]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ColumnError, match="no column pos_text, qry_image_path"):
        list(read_rows(tmp_path / "a.parquet"))
    (tmp_path / "b.parquet").write_bytes(b"PAR1cut")
    with pytest.raises(TruncatedError):
        list(read_rows(tmp_path / "b.parquet"))
    with pytest.raises(SourceNotFoundError):
        list(read_rows(tmp_path / "c.parquet"))


# A language model


def reply(*turns):
    return json.dumps({"turns": [{"kind": kind, "query": query, "target": target} for kind, query, target in turns]})


GOOD = reply(("class", "What kind?", "a moon"), ("local", "Which light?", "pale"))


def test_a_reply_of_the_form_is_taken_as_it_stands():
    ask = Scripted({"Full Moon": [f"Of course! Here it is:\n{GOOD}\nGood luck."]})
    asked = turns_by_asking(MOON, ask)
    assert [(turn.kind, turn.target) for turn in asked.turns] == [("class", "a moon"), ("local", "pale")]
    assert (asked.rejected, asked.repairs) == ((), 0)
    assert "description: The moon as it looks from Earth." in ask.prompts[0]
    assert "main colour: grey" in ask.prompts[0]


@pytest.mark.parametrize("bad", ["no", "{}", '{"turns": []}', reply(("mood", "How?", "sad")), GOOD.replace('"pale"', "1"), GOOD.replace("}]", ', "why": 1}]')])
def test_a_reply_of_another_form_is_asked_for_once_more(bad):
    ask = Scripted({"Full Moon": [bad, GOOD]})
    asked = turns_by_asking(MOON, ask)
    assert len(asked.turns) == 2
    assert asked.repairs == 1
    assert bad in ask.prompts[1]


def test_after_the_repair_turns_are_rejected_one_by_one_with_their_reasons():
    again = reply(
        ("class", "What kind?", "a moon"), ("mood", "How?", "sad"), ("local", "Is it pale?", "pale"), ("global", "What?", "A Moon."), ("local", "?", "!")
    )
    asked = turns_by_asking(MOON, Scripted({"Full Moon": ["no", again]}))
    assert [turn.target for turn in asked.turns] == ["a moon"]
    assert [each.reason.split(":")[0] for each in asked.rejected] == [
        "kind",
        "the question holds its answer",
        "the answer stands twice",
        "the answer says nothing",
    ]
    hopeless = turns_by_asking(MOON, Scripted({"Full Moon": ["no", "never"]}))
    assert hopeless.turns == ()
    assert hopeless.rejected[0].said == "never"


# Runs


def test_turns_are_written_with_who_made_them_and_broken_pictures_by_name(shelf, tmp_path):
    images, source = shelf
    told = []
    artifact = curate(source, tmp_path / "turns", images=images, progress=lambda *step: told.append(step))
    examples = read_turns(read_artifact(tmp_path / "turns", ArtifactKind.TURNS))
    assert len(examples) == 38
    assert all(example.image == example.id for example in examples)
    items = artifact.frame(ITEMS).filter(pl.col(Columns.FAULT) != "")
    assert items[Columns.ITEM].to_list() == ["03.png", "07.png"]
    assert all(len(fault.splitlines()) == 2 for fault in items[Columns.FAULT])
    assert artifact.frame(TURNS)["made_by"].unique().to_list() == ["rules"]
    metrics = artifact.manifest.metrics
    assert metrics["turns_by_rules"] == metrics["turns"] == sum(len(example.turns) for example in examples)
    assert (metrics["items"], metrics["unreadable"]) == (40, 2)
    assert "03.png" in (tmp_path / "turns" / CARD).read_text()
    assert len(json.loads((tmp_path / "turns" / CARD_JSON).read_text())["unreadable"]) == 2
    assert told[-1] == ("curating", 40, 40)


def test_the_same_seed_writes_the_same_bytes(shelf, tmp_path):
    images, source = shelf
    first, second, other = (curate(source, tmp_path / name, images=images, config=CurateConfig(seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first.content_hash == second.content_hash
    assert read_turns(first) != read_turns(other)


class Failing:
    """A language model whose server goes away after some replies."""

    def __init__(self, most):
        self.most = most
        self.calls = 0

    def __call__(self, prompt):
        if self.calls == self.most:
            raise NetworkError("The server went away.", "Start it again.")
        self.calls += 1
        return reply(("class", "What?", f"thing {self.calls}"))


def test_a_run_that_was_killed_goes_on_from_its_last_block(shelf, tmp_path):
    images, source = shelf
    broken, whole = Failing(35), Failing(1000)
    with pytest.raises(NetworkError):
        curate(source, tmp_path / "turns", images=images, ask=broken, asked="toy 1")
    assert not (tmp_path / "turns").exists()
    artifact = curate(source, tmp_path / "turns", images=images, ask=whole, asked="toy 1")
    # Two blocks of 16 with 14 and 16 readable pictures were kept.
    assert whole.calls == 38 - 30
    assert len(read_turns(artifact)) == 38
    assert [path.name for path in tmp_path.iterdir() if "parts" in path.name] == []


def test_of_a_source_that_grew_only_the_new_is_asked_and_a_mended_picture_is_read_again(shelf, tmp_path):
    images, source = shelf
    ask = Failing(1000)
    curate(Source(source.entries[:30]), tmp_path / "turns", images=images, ask=ask, asked="toy 1")
    assert ask.calls == 28
    draw(images / "03.png")
    (images / "05.png").unlink()
    artifact = curate(source, tmp_path / "turns", images=images, ask=ask, asked="toy 1")
    assert ask.calls == 28 + 10 + 1
    ids = [example.id for example in read_turns(artifact)]
    assert "03.png" in ids
    assert "05.png" not in ids
    curate(source, tmp_path / "turns", images=images, ask=ask, asked="toy 2")
    assert ask.calls > 60


def test_what_a_model_says_wrongly_is_kept_and_rules_step_in_only_where_that_is_asked_for(shelf, tmp_path):
    images, source = shelf
    replies = {"ball 1\n": [GOOD], "ball 2\n": ["no"]}
    few = Source(source.entries[1:3])
    none = curate(few, tmp_path / "none", images=images, ask=Scripted(replies), asked="toy 1")
    assert [example.id for example in read_turns(none)] == ["01.png"]
    rejected = [json.loads(line) for line in (tmp_path / "none" / REJECTED).read_text().splitlines()]
    assert [(each["item"], each["said"]) for each in rejected] == [("02.png", "no")]
    assert none.manifest.models == {"turns": "toy 1"}
    assert none.manifest.metrics["rejected"] == 1
    both = curate(few, tmp_path / "both", images=images, ask=Scripted(replies), asked="toy 1", config=CurateConfig(otherwise="rules"))
    by = dict(both.frame(TURNS).group_by("made_by").len().iter_rows())
    assert by["llm"] == 2
    assert by["rules"] >= 2


def test_questions_put_at_once_give_the_same_turns_in_the_same_order(shelf, tmp_path):
    images, source = shelf
    replies = {f"ball {n}\n": [reply(("class", "What?", f"thing {n}"))] for n in range(40)}
    one, many = (
        curate(source, tmp_path / str(at_once), images=images, ask=Scripted(replies), asked="toy 1", config=CurateConfig(at_once=at_once)) for at_once in (1, 4)
    )
    assert read_turns(one) == read_turns(many)
    assert one.manifest.parents == many.manifest.parents


def test_turns_of_the_source_are_taken_as_they_are(tmp_path):
    turn = Turn(query="brass lamp", target="A lamp", negatives=("A chair",), target_sentence="A lamp of brass.", kind="own")
    entry = Entry(id="1", turns=(turn, turn.model_copy(update={"query": "lamp?"})))
    artifact = curate(Source((entry,), ("line 2\nMend it.",)), tmp_path / "turns")
    assert read_turns(artifact) == [Example(id="1", turns=(turn,))]
    assert artifact.manifest.metrics["turns_by_source"] == artifact.manifest.metrics["doubles"] == artifact.manifest.metrics["bad_lines"] == 1


def test_curate_says_what_it_needs(shelf, tmp_path):
    images, source = shelf
    with pytest.raises(ConfigError, match="--images"):
        curate(source, tmp_path / "turns")
    with pytest.raises(ConfigError, match="not named"):
        curate(source, tmp_path / "turns", images=images, ask=Scripted({}))
    with pytest.raises(RecordError, match="There is no picture"):
        curate(source, tmp_path / "turns", images=tmp_path / "elsewhere")
    with pytest.raises(RecordError, match="No item has a turn"):
        curate(source, tmp_path / "turns", images=images, config=CurateConfig(least=99))
    with pytest.raises(RecordError, match="rejected: no turns in the reply"):
        curate(Source(source.entries[8:]), tmp_path / "turns", images=images, ask=Scripted({}, otherwise="no"), asked="toy 1")
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_headers_alone_are_read_where_that_is_asked_for(shelf, tmp_path):
    images, source = shelf
    artifact = curate(source, tmp_path / "turns", images=images, config=CurateConfig(decode=False))
    assert artifact.frame(ITEMS).filter(pl.col(Columns.FAULT) != "")[Columns.ITEM].to_list() == ["07.png"]


# The card


def line(name, *turns):
    return Line(name, f"{name}.png", "", name, turns=turns, made_by=("rules",) * len(turns))


def asked(query, target, kind="class"):
    return Turn(query=query, target=target, kind=kind)


def test_the_card_counts_turns_kinds_and_answers_that_several_pictures_share():
    card = make_card([line("a", asked("?", "Ring"), asked("?", "gold", "local")), line("b", asked("?", "ring ")), line("c")], ("x\ny",))
    assert card.turns_per_item == {0: 1, 1: 1, 2: 1}
    assert card.kinds == {"class": 2, "local": 1}
    assert card.shared == pytest.approx(2 / 3)
    assert "Lines that cannot be read" in card.markdown()


def test_a_question_that_says_nothing_of_its_answer_gives_chance_exactly():
    found = blind([Example(id=str(n), image="x", turns=(asked("Of which kind is it?", f"target{n % 10}"),)) for n in range(40)])["class"]
    assert found.turns == 40
    assert found.from_words == pytest.approx(1 / 10)
    assert found.by_chance == pytest.approx(1 / 10)
    assert found.by_commonest == pytest.approx(1 / 10)


def test_a_question_that_names_its_answer_is_found_out():
    told = [Example(id=str(n), image="x", turns=(asked(f"Is this colour{n}?", f"colour{n}"),)) for n in range(150)]
    found = blind(told)["all"]
    assert found.from_words == 1
    # Pools hold a hundred, however many targets there are.
    assert found.by_chance == pytest.approx(1 / 100)
    habit = blind([Example(id=str(n), image="x", turns=(asked("?", "cat" if n % 4 else f"dog{n}"),)) for n in range(40)])["class"]
    assert habit.by_commonest == pytest.approx(0.75)


def test_other_answers_of_the_same_picture_are_not_in_its_pools():
    pair = [Example(id="a", image="x", turns=(asked("?", "one"), asked("?", "two")))]
    assert blind(pair)["all"].turns == 0
    three = [*pair, Example(id="b", image="x", turns=(asked("?", "three"),))]
    assert blind(three)["class"].by_chance == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)


def test_meaning_is_measured_by_the_embedder_that_is_given():
    lines = [line(str(n), asked("?" * (n + 1), "x" * (n + 1))) for n in range(20)]
    card = make_card(lines, embedder=Plain(lambda texts: np.eye(30)[[len(text) for text in texts]]))
    assert card.blind["class"].from_meaning == 1
    assert card.blind["class"].from_words == pytest.approx(1 / 20)
    assert card.metrics()["from_meaning"] == 1
    assert card.meaning_by == "plain"
    assert make_card(lines).blind["class"].from_meaning is None
