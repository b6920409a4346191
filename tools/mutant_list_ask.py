"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

CYPHER, CHECK = "tests/unit/test_ask_cypher.py::test_", "tests/unit/test_ask_check.py::test_"
WORLDS = "tests/unit/test_ask_worlds.py::test_"
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
        "ask: CALL { } knows all that is known outside",
        "ask/check/scope.py",
        'if isinstance(first, Projection) and first.which == "WITH" else {})',
        "if True else {})",
        WORLDS + "a_fault_is_the_one_alarm_at_its_place",
    ),
    Mutant(
        "ask: two values may be less and more than each other",
        "ask/check/conditions.py",
        "        if left < right:",
        "        if True:",
        WORLDS + "a_fault_is_the_one_alarm_at_its_place",
    ),
    Mutant(
        "ask: types that are meant are taken for how values are stored",
        "ask/check/values.py",
        "or (one.meant and _denotes(one.type, value))",
        "",
        "tests/unit/test_ask_check.py::test_types_that_say_what_is_meant_allow_a_text_that_says_it",
    ),
    Mutant(
        "ask: a disguise tells the place of the fault in another query",
        "ask/bench/disguise.py",
        "if old.place == place]",
        "if new.place == place]",
        "tests/unit/test_ask_bench.py::test_a_disguise_has_the_same_findings_at_the_same_places",
    ),
    Mutant(
        "metrics: McNemar's test has one side",
        "core/metrics/counts.py",
        "min(1.0, 2 * sum(",
        "min(1.0, sum(",
        "tests/unit/test_metrics_counts.py::test_mcnemar_counts_every_way_in_which_pairs_can_fall",
    ),
]
