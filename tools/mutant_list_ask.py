"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

CYPHER, CHECK = "tests/unit/test_ask_cypher.py::test_", "tests/unit/test_ask_check.py::test_"
DIFF, AMEND = "tests/unit/test_ask_diff.py::test_", "tests/unit/test_ask_amend.py::test_"
ASK = [
    Mutant(
        "ask: AND binds as loosely as OR",
        "ask/cypher/expressions.py",
        'self._joined("AND", self._not)',
        "self._not()",
        CYPHER + "operators_bind_as_cypher_says",
    ),
    Mutant(
        "ask: a wrong direction is no fault",
        "ask/check/shapes.py",
        "        elif back:",
        "        elif False:",
        CHECK + "a_fault_has_its_code_its_place_and_what_mends_it",
    ),
    Mutant(
        "ask: bounds may touch where they are open",
        "ask/check/conditions.py",
        "below < above or (",
        "below <= above or (",
        CHECK + "a_fault_has_its_code_its_place_and_what_mends_it",
    ),
    Mutant(
        "ask: a clause that writes is allowed",
        "ask/safety.py",
        "if not isinstance(clause, Match | Unwind | Projection | SubCall):",
        "if False:",
        CHECK + "what_writes_calls_or_loads_is_read_and_not_allowed",
    ),
    Mutant(
        "ask: an explanation forgets the limit",
        "ask/explain/writer.py",
        '_where("; at most", clause.limit)',
        '""',
        CYPHER + "an_explanation_is_read_as_the_query_that_it_explains",
    ),
    # Amendments.
    Mutant(
        "ask amend: a relation the other way round is no change",
        "ask/amend/changes.py",
        "(not old.either and old.start != new.start)",
        "False",
        DIFF + "one_edit_is_one_change_of_its_kind",
    ),
    Mutant(
        "ask amend: what nobody asked for is not put back",
        "ask/amend/guard.py",
        "            tree = restored",
        "            pass",
        DIFF + "what_nobody_asked_for_is_told_and_put_back",
    ),
    Mutant(
        "ask amend: what is near the best reading is never asked about",
        "ask/amend/words.py",
        "readings[0].score - one.score <= NEAR",
        "one is readings[0]",
        AMEND + "what_may_mean_several_things_is_asked_about",
    ),
    Mutant(
        "ask amend: what stands behind not is meant too",
        "ask/amend/heard.py",
        "            found |= set(range(at + 1, _until(lows, at + 1)))",
        "            pass",
        AMEND + "words_behind_not_tell_what_is_not_meant",
    ),
    Mutant(
        "ask bench: a change of another part was asked for",
        "ask/bench/played.py",
        "    if made.kind != wished.kind:\n        return False",
        "    if made.kind != wished.kind:\n        return True",
        "tests/unit/test_ask_user.py::test_an_amender_that_writes_anew_is_seen_to_change_what_nobody_asked_for",
    ),
]
