"""Changes that break the stage plan, and the tests that should notice."""

from mutant_list import Mutant

MODELS, DATA = "tests/unit/test_plan_models.py::test_", "tests/unit/test_plan_datasets.py::test_"
PLAN = [
    Mutant(
        "pairs: test users have a say in beliefs",
        "plan/models/belief.py",
        "every.where(of == Split.TRAIN), ",
        "every.where(of != Split.VALIDATION), ",
        MODELS + "data_of_test_users_change_no_bit_of_what_is_trained_and_of_others_scores",
    ),
    Mutant(
        "pairs: both fits may share events",
        "plan/datasets/assemble.py",
        "if both := shared(before, after, len(catalogue.ids)):",
        "if both := 0:",
        MODELS + "the_two_fits_share_no_pair_and_one_that_does_is_refused",
    ),
    Mutant(
        "pairs: an event of the truth explains itself",
        "plan/environment/fitted.py",
        "others = events.where(fold != number)",
        "others = events",
        MODELS + "no_event_explains_itself_and_a_user_of_no_event_is_like_any",
    ),
    Mutant(
        "pairs: what a user had may be a negative",
        "plan/datasets/positives.py",
        "fresh[~np.isin(fresh, np.concatenate([own, barred]))]",
        "fresh",
        DATA + "negatives_are_none_of_what_a_user_had_and_those_of_one_user_are_no_other_users_doing",
    ),
    Mutant(
        "pairs: interests of the world stand still before the simulated days",
        "sample/world/after.py",
        "interest += drift(config, day)",
        "interest += 0",
        DATA + "interests_drift_on_from_day_to_day_as_a_longer_world_tells",
    ),
]
