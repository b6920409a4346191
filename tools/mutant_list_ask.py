"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

CYPHER, CHECK = "tests/unit/test_ask_cypher.py::test_", "tests/unit/test_ask_check.py::test_"
AGAINST, QUESTION = "tests/unit/test_ask_against.py::test_", "tests/unit/test_ask_question.py::test_"
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
    Mutant(
        "ask: a comparison of the question agrees with any of the query",
        "ask/question/values_held.py",
        "if not found or any(self._agrees(one, held) for held in found):",
        "if True:",
        AGAINST + "a_query_that_answers_has_no_alarm_and_one_that_does_not_has_one",
    ),
    Mutant(
        "ask: a word that denies does not turn what it stands before",
        "ask/question/reader.py",
        "turned = sign if denied is None else p.OPPOSITE[sign]",
        "turned = sign",
        QUESTION + "a_phrasing_has_its_facts",
    ),
    Mutant(
        "ask: the oldest is the one with the greatest date",
        "ask/question/order_held.py",
        'return None if not kind else (one.way == "new") == (kind == "time")',
        'return None if not kind else (one.way == "old") == (kind == "time")',
        AGAINST + "a_query_that_answers_has_no_alarm_and_one_that_does_not_has_one",
    ),
    Mutant(
        "ask: every doubt is an alarm",
        "ask/question/doubts.py",
        "if doubt.rule in sure else Severity.INFO",
        "if sure else Severity.INFO",
        AGAINST + "a_doubt_is_told_and_is_no_alarm",
    ),
]
