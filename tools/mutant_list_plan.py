"""Changes that break the stage plan, and the tests that should notice."""

from mutant_list import Mutant

LLM_PLANNER, LLM_TABLE = "tests/unit/test_plan_llm_planner.py::test_", "tests/unit/test_plan_llm_table.py::test_"
CRITIC, READING = "tests/unit/test_plan_llm_critic.py::test_", "tests/unit/test_plan_llm_reading.py::test_"
PLANNING, RULES, ORACLES = "tests/unit/test_plan_planning.py::test_", "tests/stage/test_plan_agents.py::test_", "tests/unit/test_plan_oracles.py::test_"
PLAN = [
    Mutant(
        "plan rules: a plan that is used up is kept",
        "plan/planning.py",
        "(step >= self._until) | short)",
        "(step >= self._until))",
        PLANNING + "a_plan_with_too_little_left_is_asked_for_anew",
    ),
    Mutant(
        "plan rules: a widened plan counts as the planner's",
        "plan/planning.py",
        "source[empty | short] = Source.FALLBACK",
        "source[empty] = Source.FALLBACK",
        PLANNING + "a_mask_is_what_sets_of_categories_say",
    ),
    Mutant(
        "plan rules: masks multiply",
        "plan/agents/filling.py",
        "np.where(left == left.max(axis=1, keepdims=True), values(places), -np.inf).argmax(axis=1)",
        "(values(places) * left).argmax(axis=1)",
        RULES + "what_is_shown_lies_in_the_plan_or_is_counted_even_where_every_score_is_negative",
    ),
    Mutant(
        "plan rules: clusters read everybody's histories",
        "plan/planners/thompson.py",
        "kept = train[user]",
        "kept = train[user] | True",
        RULES + "clusters_read_the_histories_of_train_users_alone",
    ),
    Mutant(
        "plan rules: settings are chosen on test users",
        "plan/evaluate/choose.py",
        "users = pair.material.of(Split.VALIDATION)",
        "users = pair.material.of(Split.TEST)",
        ORACLES + "settings_are_chosen_on_validation_users_and_the_agents_own_model",
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
