"""Changes that break the run of a recipe, and the tests that should notice."""

from mutant_list import Mutant

RUNNING = "tests/unit/test_stack_running.py::test_"
SHOP = "tests/recipes/test_run_catalogues.py::test_"
STACK_RUN = [
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
]
