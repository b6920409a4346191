"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

CYPHER, CHECK = "tests/unit/test_ask_cypher.py::test_", "tests/unit/test_ask_check.py::test_"
WORLDS = "tests/unit/test_ask_worlds.py::test_"
ANSWER, WHY = "tests/unit/test_ask_answer.py::test_", "tests/unit/test_ask_why.py::test_"
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
        "return Atom((right, left), _TURNED[node.sign], (0,)",
        "return Atom((right, left), node.sign, (0,)",
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
    # Answers that can be traced.
    Mutant(
        "ask: what has no name is not cited",
        "ask/answer/trace.py",
        "one if one.name or _is_row(one) else replace(one, name=self._fresh())",
        "one",
        ANSWER + "a_row_cites_what_it_was_matched_from_and_no_more",
    ),
    Mutant(
        "ask: a group that was cut passes for whole",
        "ask/answer/cited.py",
        "len(self.shown) >= self.total",
        "True",
        ANSWER + "a_group_is_cut_by_name_and_number",
    ),
    Mutant(
        "ask: relations are joined to the wrong nodes after some are gone",
        "ask/graph/without.py",
        ".cum_sum() - 1)",
        ".cum_sum())",
        ANSWER + "a_graph_without_some_nodes_keeps_what_joins_the_others",
    ),
    Mutant(
        "ask: an answer says that it is empty by its last step",
        "ask/answer/steps.py",
        "            if count == 0 or fails:",
        "            if fails:",
        WHY + "the_first_step_that_leaves_nothing_is_told_with_what_would_mend_it",
    ),
    Mutant(
        "ask: a name in a picture is markup",
        "ask/answer/picture.py",
        "short=cut(name, NAME)",
        "short=Markup(name)",
        WHY + "no_text_breaks_out_of_a_picture",
    ),
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
]
