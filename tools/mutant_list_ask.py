"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

LINK, SLOTS, POLE = "tests/unit/test_ask_link.py::test_", "tests/unit/test_ask_slots.py::test_", "tests/unit/test_ask_pole.py::test_"
CYPHER, CHECK = "tests/unit/test_ask_cypher.py::test_", "tests/unit/test_ask_check.py::test_"
LOOP, WRITE = "tests/stage/test_ask_loop.py::test_", "tests/unit/test_ask_write.py::test_"
DECODE = "tests/unit/test_ask_decode.py::test_"
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
    # The loop and the roles of a model.
    Mutant(
        "ask: a query with an error is run",
        "ask/loop/drafting.py",
        "grave = {Severity.ERROR} if doubtful else",
        "grave = set() if doubtful else",
        LOOP + "a_model_is_asked_to_mend_so_often_and_no_more",
    ),
    Mutant(
        "ask: changes that nobody asked for stay",
        "ask/loop/amending.py",
        "if not found.unrequested:",
        "if True:",
        LOOP + "changes_that_nobody_asked_for_are_taken_back_and_can_be_kept",
    ),
    Mutant(
        "ask: the first of several queries in a reply is taken",
        "ask/write/replies.py",
        "_begun(behind)) > 1:",
        "_begun(behind)) > 9:",
        WRITE + "a_reply_without_one_query_has_none_and_says_why",
    ),
    Mutant(
        "ask: a model's explanation may leave out DISTINCT",
        "ask/write/prose.py",
        "if node.distinct and not _ONCE.search(self._prose):",
        "if False:",
        WRITE + "what_an_explanation_leaves_out_is_found",
    ),
    Mutant(
        "ask: a question can end its block in a prompt",
        "ask/write/prompts.py",
        'inner = inner.replace("</", "<\\\\/")',
        "inner = str(inner)",
        WRITE + "a_question_is_data_and_cannot_leave_its_block",
    ),
    Mutant(
        "ask: the grammar turns a relation round",
        "ask/decode/patterns.py",
        "(hop.to, hop.by, hop.ends)",
        "(hop.ends, hop.by, hop.ends)",
        DECODE + "what_is_against_the_schema_cannot_be_begun",
    ),
    Mutant(
        "ask: the grammar tests a value twice",
        "ask/decode/conditions.py",
        "if (one.name, key.name) in scope.tested:",
        "if False:",
        DECODE + "what_is_against_the_schema_cannot_be_begun",
    ),
    Mutant(
        "ask: a token is allowed behind which the end has no room",
        "ask/decode/masks.py",
        "self.needs < room",
        "self.needs <= room",
        DECODE + "the_least_room_that_is_allowed_is_enough",
    ),
    Mutant(
        "ask: a range leaves nothing between its ends",
        "ask/decode/figures.py",
        "bound + max(gap, 1)",
        "bound - 10",
        DECODE + "what_is_against_the_schema_cannot_be_begun",
    ),
    # Questions without a model: links and slots.
    Mutant(
        "ask: words of several meanings are never open",
        "ask/link/linker.py",
        "if len(meanings) > 1:",
        "if False:",
        LINK + "words_of_several_meanings_are_open_and_their_nodes_are_counted",
    ),
    Mutant(
        "ask: what must not be there must be there",
        "ask/slots/search.py",
        'mode = "none" if anchor.negated',
        'mode = "all" if anchor.negated',
        SLOTS + "answers_are_right",
    ),
    Mutant(
        "ask: a date that is text is sorted by its day first",
        "ask/slots/keys.py",
        "return _joined(_right(held, _YEAR), Function(",
        "return _joined(_padded(held), Function(",
        SLOTS + "dates_that_are_text_are_sorted_by_day",
    ),
    Mutant(
        "ask: a query that is tested was learnt from",
        "ask/bench/pole_pairs.py",
        "zip(pairs, is_held, strict=True) if not out]",
        "zip(pairs, is_held, strict=True)]",
        POLE + "nothing_that_is_tested_was_learnt_from_or_looked_at",
    ),
]
