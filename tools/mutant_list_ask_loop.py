"""Changes that break how a question is asked, written and amended, and the tests that should notice."""

from mutant_list import Mutant

DIFF = "tests/unit/test_ask_diff.py::test_"
AMEND = "tests/unit/test_ask_amend.py::test_"
LOOP = "tests/stage/test_ask_loop.py::test_"
WRITE = "tests/unit/test_ask_write.py::test_"
ASKED = "tests/unit/test_ask_questions.py::test_"
EVERYDAY = "tests/unit/test_ask_everyday.py::test_"
AMENDED = "tests/unit/test_ask_table_amendments.py::test_"
ASK_LOOP = [
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
        "readings[0].score - one.score <= OFFERED_NEAR",
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
        "ask: a query is drafted without a name that it needs",
        "ask/write/rules.py",
        "        if lost := drafts[0].lost:",
        "        if lost := ():",
        ASKED + "a_name_that_the_graph_has_not_is_no_draft",
    ),
    Mutant(
        "ask amend: a noun of which there are several things means the likeliest",
        "ask/amend/doubt.py",
        "doubt(scene, words, changes) for doubt in (",
        "doubt(scene, words, ()) for doubt in (",
        EVERYDAY + "each_doubt_is_asked_about",
    ),
    Mutant(
        "ask amend: groups are lost where an amendment is read as a question",
        "ask/amend/composed.py",
        " or (any(groups) and not all(groups)):",
        ":",
        AMENDED + "how_many_there_must_be_is_asked_and_not_taken_for_a_fee",
    ),
    Mutant(
        "ask amend: what two readings say alike is decided by a third",
        "ask/loop/amending.py",
        " and not found.is_tied",
        "",
        AMENDED + "what_two_columns_may_mean_is_asked_back_and_other_words_are_another_amendment",
    ),
    Mutant(
        "ask loop: words that say more than a meaning choose it",
        "ask/loop/asking.py",
        "if at >= 0 and said <= texts[at] | roots(options[at].words) else None",
        "if at >= 0 else None",
        AMENDED + "words_that_say_more_than_a_meaning_are_no_choice",
    ),
    Mutant(
        "ask loop: a name is mended at a place that moved",
        "ask/loop/asking.py",
        "question = question[:start] + one.link[2] + question[end:]",
        "question = question[:start] + one.link[2] + question[start:]",
        AMENDED + "a_name_that_nothing_has_is_asked_back_and_mended_in_words",
    ),
    Mutant(
        "ask build: the key that is named is taken for a title",
        "cli/ask_graph.py",
        "tuple(no_nodes or ()), key=key)",
        "tuple(no_nodes or ()), title=key)",
        "tests/api/test_ask_graph_cli.py::test_the_key_that_a_remark_names_merges_rows_and_a_column_called_as_they_are_names_them",
    ),
    Mutant(
        "ask amend: what is doubtful is not asked about",
        "ask/amend/words.py",
        "best.explained >= EXPLAINED\n        and best.score >= (ALONE if len(apart) == 1 == len(scene.shape.kinds) else LIKELY)\n        and not best.left\n        and",
        "best.score >= OFFERED\n        and",
        AMEND + "what_is_understood_in_part_is_asked_about",
    ),
    Mutant(
        "ask amend: the end of a year is its beginning",
        "ask/amend/days.py",
        "value + later",
        "value",
        EVERYDAY + "what_is_plain_is_done_or_is_the_first_choice",
    ),
    Mutant(
        "ask: slots: what the writer doubts is forgotten",
        "ask/loop/drafting.py",
        "tuple(_doubted(one, made.text) for one in own) if answers else ()",
        "()",
        "tests/unit/test_ask_questions.py::test_what_came_to_nothing_keeps_a_query_from_being_run_unseen",
    ),
]
