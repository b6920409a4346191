"""Changes that break the run of a recipe, and the tests that should notice."""

from mutant_list import Mutant

RUNNING = "tests/unit/test_stack_running.py::test_"
TOLD = "tests/unit/test_stack_told.py::test_"
SHOP = "tests/recipes/test_run_catalogues.py::test_"
BECAUSE = "tests/unit/test_stack_because.py::test_"
STACK_RUN = [
    Mutant(
        "run: what one alone went on to is told of",
        "stack/because.py",
        "if people >= SEVERAL and more >",
        "if more >",
        BECAUSE + "people_who_went_on_to_it_are_counted_and_one_alone_is_not_told_of",
    ),
    Mutant(
        "run: what everybody has anyway is told to lead on",
        "stack/because.py",
        "more > best.get(item, (0.0,))[0]",
        "more > best.get(item, (-9.0,))[0]",
        BECAUSE + "what_everybody_has_anyway_leads_from_nothing_and_is_told_as_that",
    ),
    Mutant(
        "run: another artefact is taken for the one that was left",
        "stack/running.py",
        "return held if held.content_hash == content_hash else None",
        "return held",
        RUNNING + "another_artefact_in_the_place_of_one_that_was_left_is_not_taken_for_it",
    ),
    Mutant(
        "run: what needs a step that failed does not wait",
        "stack/running.py",
        "lacking = [name for name in step.parents if name not in found]",
        "lacking = []",
        RUNNING + "a_step_that_fails_is_named_and_what_does_not_need_it_goes_on",
    ),
    Mutant(
        "run: the bytes of files are no part of a key",
        "stack/running.py",
        '"files": files, ',
        "",
        RUNNING + "a_key_hears_of_settings_parents_and_the_bytes_of_files",
    ),
    Mutant(
        "run: two runs in one folder",
        "stack/running.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        RUNNING + "a_folder_has_one_run_at_a_time",
    ),
    Mutant(
        "score: weights of a few choices",
        "stack/steps/score.py",
        "len(days) < LEAST",
        "len(days) < 1",
        SHOP + "weights_are_those_of_held_out_choices_and_none_where_there_are_few",
    ),
    Mutant(
        "shop: a picture from anywhere",
        "stack/shop.py",
        "path.is_relative_to(base) and path.is_file()",
        "path.is_file()",
        SHOP + "what_is_wrong_with_a_shop_is_told",
    ),
    Mutant(
        "run: somebody else's page is replaced",
        "stack/record.py",
        "held and held != reader and not replace",
        "False",
        TOLD + "a_page_of_somebody_else_is_replaced_on_request_alone",
    ),
    Mutant(
        "run: whose page it is changes what is learnt",
        "stack/steps/bundles.py",
        "list(row[:-1]) if user in out else list(row)",
        "list(row)",
        "tests/unit/test_stack_kept.py::test_what_is_learnt_from_is_the_same_for_all_readers",
    ),
    Mutant(
        "run: a bundle of other settings is found again",
        "stack/kept.py",
        '"config": config.model_dump(mode="json"),',
        '"config": {},',
        "tests/unit/test_stack_kept.py::test_the_same_is_fitted_once_and_anything_else_again",
    ),
    Mutant(
        "run: a record that stands twice is two nodes",
        "stack/steps/graph.py",
        'key=fields["id"], ',
        "",
        "tests/unit/test_stack_twice.py::test_the_graph_counts_what_the_run_counts",
    ),
    Mutant(
        "run: what was told makes another day's page",
        "report/of_events.py",
        "sum(item in held.items for item in told)",
        "0",
        TOLD + "what_was_told_on_a_page_makes_it_no_other_days",
    ),
    Mutant(
        "ask: a denied value is asked for",
        "ask/slots/anchors.py",
        "any(place.start < one.place.end and start < place.end for place in others)",
        "False",
        "tests/unit/test_ask_table_questions.py",
    ),
    Mutant(
        "ask: a table's value is a node's name too",
        "ask/link/index.py",
        "for label, frame in graph.nodes.items() if label not in made for one in",
        "for label, frame in graph.nodes.items() for one in",
        "tests/unit/test_ask_table_questions.py",
    ),
]
