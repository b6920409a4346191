"""A simulated user: what is said leads from the draft towards what is meant, comes again with its seed, and never uses the other set's phrases."""

import numpy as np
import pytest

from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.words import Amended
from broadsheet.ask.bench import phrases_dev, phrases_held
from broadsheet.ask.bench.drafts import Draft, planted
from broadsheet.ask.bench.played import asked_for, play
from broadsheet.ask.bench.user import User
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema_files import schema_of

FLEET = schema_of(
    {
        "labels": {
            "Ship": {"name": "STRING", "built": "INTEGER"},
            "Boat": {"name": "STRING", "built": "INTEGER"},
            "Port": {"name": "STRING", "depth": "INTEGER"},
        },
        "relationships": [["Ship", "CALLS_AT", "Port"], ["Boat", "CALLS_AT", "Port"]],
    },
    "fleet",
)
MEANT = "MATCH (s:Ship)-[:CALLS_AT]->(p:Port) WHERE s.built > 1990 RETURN DISTINCT p.name, p.depth ORDER BY p.depth DESC LIMIT 5"
DRAFTS = (
    MEANT.replace("Ship", "Boat"), MEANT.replace("-[:CALLS_AT]->", "<-[:CALLS_AT]-"), MEANT.replace("WHERE s.built > 1990 ", ""), MEANT.replace("> 1990", "> 1890"),
    MEANT.replace("DISTINCT ", ""), MEANT.replace(" DESC", ""), MEANT.replace("LIMIT 5", "LIMIT 9"), MEANT.replace(" LIMIT 5", ""), MEANT.replace(", p.depth ORDER", " ORDER"),
)  # fmt: skip


def tree(text):
    query = parse(text).query
    assert query is not None, text
    return query


def game(text, seed=0):
    return play(Draft("one", "fleet", tree(text), tree(MEANT), FLEET), User("dev", np.random.default_rng(seed)))


@pytest.mark.parametrize("text", DRAFTS)
@pytest.mark.parametrize("phrases", ["dev", "held"])
def test_one_difference_is_said_and_what_is_meant_by_it(text, phrases):
    for seed in range(2):
        wish = User(phrases, np.random.default_rng(seed)).wish(tree(text), tree(MEANT))
        (change,) = diff(tree(text), tree(MEANT))
        assert wish is not None
        assert wish.change == change
        assert "{" not in wish.text
        assert wish == User(phrases, np.random.default_rng(seed)).wish(tree(text), tree(MEANT))


def test_nothing_is_said_of_what_is_right():
    assert User("dev", np.random.default_rng(0)).wish(tree(MEANT), tree(MEANT)) is None
    assert game(MEANT).right == (True, True, True)
    assert game(MEANT).attempts == 1


def test_most_drafts_with_one_fault_come_right_and_nothing_else_changes():
    games = [game(text, seed=seed) for text in DRAFTS for seed in range(2)]
    assert sum(one.right[-1] for one in games) >= 0.8 * len(games)
    assert not any(turn.unrequested for one in games for turn in one.turns)


def test_both_sets_of_phrases_have_every_kind_of_wish_and_hardly_one_phrase_in_common():
    assert phrases_dev.WISHES.keys() == phrases_held.WISHES.keys()
    assert phrases_dev.COMPARED.keys() == phrases_held.COMPARED.keys()
    shared = [phrase for kind, said in phrases_dev.WISHES.items() for phrase in said if phrase in phrases_held.WISHES[kind]]
    assert shared == []


def test_an_amender_that_writes_anew_is_seen_to_change_what_nobody_asked_for():
    def anew(text, tree, schema):
        del text, schema
        return Amended(made, diff(tree, made))

    made = tree("MATCH (b:Boat)-[:CALLS_AT]->(p:Port) RETURN p.name")

    (turn,) = play(Draft("one", "fleet", tree(DRAFTS[3]), tree(MEANT), FLEET), User("dev", np.random.default_rng(0)), anew, most=1).turns
    assert {one.kind for one in turn.unrequested} == {"label", "distinct", "order", "limit", "returned"}


def test_an_answer_is_part_of_its_amendment_and_one_more_thing_that_a_person_does():
    def asks(text, query, schema):
        del text, schema
        return Amended(query, (), question="Which?", choices=(tree(DRAFTS[0]), tree(MEANT)))

    draft = Draft("one", "fleet", tree(DRAFTS[3]), tree(MEANT), FLEET)
    played = play(draft, User("dev", np.random.default_rng(0)), asks)
    (turn,) = played.turns
    assert (turn.asked_back, turn.answered, turn.unrequested) == (True, True, ())
    assert played.right == (False, True, True)
    assert played.right_by_turns == (False, False, True)


def test_none_of_the_choices_is_picked_but_by_mistake():
    user = User("dev", np.random.default_rng(1))
    picks = [user.pick([False, False]) for _ in range(400)]
    assert 0 < sum(one is not None for one in picks) < 0.06 * len(picks)
    assert {user.pick([False, True]) for _ in range(20)} >= {1}


def test_a_change_is_asked_for_by_its_part():
    (label,) = diff(tree(MEANT), tree(DRAFTS[0]))
    (limit,) = diff(tree(MEANT), tree(DRAFTS[6]))
    (other,) = diff(tree(MEANT), tree(MEANT.replace("LIMIT 5", "LIMIT 7")))
    assert asked_for(limit, other)
    assert not asked_for(limit, label)


def test_planted_drafts_mean_something_else():
    made = [planted(MEANT, FLEET, np.random.default_rng(seed)) for seed in range(10)]
    assert all(diff(one, tree(MEANT)) for one in made if one is not None)
    assert sum(one is not None for one in made) >= 8
