"""Changes that break the stage plan, and the tests that should notice."""

from mutant_list import Mutant

LLM_PLANNER, LLM_TABLE = "tests/unit/test_plan_llm_planner.py::test_", "tests/unit/test_plan_llm_table.py::test_"
CRITIC, READING = "tests/unit/test_plan_llm_critic.py::test_", "tests/unit/test_plan_llm_reading.py::test_"
GAMES, COAT = "tests/unit/test_plan_published.py::test_", "tests/unit/test_plan_coat.py::test_"
PLAN = [
    Mutant(
        "llm planner: a fallback counts as the model's",
        "plan/planners/llm.py",
        "np.where(lost, Source.FALLBACK, source)",
        "source",
        LLM_PLANNER + "what_is_no_plan_is_asked_for_once_more_and_falls_back",
    ),
    Mutant(
        "llm planner: what is not available is planned",
        "plan/planners/llm.py",
        "np.where(named & state.available[rows],",
        "np.where(named,",
        LLM_PLANNER + "plans_are_of_available_categories_that_were_named_or_are_fallbacks",
    ),
    Mutant(
        "llm planner: a rule's plans count as a model's",
        "plan/planners/llm.py",
        "MADE_BY_LLM: Final = (Source.LLM,",
        "MADE_BY_LLM: Final = (Source.LLM, Source.RULE,",
        LLM_PLANNER + "without_a_model_plans_are_of_a_rule_and_no_llm",
    ),
    Mutant(
        "plan cache: nothing is kept",
        "plan/planners/llm.py",
        "self.cache.put(self._key(codes[row]), answer)",
        "pass",
        LLM_PLANNER + "every_fault_of_an_endpoint_falls_back_and_is_counted",
    ),
    Mutant(
        "plan table: the nearest of any taste",
        "plan/planners/table.py",
        "np.flatnonzero((self.codes[:, TASTE] == code[TASTE]) & (self.codes[:, GOAL] == code[GOAL]))",
        "np.arange(len(self.codes))",
        LLM_TABLE + "a_code_that_is_not_there_takes_the_nearest_of_its_taste_or_none",
    ),
    Mutant(
        "plan prompt: categories by their numbers",
        "plan/planners/prompt.py",
        'f"{names[row]} ({_LEVELS[level]})"',
        'f"{row} ({_LEVELS[level]})"',
        LLM_PLANNER + "what_is_asked_names_categories_and_enumerates_them",
    ),
    Mutant(
        "plan reader: names in prose are a plan",
        "plan/planners/reading.py",
        'lists = [part for part in said.split("[")[1:] if part.strip()]',
        "lists = [said]",
        READING + "what_holds_no_plan_says_why",
    ),
    Mutant(
        "plan critic: easy users are preferred",
        "plan/planners/critic.py",
        "(values[own] - values[own].mean()) / (spread if spread > 1e-12 else 1.0)",
        "values[own]",
        CRITIC + "what_is_drawn_does_not_follow_activity_though_rewards_do",
    ),
    Mutant(
        "plan critic: anyone's sessions",
        "plan/planners/critic.py",
        "if self.frozen or self._material.split[user] != Split.TRAIN:",
        "if self.frozen:",
        CRITIC + "only_train_users_get_in_and_nothing_once_it_is_frozen",
    ),
    Mutant(
        "published: the window's slice is mended unasked",
        "plan/environment/published/quits.py",
        "np.where((start < 0) & window_bug, start + step, start)",
        "start",
        GAMES + "coat_vectorised_equals_plain_python_over_a_hundred_thousand_steps",
    ),
    Mutant(
        "published: the first slate repeats the one before it",
        "plan/environment/published/quits.py",
        "(same.any(axis=1) & (step > 0))",
        "same.any(axis=1)",
        GAMES + "lerl_vectorised_equals_plain_python",
    ),
    Mutant(
        "published: the leaving round gives nothing",
        "plan/environment/published/game.py",
        "rows[which], reward[which]",
        "rows[which], (reward * ~leaves)[which]",
        GAMES + "the_reward_of_the_round_in_which_a_reader_leaves_counts",
    ),
    Mutant(
        "coat rule: the last pick clears pairs",
        "plan/coat/rule.py",
        "np.flatnonzero(length - 1 > step)",
        "np.flatnonzero(length > step)",
        COAT + "a_rule_is_learnt_from_when_readers_left_and_never_from_the_last_pick",
    ),
    Mutant(
        "coat belief: what was seen drifts",
        "plan/coat/belief.py",
        "np.where(self.seen[session], self.mean[session], moved)",
        "moved",
        COAT + "seeing_ratings_one_by_one_is_conditioning_on_all_at_once",
    ),
]
