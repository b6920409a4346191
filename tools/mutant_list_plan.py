"""Changes that break the stage plan, and the tests that should notice."""

from mutant_list import Mutant

LLM_PLANNER, LLM_TABLE = "tests/unit/test_plan_llm_planner.py::test_", "tests/unit/test_plan_llm_table.py::test_"
CRITIC, READING = "tests/unit/test_plan_llm_critic.py::test_", "tests/unit/test_plan_llm_reading.py::test_"
SLATES = "tests/unit/test_plan_environment.py::test_"
PLAN = [
    Mutant(
        "environment: categories of like meaning tire nobody",
        "plan/environment/readers.py",
        "(items.weights @ truth.kernel)",
        "(items.weights)",
        SLATES + "a_session_told_in_plain_python_is_the_same[near duplicates, tides, windows]",
    ),
    Mutant(
        "environment: what is shown again is as welcome",
        "plan/environment/readers.py",
        "against += np.float32(laws.repeat) * before",
        "pass",
        SLATES + "a_constant_loop_never_pays_and_turning_it_is_no_help",
    ),
    Mutant(
        "environment: luck by place",
        "plan/environment/readers.py",
        'self._laid.luck.take(at, mode="clip", out=words[:-1])',
        "words[:-1] = np.arange(len(at), dtype=np.uint64)[:, None]",
        SLATES + "two_policies_meet_the_same_luck_with_the_same_item",
    ),
    Mutant(
        "environment: an end is of two kinds",
        "plan/environment/slates.py",
        "truncated &= ~terminated",
        "pass",
        SLATES + "chances_are_chances_and_no_end_is_of_two_kinds",
    ),
    Mutant(
        "environment: stated sessions are drawn again",
        "plan/environment/slates.py",
        "self._draws.state(users, streams)",
        "pass",
        SLATES + "users_are_drawn_in_passes_and_no_luck_is_given_twice",
    ),
    Mutant(
        "environment: counts go over to the next session",
        "plan/environment/readers.py",
        "self._above[which] += self.horizon + 1",
        "pass",
        SLATES + "an_item_shown_a_thousand_times_is_counted_a_thousand_times_and_forgotten_with_the_session",
    ),
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
]
