"""Changes that break the stage ask, and the tests that should notice."""

from mutant_list import Mutant

CYPHER = "tests/unit/test_ask_cypher.py::test_"
CHECK = "tests/unit/test_ask_check.py::test_"
WORLDS = "tests/unit/test_ask_worlds.py::test_"
ANSWER = "tests/unit/test_ask_answer.py::test_"
WHY = "tests/unit/test_ask_why.py::test_"
DECODE = "tests/unit/test_ask_decode.py::test_"
DIFF = "tests/unit/test_ask_diff.py::test_"
AMEND = "tests/unit/test_ask_amend.py::test_"
AGAINST = "tests/unit/test_ask_against.py::test_"
QUESTION = "tests/unit/test_ask_question.py::test_"
LINK = "tests/unit/test_ask_link.py::test_"
SLOTS = "tests/unit/test_ask_slots.py::test_"
POLE = "tests/unit/test_ask_pole.py::test_"
LOOP = "tests/stage/test_ask_loop.py::test_"
WRITE = "tests/unit/test_ask_write.py::test_"
DIALECT = "tests/unit/test_ask_dialect.py::test_"
SAFETY = "tests/unit/test_ask_safety.py::test_"
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
        "ask: one relation stands in two places of a match",
        "ask/cypher/dialects/ladybug/patterns.py",
        "if found.is_impossible or not one.types & other.types or (",
        "if True or (",
        DIALECT + "an_answer_is_the_one_that_was_worked_out_by_hand",
    ),
    Mutant(
        "ask: values of different types are held against each other",
        "ask/cypher/dialects/ladybug/operators.py",
        "    if alike(left.kind, right.kind):",
        "    if True:",
        DIALECT + "an_answer_is_the_one_that_was_worked_out_by_hand",
    ),
    Mutant(
        "ask: the engine's process may open files",
        "ask/graph/sandbox.py",
        '"opens no file, starts no program": _refuse_calls',
        '"opens no file, starts no program": list',
        SAFETY + "the_process_gives_up_files_programs_and_the_network",
    ),
    Mutant(
        "ask: what was refused is run all the same",
        "ask/graph/ladybug.py",
        "if (why := refused(query)) is not None:",
        "if (why := refused(query)) is not None and not why.what:",
        SAFETY + "nothing_that_does_more_than_read_reaches_the_engine_and_nothing_is_changed",
    ),
    # What is said of a wrong call, and pictures of few nodes.
    Mutant(
        "ask: what is not allowed is an alarm",
        "ask/lines.py",
        "Finding(Code.NOT_ALLOWED, Severity.INFO,",
        "Finding(Code.NOT_ALLOWED, Severity.ERROR,",
        "tests/api/test_ask_told_cli.py::test_a_query_that_is_not_allowed_says_why_and_is_no_alarm",
    ),
    Mutant(
        "ask: a comparison with null is told as the value null is",
        "ask/explain/writer.py",
        "return p.NULL if isinstance(node, Literal_) and node.value is None else",
        "return p.NULL if isinstance(node, Literal_) and node.value is p else",
        CYPHER + "a_comparison_with_null_is_told_otherwise_than_what_is_missing_and_read_back",
    ),
    Mutant(
        "ask: any name that stands elsewhere was left off by WITH",
        "ask/check/flow.py",
        'passed = any(one.which == "WITH" and begins',
        'passed = any(one.which != "" and begins',
        CHECK + "a_name_that_is_not_known_is_told_why",
    ),
    Mutant(
        "ask: types of relations stand on names of nodes",
        "ask/answer/picture.py",
        "round(sum(one[0].covers(other) for other in taken))",
        "0",
        WHY + "types_of_few_relations_stand_beside_the_names_of_nodes",
    ),
]
